"""Runs of evaluations in processes of their own, one after the other, so that the chat keeps a core to itself."""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Mapping
from queue import SimpleQueue

from medqa.config import ENV_PREFIX, Settings
from medqa.errors import InputFileError
from medqa.evaluation.kept_runs import KeptRuns, Run, RunState
from medqa.surfaces.progress import PROGRESS_FILE

KINDS = ("retrieval", "answers", "safety")
OVERRIDES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "MEDQA_RETRIEVAL__FUSION": ("Fusion", ("minmax", "rrf")),
    "MEDQA_RETRIEVAL__RERANK": ("Rerank", ("none", "fast")),
    "MEDQA_RETRIEVAL__LEXICAL_WEIGHT": ("Weight of words", ("0.0", "0.1", "0.2", "0.3", "0.4", "0.5", "0.7", "1.0")),
    "MEDQA_RETRIEVAL__DENSE": ("Search by meaning", ("true", "false")),
    "MEDQA_RETRIEVAL__LEXICAL": ("Search by words", ("true", "false")),
    "MEDQA_RETRIEVAL__UNDERSTANDING": ("Understand the question", ("true", "false")),
    "MEDQA_RETRIEVAL__ASKED": ("What people ask", ("true", "false")),
    "MEDQA_RETRIEVAL__DEPTH": ("Depth", ("30", "50", "100", "200")),
    "MEDQA_RETRIEVAL__SURE_FROM": ("Sure from", ("0.3", "0.4", "0.5", "0.6", "0.7")),
    "MEDQA_ANSWERING__MAX_SENTENCES": ("Most sentences", ("3", "4", "5", "6", "8")),
}
"""Settings that a run may change: environment variable, its name, its values. Nothing else can be passed on."""
MEASURED = ("corpus", "embedding", "chunking", "retrieval", "answering", "llm", "safety")
"""Sections of the settings that a measurement depends on."""
_LOG_TAIL = 600


class Runner:
    """Works off the queue in one thread. Runs of a server that is gone are marked as failed at the start."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._kept = KeptRuns(settings.index_dir)
        self._owner = uuid.uuid4().hex
        self._queue: SimpleQueue[str] = SimpleQueue()
        self._lock = threading.Lock()
        self._child: tuple[str, subprocess.Popen[bytes]] | None = None
        self._cancelled: set[str] = set()
        self._worker: threading.Thread | None = None
        atexit.register(self.close)

    @property
    def settings(self) -> Settings:
        return self._settings

    @property
    def kept(self) -> KeptRuns:
        return self._kept

    def sets(self) -> dict[str, tuple[str, ...]]:
        """Question sets by kind: the path of each below the folder of sets."""
        root = self._settings.lab.sets
        folders = {"retrieval": ("questions",), "answers": ("answers", "conversations"), "safety": ("safety",)}
        return {
            kind: tuple(
                sorted(str(p.relative_to(root)) for name in names for p in (root / name).glob("*.jsonl") if p.is_file())
            )
            for kind, names in folders.items()
        }

    def start(self, kind: str, questions: str, overrides: Mapping[str, str], *, by: str, note: str = "") -> Run:
        """Queue a run. Raises `InputFileError` for a set or a value that is not offered."""
        if kind not in KINDS or questions not in self.sets()[kind]:
            raise InputFileError(
                f"There is no {kind} set {questions!r}.", remedy=f"Sets lie in {self._settings.lab.sets}."
            )
        for name, value in overrides.items():
            if name not in OVERRIDES or value not in OVERRIDES[name][1]:
                raise InputFileError(
                    f"{name}={value} cannot be set for a run.", remedy="Choose one of the values shown."
                )
        run = self._kept.new(kind, questions, overrides, by=by, note=note, owner=self._owner)
        self._sweep()
        with self._lock:
            self._queue.put(run.id)
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, daemon=True)
                self._worker.start()
        return run

    def cancel(self, run_id: str) -> None:
        """Take a run out of the queue, or end its process and all that it started."""
        run = self._kept.read(run_id)
        if run.state.is_over:
            return
        with self._lock:
            self._cancelled.add(run_id)
            if self._child is not None and self._child[0] == run_id:
                _end(self._child[1])
                return
        self._kept.changed(run, state=RunState.CANCELLED)

    def runs(self) -> tuple[tuple[Run, ...], tuple[str, ...]]:
        """Newest first, and the folders that cannot be read."""
        runs, broken = self._kept.list()
        return tuple(self._seen_to(run) for run in runs), broken

    def run(self, run_id: str) -> Run:
        """One of them. Raises `InputFileError` when there is none."""
        return self._seen_to(self._kept.read(run_id))

    def _seen_to(self, run: Run) -> Run:
        """A run whose server ended while it ran will never be done."""
        if run.state.is_over or run.owner == self._owner:
            return run
        return self._kept.changed(run, state=RunState.FAILED, said="The server ended while it ran.")

    def _work(self) -> None:
        while True:
            run_id = self._queue.get()
            if run_id in self._cancelled:
                continue
            run = self._kept.read(run_id)
            try:
                self._measure(run)
            except OSError as error:  # a full disk, no process to be had: the next run may fare better
                self._kept.changed(run, state=RunState.FAILED, said=f"It could not be started: {error}.")

    def _measure(self, run: Run) -> None:
        folder = self._kept.folder(run.id)
        run = self._kept.changed(run, state=RunState.RUNNING)
        command = [
            *(sys.executable, "-m", "medqa", "eval", run.kind, str(self._settings.lab.sets / run.questions), "--json"),
            *("--html", str(folder / "report.html"), "--write-baseline", str(folder / "card.json")),
            *("--index", str(self._settings.index_dir)),
            *(option for path in self._settings.corpus_paths for option in ("--corpus", str(path))),
        ]
        told = {PROGRESS_FILE: str(folder / "progress.txt")}
        environment = environment_of(self._settings, run.overrides) | told
        part = folder / "report.part"
        with part.open("wb") as out, (folder / "log.txt").open("wb") as log:
            with self._lock:
                if run.id in self._cancelled:
                    self._kept.changed(run, state=RunState.CANCELLED)
                    return
                child = subprocess.Popen(command, stdout=out, stderr=log, env=environment, start_new_session=True)
                self._child = (run.id, child)
            code = child.wait()
            with self._lock:
                self._child = None
                cancelled = run.id in self._cancelled
        if cancelled:
            self._kept.changed(run, state=RunState.CANCELLED)
        elif code == 0:
            part.replace(folder / "report.json")
            self._kept.changed(run, state=RunState.DONE)
        else:
            said = self._kept.log(run.id, _LOG_TAIL).strip() or f"The process ended with {code}."
            self._kept.changed(run, state=RunState.FAILED, said=said)

    def _sweep(self) -> None:
        over = [run for run in self._kept.list()[0] if run.state.is_over]
        for run in over[self._settings.lab.keep_runs :]:
            self._kept.remove(run.id)

    def close(self) -> None:
        """End the process that runs, if one does."""
        with self._lock:
            if self._child is not None:
                _end(self._child[1])


def environment_of(settings: Settings, overrides: Mapping[str, str]) -> dict[str, str]:
    """Variables by which another process reads these `settings`, whatever file or option they came from."""
    others = {name: value for name, value in os.environ.items() if not name.upper().startswith(ENV_PREFIX)}
    sections = {f"{ENV_PREFIX}{name.upper()}": getattr(settings, name).model_dump_json() for name in MEASURED}
    return {**others, **sections, **overrides}


def _end(child: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(child.pid, signal.SIGTERM)
    except ProcessLookupError:  # it has just ended by itself
        return
