"""What an index is made of: the corpus, and what was uploaded at the desk, which goes before it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from medqa.config import Settings
from medqa.corpus import CorpusReading, read_corpus, source_files
from medqa.engine.paths import state_root
from medqa.ports import Progress
from medqa.state import UploadStore
from medqa.types import ArticleId


def read_library(settings: Settings, progress: Progress | None = None) -> tuple[CorpusReading, tuple[ArticleId, ...]]:
    """The articles, and the ids of those of the corpus that an upload stands in for. Raises `CorpusError`."""
    limit = int(settings.corpus.max_file_mb * 1_000_000)
    corpus = read_corpus(settings.corpus_paths, max_file_bytes=limit, progress=progress)
    folder = UploadStore(state_root(settings)).write_out()
    if folder is None:
        return corpus, ()
    uploaded = read_corpus(_files(folder), max_file_bytes=limit)
    ids = {document.id for document in uploaded.documents}
    rest = [document for document in corpus.documents if document.id not in ids]
    merged = replace(
        corpus,
        documents=tuple(sorted((*rest, *uploaded.documents), key=lambda document: document.id)),
        problems=(*corpus.problems, *uploaded.problems),
        files={**corpus.files, **uploaded.files},
    )
    return merged, tuple(sorted(ids.intersection(document.id for document in corpus.documents)))


def library_files(settings: Settings) -> dict[str, str]:
    """As `source_files`, of the corpus and of what was uploaded."""
    folder = UploadStore(state_root(settings)).write_out()
    return source_files(settings.corpus_paths) | (source_files(_files(folder)) if folder is not None else {})


def _files(folder: Path) -> tuple[Path, ...]:
    """Named one by one: in a folder, a file called README would be passed over."""
    return tuple(sorted(path for path in folder.glob("*/*") if not path.name.startswith(".")))
