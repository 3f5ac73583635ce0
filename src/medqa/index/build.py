"""A new build, made beside the live one: written, flushed, verified in a process of its own, then switched to."""

from __future__ import annotations

import errno
import hashlib
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from medqa.errors import (
    BuildCancelledError,
    BuildError,
    CorpusError,
    DiskFullError,
    IndexLockedError,
    InvariantError,
)
from medqa.index.dense import check_vectors, write_vectors
from medqa.index.fields import FieldVectors, write_fields
from medqa.index.inspection import verify_in_subprocess
from medqa.index.layout import (
    BUILDS,
    FIELDS,
    PARTIAL,
    PROBES,
    STORE,
    VECTORS,
    WORDS,
    build_path,
    current_build,
    new_build_id,
    point_to,
    sync_folder,
    sync_tree,
)
from medqa.index.lexical import write_words
from medqa.index.lock import BuildLock
from medqa.index.manifest import Counts, Manifest, corpus_hash, stamp_files, write_manifest
from medqa.index.probes import choose_probes, write_probes
from medqa.index.store import document_json, write_store
from medqa.index.switch import remove_leftovers, sweep
from medqa.ports import Progress, Vectors
from medqa.types import ArticleId, BuildId, Chunk, Document

STAGES = ("text", "words", "vectors", "flushing", "verifying", "switching")
# measured: a build takes about 1.3 times its vectors and 2.5 times its text; twice that while it is written
_BYTES_PER_VECTOR_BYTE = 3.0
_BYTES_PER_TEXT_CHAR = 6.0
_RESERVE_BYTES = 4 << 20
_NO_ROOM_BYTES = 256 << 10
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


@dataclass(frozen=True, slots=True)
class BuildReport:
    """`size` in bytes on disk, `removed` the builds that were swept, `seconds` by stage."""

    build_id: BuildId
    previous: BuildId | None
    articles: int
    sections: int
    chunks: int
    size: int
    removed: tuple[BuildId, ...]
    seconds: Mapping[str, float]


def article_hash(document: Document) -> str:
    """SHA-256 of an article: of its source where the reader gave one, else of all that is known of it."""
    return document.sha256 or hashlib.sha256(document_json(document)).hexdigest()


def build_index(
    root: Path,
    *,
    documents: Sequence[Document],
    chunks: Sequence[Chunk],
    vectors: Vectors,
    field_vectors: FieldVectors,
    lexical_texts: Sequence[str],
    embedder: str,
    chunking: str,
    corpus_roots: Sequence[str] = (),
    source_files: Mapping[str, str] | None = None,
    keep_builds: int = 2,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
    on_stage: Callable[[str], None] | None = None,
    on_ready: Callable[[BuildId], None] | None = None,
    lock: BuildLock | None = None,
    verify_timeout_s: float = 900.0,
) -> BuildReport:
    """Make a build of these articles and switch to it. Nothing is ever copied from a build before.

    `vectors` is float32 (len(chunks), dim), L2-normalised; `field_vectors` are those of the texts of
    `field_texts`; `lexical_texts` holds what BM25 indexes for each passage. `progress` counts passages whose
    vectors are stored. `on_stage` hears each of `STAGES`. `on_ready` runs when the build has passed its checks
    and is about to go live: what must bind it from its first moment is recorded there. `lock` is the caller's
    own `BuildLock` of `root`, if it holds one.

    On any exception the new folder is removed and the live build stays. Raises `IndexLockedError`,
    `BuildVerificationError`, `BuildCancelledError`, `DiskFullError`, `EmbeddingError`, `CorpusError` when
    there is nothing to index, and `BuildError` when the folder cannot be written.
    """
    _check_inputs(documents, chunks, vectors, lexical_texts)
    stage = _Stages(on_stage, cancelled)

    def step(done: int, total: int) -> None:
        stage.check_cancelled()
        if progress is not None:
            progress(done, total)

    with _clean_errors(root), lock or BuildLock(root):
        remove_leftovers(root)
        previous = current_build(root)
        build_id = new_build_id(root)
        partial = root / BUILDS / f"{build_id}{PARTIAL}"
        final = build_path(root, build_id)
        _require_room(root, documents, chunks, vectors)
        try:
            with _clean_errors(root):
                partial.mkdir(parents=True)
                stage.enter("text")
                write_store(partial / STORE, documents, chunks)
                write_probes(partial / PROBES, choose_probes(vectors))
                stage.enter("words")
                write_words(partial / WORDS, lexical_texts)
                write_fields(partial / FIELDS, documents, chunks, field_vectors, int(vectors.shape[1]))
                stage.enter("vectors")
                write_vectors(partial / VECTORS, [chunk.id for chunk in chunks], vectors, step)
                stage.enter("flushing")
                hashes = {str(document.id): article_hash(document) for document in documents}
                manifest = Manifest(
                    build_id=build_id,
                    previous=previous,
                    created_at=datetime.now(UTC).isoformat(timespec="seconds"),
                    corpus_sha256=corpus_hash(hashes),
                    corpus_roots=tuple(corpus_roots),
                    source_files=dict(source_files or {}),
                    chunking=chunking,
                    embedder=embedder,
                    dim=int(vectors.shape[1]),
                    counts=Counts(
                        articles=len(documents), sections=sum(len(d.sections) for d in documents), chunks=len(chunks)
                    ),
                    article_hashes=hashes,
                    files=stamp_files(partial),
                )
                write_manifest(partial, manifest)
                sync_tree(partial)
                stage.enter("verifying")
                verify_in_subprocess(partial, verify_timeout_s)
                stage.enter("switching")
                if on_ready is not None:
                    on_ready(build_id)
                partial.rename(final)
                sync_folder(root / BUILDS)
                point_to(root, build_id)
        except BaseException:
            # still under the lock, so nobody else makes or sweeps anything
            shutil.rmtree(partial, ignore_errors=True)
            if current_build(root) != build_id:
                shutil.rmtree(final, ignore_errors=True)
            raise
        removed = sweep(root, keep_builds)
    stage.end()
    return BuildReport(
        build_id=build_id,
        previous=previous,
        articles=manifest.counts.articles,
        sections=manifest.counts.sections,
        chunks=manifest.counts.chunks,
        size=sum(stamp.size for stamp in manifest.files.values()),
        removed=removed,
        seconds=stage.seconds,
    )


