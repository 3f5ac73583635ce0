"""What a figure was measured on and with: without it, two figures cannot be compared."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from medqa import __version__
from medqa.config import Settings
from medqa.index.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Stamp:
    """`commit` ends in ``+`` when the working tree differs from it, and is empty outside a checkout."""

    measured_at: str
    medqa: str
    commit: str
    machine: str
    questions: dict[str, str]
    field: str
    corpus_sha256: str
    build_id: str
    articles: int
    chunks: int
    model: str
    question_model: str
    chunking: str
    settings: dict[str, Any]

    @property
    def settings_sha256(self) -> str:
        return hashlib.sha256(json.dumps(self.settings, sort_keys=True).encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        fields = {name: getattr(self, name) for name in self.__slots__}
        return {**fields, "settings_sha256": self.settings_sha256}


def stamp(settings: Settings, manifest: Manifest | None, *, questions: dict[str, str], field: str) -> Stamp:
    """`manifest` is None where no index took part."""
    shown = settings.model_dump(mode="json", include={"embedding", "chunking", "retrieval", "answering", "safety"})
    shown["embedding"].pop("cache_dir", None)
    return Stamp(
        measured_at=datetime.now(UTC).isoformat(timespec="seconds"),
        medqa=__version__,
        commit=commit_of(Path(__file__).parents[1]),
        machine=f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        questions=dict(questions),
        field=field,
        corpus_sha256=manifest.corpus_sha256 if manifest else "",
        build_id=manifest.build_id if manifest else "",
        articles=manifest.counts.articles if manifest else 0,
        chunks=manifest.counts.chunks if manifest else 0,
        model=manifest.embedder if manifest else "",
        question_model=_identity(settings.embedding.reads_questions),
        chunking=manifest.chunking if manifest else "",
        settings=shown,
    )


def _identity(model: str) -> str:
    """Hash of a model's files; empty without one."""
    from medqa.embedding.model_files import open_model_files

    return open_model_files(model).identity if model else ""


def commit_of(folder: Path) -> str:
    """The commit that the code in `folder` is at; empty where it is in no checkout, or there is no git."""
    git = shutil.which("git")
    if git is None:
        return ""

    def said(*arguments: str) -> str | None:
        done = subprocess.run([git, *arguments], cwd=folder, capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else None

    head = said("rev-parse", "--short=12", "HEAD")
    # an installed copy may lie below the checkout of something else
    if not head or not said("ls-files", "--", "."):
        return ""
    return head + ("+" if said("status", "--porcelain", "--untracked-files=no", "--", ".") else "")
