"""From articles to a cross-encoder: read, draw questions with right and wrong passages, train, write down."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import logging
import platform
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from medqa.config import Settings
from medqa.embedding import open_embedder, open_question_encoder
from medqa.embedding.adapters import ADAPTER_CONFIG, ADAPTER_WEIGHTS, RECORD
from medqa.embedding.cross_encoder import HEAD, SHAPE
from medqa.embedding.model_files import file_sha256, open_model_files
from medqa.engine.paths import cache_dir
from medqa.ports import Embedder
from medqa.training.choices import ChoiceRecipe, Choices
from medqa.training.judging import Judging, JudgingStep
from medqa.training.reals import read_questions
from medqa.training.run import (
    CHECKPOINT_S,
    LAST_STEPS,
    LIBRARIES,
    LOGGED_STEPS,
    StageProgress,
    mean_of,
    passage_vectors,
    read_training_corpus,
)
from medqa.training.wording import Phrasings
from medqa.types import ReadProblem

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class JudgeReport:
    """What a run came to; `loss` and `accuracy` are means over the first and the last steps."""

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


def train_judge(
    settings: Settings,
    out: Path,
    recipe: ChoiceRecipe,
    *,
    questions: Path | None = None,
    progress: StageProgress | None = None,
) -> JudgeReport:
    """Train a cross-encoder on the articles of `settings`; it goes into the folder `out`.

    `questions` names a file of real ones to mix in. Raises `TrainingError`, `CorpusError`, `EmbeddingError`.
    """
    began = time.perf_counter()
    tell = progress or (lambda stage, done, total: None)
    corpus, problems = read_training_corpus(settings, tell)
    vectors = passage_vectors(settings, corpus, tell)
    reals = read_questions(questions, corpus) if questions is not None else []
    draw = Choices(corpus, vectors, _reader(settings).encode_query, Phrasings.load(), recipe)
    choices = draw.draw(recipe.questions, reals)
    files = open_model_files(settings.embedding.model)
    model = Judging(files, recipe)
    steps: list[JudgingStep] = []
    saved = time.perf_counter()

    def on_step(step: JudgingStep) -> None:
        nonlocal saved
        steps.append(step)
        tell("training", min(len(choices), step.number * recipe.batch), len(choices))
        if len(steps) % LOGGED_STEPS == 0:
            figures = [mean_of([getattr(s, n) for s in steps[-LOGGED_STEPS:]]) for n in ("loss", "accuracy", "seconds")]
            log.info("step %d: loss %.3f, accuracy %.3f, %.1f s a step", len(steps), *figures)
        if time.perf_counter() - saved > CHECKPOINT_S:
            model.save(out, settings.embedding.model)
            saved = time.perf_counter()

    model.train(choices, on_step)
    model.save(out, settings.embedding.model)
    first, last = steps[:LAST_STEPS], steps[-LAST_STEPS:]
    report = JudgeReport(
        folder=out,
        sections=len(corpus.sections),
        passages=len(corpus.passages),
        real_questions=len(reals),
        steps=len(steps),
        questions=min(len(choices), len(steps) * recipe.batch),
        loss=(mean_of([s.loss for s in first]), mean_of([s.loss for s in last])),
        accuracy=(mean_of([s.accuracy for s in first]), mean_of([s.accuracy for s in last])),
        seconds=time.perf_counter() - began,
        problems=problems,
    )
    texts = hashlib.sha256()
    for passage in corpus.passages:
        texts.update(passage.encode() + b"\0")
    record = {
        "base_model": files.sha256,
        "recipe": asdict(recipe),
        "articles_sha256": texts.hexdigest(),
        "questions_sha256": file_sha256(questions) if questions is not None else None,
        **{name: getattr(report, name) for name in ("sections", "passages", "real_questions", "steps", "questions")},
        "loss_first_last": [round(x, 4) for x in report.loss],
        "accuracy_first_last": [round(x, 4) for x in report.accuracy],
        "seconds": round(report.seconds),
        "versions": {name: importlib.metadata.version(name) for name in LIBRARIES},
        "machine": platform.machine(),
        "adapter": {name: file_sha256(out / name) for name in (ADAPTER_CONFIG, ADAPTER_WEIGHTS, HEAD, SHAPE)},
    }
    (out / RECORD).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return report


def _reader(settings: Settings) -> Embedder:
    """What reads the questions when hard negatives are looked for: as the product would."""
    chosen, cache = settings.embedding, cache_dir(settings)
    if not chosen.reads_questions:
        return open_embedder(model=chosen.model, backend=chosen.backend, batch_size=chosen.batch_size, cache_dir=cache)
    return open_question_encoder(
        question_model=chosen.reads_questions,
        model=chosen.model,
        backend=chosen.backend,
        batch_size=chosen.batch_size,
        cache_dir=cache,
    )
