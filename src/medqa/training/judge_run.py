"""From articles to a cross-encoder: read, draw questions with right and wrong passages, train, write down."""

from __future__ import annotations

import logging
import time
from pathlib import Path

from medqa.config import Settings
from medqa.embedding.adapters import ADAPTER_CONFIG, ADAPTER_WEIGHTS
from medqa.embedding.cross_encoder import HEAD, SHAPE
from medqa.embedding.model_files import open_model_files
from medqa.engine.gate import open_question_model, open_settings_embedder
from medqa.training.choices import ChoiceRecipe, Choices
from medqa.training.judging import Judging, JudgingStep
from medqa.training.reals import read_questions
from medqa.training.record import TrainingReport, mean_of, report_of, write_record
from medqa.training.run import (
    CHECKPOINT_S,
    LOGGED_STEPS,
    StageProgress,
    passage_vectors,
    read_training_corpus,
)
from medqa.training.wording import Phrasings

log = logging.getLogger(__name__)


def train_judge(
    settings: Settings,
    out: Path,
    recipe: ChoiceRecipe,
    *,
    questions: Path | None = None,
    progress: StageProgress | None = None,
) -> TrainingReport:
    """Train a cross-encoder on the articles of `settings`; it goes into the folder `out`.

    `questions` names a file of real ones to mix in. Raises `TrainingError`, `CorpusError`, `EmbeddingError`.
    """
    began = time.perf_counter()
    tell = progress or (lambda stage, done, total: None)
    corpus, problems = read_training_corpus(settings, tell)
    vectors = passage_vectors(settings, corpus, tell)
    reals = read_questions(questions, corpus) if questions is not None else []
    reader = open_question_model(settings, open_settings_embedder(settings))
    draw = Choices(corpus, vectors, reader.encode_query, Phrasings.load(), recipe)
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
    report = report_of(
        steps,
        corpus,
        folder=out,
        real_questions=len(reals),
        questions=min(len(choices), len(steps) * recipe.batch),
        seconds=time.perf_counter() - began,
        problems=problems,
    )
    names = (ADAPTER_CONFIG, ADAPTER_WEIGHTS, HEAD, SHAPE)
    write_record(report, recipe, files.sha256, corpus, files=names, questions=questions)
    return report
