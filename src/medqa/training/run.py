"""From articles to a folder with an adapter: read, mine, train, write down what was done."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from medqa.chunking import Chunker
from medqa.config import Settings
from medqa.corpus import read_corpus
from medqa.embedding import VectorCache, open_embedder
from medqa.embedding.adapters import ADAPTER_CONFIG, ADAPTER_WEIGHTS
from medqa.embedding.model_files import ModelFiles, open_model_files
from medqa.embedding.tokens import ModelTokenizer
from medqa.engine.paths import cache_dir, vector_cache_path
from medqa.errors import TrainingError
from medqa.knowledge.lexicon import Lexicon
from medqa.ports import Vectors
from medqa.training.adapting import Adapting, Step
from medqa.training.drawing import Draw
from medqa.training.reals import read_questions
from medqa.training.recipe import Recipe
from medqa.training.record import TrainingReport, mean_of, report_of, write_record
from medqa.training.sections import TrainingCorpus, training_corpus
from medqa.training.wording import Phrasings
from medqa.types import Chunk, ReadProblem

StageProgress = Callable[[str, int, int], None]
"""Called with (stage, done, total); may raise to cancel."""

log = logging.getLogger(__name__)

CHECKPOINT_S = 600.0
CHECKPOINT = "checkpoint"
LOGGED_STEPS = 10


def train(
    settings: Settings,
    out: Path,
    recipe: Recipe,
    *,
    questions: Path | None = None,
    start: Path | None = None,
    progress: StageProgress | None = None,
) -> TrainingReport:
    """Adapt the model of `settings` to questions about its articles; the adapter goes into the folder `out`.

    It is for questions alone: passages keep the vectors that they have in the index. `questions` names a file of
    real ones to mix in, `start` an adapter of an earlier run to go on from. Raises `TrainingError`, `CorpusError`,
    `EmbeddingError`.
    """
    began = time.perf_counter()
    base = settings.embedding.model
    files = open_model_files(base)
    if files.pooling != "mean" or files.adapter is not None:
        raise TrainingError(
            f"The model {base!r} cannot be adapted: training is for plain models with mean pooling.",
            remedy="Set [embedding] model to: bundled",
        )
    if start is not None:
        _check_start(start, files)
    tell = progress or (lambda stage, done, total: None)
    corpus, problems = read_training_corpus(settings, tell)
    original = passage_vectors(settings, corpus, tell)
    reals = read_questions(questions, corpus) if questions is not None else []
    batches = Draw(corpus, Phrasings.load(), recipe).batches(reals)
    model = Adapting(files, recipe, start)
    out.mkdir(parents=True, exist_ok=True)
    steps: list[Step] = []
    saved = time.perf_counter()

    def on_step(step: Step) -> None:
        nonlocal saved
        steps.append(step)
        tell("training", len(steps), len(batches))
        if len(steps) % LOGGED_STEPS == 0:
            seen = steps[-LOGGED_STEPS:]
            figures = [mean_of([getattr(s, name) for s in seen]) for name in ("loss", "accuracy", "seconds")]
            log.info("step %d of %d: loss %.3f, accuracy %.3f, %.1f s a step", len(steps), len(batches), *figures)
        if time.perf_counter() - saved > CHECKPOINT_S:
            model.save(out / CHECKPOINT, base)
            saved = time.perf_counter()

    model.train(batches, original, corpus.section_of_passage(), on_step)
    model.save(out, base)
    shutil.rmtree(out / CHECKPOINT, ignore_errors=True)
    report = report_of(
        steps,
        corpus,
        folder=out,
        real_questions=len(reals),
        questions=sum(map(len, batches)),
        seconds=time.perf_counter() - began,
        problems=problems,
    )
    names = (ADAPTER_CONFIG, ADAPTER_WEIGHTS)
    write_record(report, recipe, files.sha256, corpus, files=names, questions=questions, start=start)
    return report


def read_training_corpus(settings: Settings, tell: StageProgress) -> tuple[TrainingCorpus, tuple[ReadProblem, ...]]:
    """Articles of the settings as training wants them, and the files that could not be read."""
    limit = int(settings.corpus.max_file_mb * 1_000_000)
    reading = read_corpus(
        settings.corpus_paths, max_file_bytes=limit, progress=lambda done, total: tell("reading", done, total)
    )
    files = open_model_files(settings.embedding.model)
    counter = ModelTokenizer(
        files.folder / "tokenizer.json", files.sequence_tokens, files.document_prompt, files.query_prompt
    )
    chunker = Chunker(counter, settings.chunking.max_tokens)
    documents = sorted(reading.documents, key=lambda d: d.id)
    chunks: list[Chunk] = []
    for done, document in enumerate(documents, start=1):
        chunks += chunker.chunk(document)
        tell("chunking", done, len(documents))
    corpus = training_corpus(documents, chunks, Phrasings.load(), Lexicon.load(), settings.corpus_paths)
    return corpus, reading.problems


def _check_start(start: Path, files: ModelFiles) -> None:
    begun = open_model_files(str(start))
    if begun.adapter is None or begun.folder != files.folder:
        raise TrainingError(
            f"{start} holds no adapter to the model {files.name!r}.",
            remedy="Leave --start out, or set [embedding] model to the one that it belongs to.",
        )


def passage_vectors(settings: Settings, corpus: TrainingCorpus, tell: StageProgress) -> Vectors:
    """The vectors before training, from the cache of the index where they are known."""
    e = settings.embedding
    embedder = open_embedder(model=e.model, backend=e.backend, batch_size=e.batch_size, cache_dir=cache_dir(settings))
    cache = VectorCache(vector_cache_path(settings))
    vectors, *_ = cache.encode_cached(embedder, corpus.passages, lambda done, total: tell("embedding", done, total))
    return vectors