class _Stages:
    """Times the stages, tells of them, and stops between them when the build is cancelled."""

    def __init__(self, on_stage: Callable[[str], None] | None, cancelled: Callable[[], bool] | None) -> None:
        self.seconds: dict[str, float] = {}
        self._on_stage = on_stage
        self._cancelled = cancelled
        self._name = ""
        self._since = 0.0

    def enter(self, name: str) -> None:
        self.end()
        self.check_cancelled()
        self._name, self._since = name, time.monotonic()
        if self._on_stage is not None:
            self._on_stage(name)

    def end(self) -> None:
        if self._name:
            self.seconds[self._name] = time.monotonic() - self._since

    def check_cancelled(self) -> None:
        if self._cancelled is not None and self._cancelled():
            raise BuildCancelledError("The build was stopped; the live index was kept.")


def _check_inputs(
    documents: Sequence[Document], chunks: Sequence[Chunk], vectors: Vectors, lexical_texts: Sequence[str]
) -> None:
    if not chunks:
        raise CorpusError("There is no passage to index.", remedy="Check the corpus with: medqa audit")
    texts: dict[ArticleId, str] = {document.id: document.text for document in documents}
    if len(texts) != len(documents):
        raise InvariantError("two articles of a build have the same id")
    if len({chunk.id for chunk in chunks}) != len(chunks):
        raise InvariantError("two passages of a build have the same id")
    if len(lexical_texts) != len(chunks):
        raise InvariantError(f"{len(lexical_texts)} texts for words were given for {len(chunks)} passages")
    if vectors.ndim != 2:
        raise InvariantError(f"vectors have shape {vectors.shape}; one row for each passage is needed")
    check_vectors(vectors, len(chunks), vectors.shape[1])
    for chunk in chunks:
        if chunk.document_id not in texts:
            raise InvariantError(f"passage {chunk.id!r} belongs to no article of the build")
        if chunk.span.of(texts[chunk.document_id]) != chunk.text:
            raise InvariantError(f"passage {chunk.id!r} is not the text at its place in {chunk.document_id!r}")


def _require_room(root: Path, documents: Sequence[Document], chunks: Sequence[Chunk], vectors: Vectors) -> None:
    characters = sum(len(d.text) for d in documents) + sum(len(c.text) for c in chunks)
    needed = int(vectors.nbytes * _BYTES_PER_VECTOR_BYTE + characters * _BYTES_PER_TEXT_CHAR) + _RESERVE_BYTES
    free = shutil.disk_usage(root).free
    if free < needed:
        raise DiskFullError(
            f"The build needs about {needed >> 20} MB in {root}, {free >> 20} MB are free. The live index was kept."
        )


@contextmanager
def _clean_errors(root: Path) -> Iterator[None]:
    """What the system, SQLite and Chroma say of a full disk or a forbidden folder, in our own words."""
    try:
        yield
    except (OSError, sqlite3.Error, BuildError) as error:
        if _tells_of_a_full_disk(error, root):
            raise DiskFullError(
                f"The disk of {root} filled up during the build. The new build was removed, the live one kept."
            ) from error
        if isinstance(error, BuildError):
            raise
        where = error.filename if isinstance(error, OSError) and error.filename else root
        cause = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise BuildError(
            f"The index cannot be written: {where}: {cause}. The live index was kept.",
            remedy="Name a folder you may write to with: medqa index --index DIR",
        ) from error


def _tells_of_a_full_disk(error: OSError | sqlite3.Error | BuildError, root: Path) -> bool:
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno in _FULL
    if isinstance(error, sqlite3.Error):
        return error.sqlite_errorcode == sqlite3.SQLITE_FULL
    if isinstance(error, (BuildCancelledError, IndexLockedError, DiskFullError)):
        return False
    # numpy reports a short write without its cause, Chroma hides it in words or writes short files without
    # a word, which the check then finds: what all have in common is that no room is left
    return shutil.disk_usage(root).free < _NO_ROOM_BYTES
