"""What a run came to, for the person (`TrainingReport`) and beside the weights (``training.json``)."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from medqa.embedding.adapters import ADAPTER_WEIGHTS, RECORD
from medqa.embedding.model_files import file_sha256
from medqa.training.choices import ChoiceRecipe
from medqa.training.recipe import Recipe
from medqa.training.sections import TrainingCorpus
from medqa.types import ReadProblem

LAST_STEPS = 20
LIBRARIES = ("torch", "peft", "transformers", "tokenizers", "numpy")


class Measured(Protocol):
    """A step of training: `accuracy` is the share of its questions whose passage came first."""

    @property
    def loss(self) -> float: ...
    @property
    def accuracy(self) -> float: ...
    @property
    def seconds(self) -> float: ...


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """What a run came to. `questions` counts those that were trained on, real ones included; `loss` and `accuracy`
    are means over the first and the last steps."""

    folder: Path
    sections: int
    passages: int
    real_questions: int
    steps: int
    questions: int
    loss: tuple[float, float]
    accuracy: tuple[float, float]
    seconds: float
    problems: tuple[ReadProblem, ...]


def report_of(
    steps: Sequence[Measured],
    corpus: TrainingCorpus,
    *,
    folder: Path,
    real_questions: int,
    questions: int,
    seconds: float,
    problems: tuple[ReadProblem, ...],
) -> TrainingReport:
    first, last = steps[:LAST_STEPS], steps[-LAST_STEPS:]
    return TrainingReport(
        folder=folder,
        sections=len(corpus.sections),
        passages=len(corpus.passages),
        real_questions=real_questions,
        steps=len(steps),
        questions=questions,
        loss=(mean_of(s.loss for s in first), mean_of(s.loss for s in last)),
        accuracy=(mean_of(s.accuracy for s in first), mean_of(s.accuracy for s in last)),
        seconds=seconds,
        problems=problems,
    )


def write_record(
    report: TrainingReport,
    recipe: Recipe | ChoiceRecipe,
    base: dict[str, str],
    corpus: TrainingCorpus,
    *,
    files: Iterable[str],
    questions: Path | None,
    start: Path | None = None,
) -> None:
    """``training.json``: enough to do it again and to know whether the outcome is the same.

    `base` has the hashes of the model that was trained on, `files` the names of what was written.
    """
    text = hashlib.sha256()
    for passage in corpus.passages:
        text.update(passage.encode() + b"\0")
    record = {
        "base_model": base,
        "recipe": asdict(recipe),
        "articles_sha256": text.hexdigest(),
        "questions_sha256": file_sha256(questions) if questions is not None else None,
        "started_from": file_sha256(start / ADAPTER_WEIGHTS) if start is not None else None,
        **{name: getattr(report, name) for name in ("sections", "passages", "real_questions", "steps", "questions")},
        "loss_first_last": [round(x, 4) for x in report.loss],
        "accuracy_first_last": [round(x, 4) for x in report.accuracy],
        "seconds": round(report.seconds),
        "versions": {name: importlib.metadata.version(name) for name in LIBRARIES},
        "machine": platform.machine(),
        "adapter": {name: file_sha256(report.folder / name) for name in files},
    }
    (report.folder / RECORD).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def mean_of(values: Iterable[float]) -> float:
    """0 for none."""
    known = list(values)
    return float(np.mean(known)) if known else 0.0
