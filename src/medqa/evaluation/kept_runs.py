"""Measurements that are kept: one folder a run, beside the state file and outside the builds.

A folder holds ``run.json`` (what was started, by whom, how it stands), ``report.json`` (what ``medqa eval KIND --json``
printed), ``card.json`` (the figures with the value of each question, as ``--baseline`` reads them), ``report.html``,
``progress.txt`` and ``log.txt``.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from medqa.errors import InputFileError
from medqa.evaluation.scorecard import Scorecard, read_scorecard

RUNS = Path("state") / "runs"
_ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{6}")


class RunState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_over(self) -> bool:
        return self not in (RunState.QUEUED, RunState.RUNNING)


@dataclass(frozen=True, slots=True)
class Run:
    """`kind` is retrieval, answers or safety; `questions` the set's path below the folder of sets; `overrides` the
    settings that differ from the server's, by the names of their environment variables. `owner` marks the server
    process that looks after it; `said` is its last word when it failed."""

    id: str
    kind: str
    questions: str
    overrides: Mapping[str, str]
    by: str
    at: str
    state: RunState = RunState.QUEUED
    note: str = ""
    owner: str = ""
    said: str = ""

    @property
    def settings(self) -> tuple[str, ...]:
        """Its overrides as ``retrieval__rerank=quality``."""
        return tuple(f"{name.removeprefix('MEDQA_').lower()}={value}" for name, value in self.overrides.items())


class KeptRuns:
    """The runs below an index folder. A folder that cannot be read is named by `broken` and never hides the others."""

    def __init__(self, root: Path) -> None:
        self.root = root / RUNS

    def new(self, kind: str, questions: str, overrides: Mapping[str, str], *, by: str, note: str, owner: str) -> Run:
        now = datetime.now(UTC)
        run_id = f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
        run = Run(
            run_id, kind, questions, dict(overrides), by, now.isoformat(timespec="seconds"), note=note, owner=owner
        )
        self.folder(run_id).mkdir(parents=True)
        self.write(run)
        return run

    def folder(self, run_id: str) -> Path:
        """Raises `InputFileError` for what is not the id of a run."""
        if not _ID.fullmatch(run_id):
            raise InputFileError(f"There is no run {run_id!r}.", remedy="Choose one of the list.")
        return self.root / run_id

    def write(self, run: Run) -> None:
        """Put its ``run.json`` in place at once."""
        target = self.folder(run.id) / "run.json"
        part = target.with_suffix(".part")
        with part.open("w", encoding="utf-8") as file:
            json.dump(asdict(run), file, ensure_ascii=False, indent=1)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)

    def changed(self, run: Run, **changes: Any) -> Run:
        run = replace(run, **changes)
        self.write(run)
        return run

    def read(self, run_id: str) -> Run:
        """Raises `InputFileError` where it is not there or its ``run.json`` is none."""
        path = self.folder(run_id) / "run.json"
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            return Run(**{**values, "state": RunState(values["state"])})
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise InputFileError(f"The run {run_id} cannot be read: {error}.", remedy="Remove its folder.") from error

    def list(self) -> tuple[tuple[Run, ...], tuple[str, ...]]:
        """Runs, newest first, and the names of folders that are none."""
        runs, broken = [], []
        names = sorted((p.name for p in self.root.iterdir() if p.is_dir()), reverse=True) if self.root.is_dir() else []
        for name in names:
            try:
                runs.append(self.read(name))
            except InputFileError:
                broken.append(name)
        return tuple(runs), tuple(broken)

    def report(self, run_id: str) -> dict[str, Any]:
        """What the evaluation printed. Raises `InputFileError` while there is none."""
        path = self.folder(run_id) / "report.json"
        try:
            found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InputFileError(
                f"The run {run_id} has no figures: {error}.", remedy="Choose one that is done."
            ) from error
        return found

    def card(self, run_id: str) -> Scorecard:
        """Its figures. Raises `InputFileError` while there are none."""
        return read_scorecard(self.folder(run_id) / "card.json")

    def progress(self, run_id: str) -> tuple[int, int, str]:
        """(done, total, stage); zeros before the first step."""
        try:
            done, total, stage = (self.folder(run_id) / "progress.txt").read_text(encoding="utf-8").split(maxsplit=2)
            return int(done), int(total), stage.strip()
        except (OSError, ValueError):
            return 0, 0, ""

    def log(self, run_id: str, most: int = 4000) -> str:
        """The end of what it wrote to standard error."""
        try:
            return (self.folder(run_id) / "log.txt").read_text(encoding="utf-8", errors="replace")[-most:]
        except OSError:
            return ""

    def remove(self, run_id: str) -> None:
        shutil.rmtree(self.folder(run_id), ignore_errors=True)
