"""Vectors: a Chroma collection, written once, closed, then only read. The one home of chromadb.

Chroma writes to its SQLite file whenever it opens a folder, and random bytes in its HNSW files end the process
without an exception. So a build's own files are never handed to it: a reader gets a working folder with a
copy of the small SQLite file and links to the HNSW files, whose hashes the caller has checked just before.

Passages of equal vectors are stored once: thousands of equal neighbours use up every link of the HNSW graph, and
what lies behind them is never found. `leaders.npy` says for each passage which one stands for it.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import threading
import time
import weakref
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from medqa.errors import BuildError, DamagedIndexError, EmbeddingError
from medqa.ports import Progress, Vectors
from medqa.types import ChunkId

MAX_NEIGHBORS = 32
EF_CONSTRUCTION = 200
EF_SEARCH = 200
_COLLECTION = "passages"
_DATABASE = "chroma.sqlite3"
_LEADERS = "leaders.npy"
_WORKING = "medqa-vectors-"
_WORKING_LOCK = "lock"
_ABANDONED_AFTER_S = 3600.0


def check_vectors(vectors: Vectors, rows: int, dim: int) -> None:
    """Raise `EmbeddingError` unless `vectors` is float32 (rows, dim), finite, with rows of length 1."""
    if vectors.dtype != np.float32 or vectors.shape != (rows, dim):
        raise EmbeddingError(
            f"Vectors of shape {vectors.shape} and type {vectors.dtype} were given, ({rows}, {dim}) float32 is needed."
        )
    lengths = np.linalg.norm(vectors, axis=1)
    bad = np.flatnonzero(~(np.abs(lengths - 1.0) <= 1e-3))  # negated: a NaN compares false
    if bad.size:
        raise EmbeddingError(f"The vector of passage {bad[0]} is not finite with length 1 (it is {lengths[bad[0]]}).")


def write_vectors(folder: Path, ids: Sequence[ChunkId], vectors: Vectors, progress: Progress | None = None) -> None:
    """Write a finished collection into the new folder `folder`: everything flushed, nothing left in a log.

    `vectors` is float32 (len(ids), dim), L2-normalised. Raises `EmbeddingError` for unusable vectors and
    `BuildError` when Chroma cannot write.
    """
    check_vectors(vectors, len(ids), vectors.shape[-1])
    leaders = leaders_of(vectors)
    distinct = np.unique(leaders)
    failed = f"Chroma could not write the vectors to {folder}"
    with _chroma_errors(BuildError, failed):
        client = _open(folder)
    try:
        from chromadb.utils.batch_utils import create_batches

        with _chroma_errors(BuildError, failed):
            collection = client.create_collection(
                _COLLECTION,
                embedding_function=None,
                configuration={
                    "hnsw": {
                        "space": "cosine",
                        "max_neighbors": MAX_NEIGHBORS,
                        "ef_construction": EF_CONSTRUCTION,
                        "ef_search": EF_SEARCH,
                        # flushed once, by the last vector: no tail stays in the log to be replayed at every opening
                        "sync_threshold": len(distinct),
                    }
                },
            )
        done = 0
        stored = [ids[n] for n in distinct]
        for batch_ids, batch, *_ in create_batches(client, ids=stored, embeddings=list(vectors[distinct])):
            with _chroma_errors(BuildError, failed):
                collection.add(ids=batch_ids, embeddings=batch)
            done += len(batch_ids)
            if progress is not None:
                progress(done, len(stored))
    finally:
        client.close()
    with closing(sqlite3.connect(folder / _DATABASE, isolation_level=None)) as db:
        # the emptied log keeps its pages, nearly as many bytes as all vectors
        db.execute("VACUUM")
    np.save(folder / _LEADERS, leaders)


def leaders_of(vectors: Vectors) -> NDArray[np.int64]:
    """int64 (n,): for each row the position of the first row that is equal to it, byte for byte."""
    rows = np.ascontiguousarray(vectors)
    whole = rows.view(np.dtype((np.void, rows.dtype.itemsize * rows.shape[1]))).ravel()
    _, first, group = np.unique(whole, return_index=True, return_inverse=True)
    found: NDArray[np.int64] = first[group.ravel()].astype(np.int64)
    return found


def _read_leaders(path: Path, passages: int) -> NDArray[np.int64]:
    """Raises `DamagedIndexError` when the file does not name an earlier or the same passage for each."""
    try:
        leaders: NDArray[np.int64] = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DamagedIndexError(f"{path} cannot be read: {error}.") from error
    sound = leaders.dtype == np.int64 and leaders.shape == (passages,)
    if not sound or (leaders < 0).any() or (leaders > np.arange(passages)).any():
        raise DamagedIndexError(f"{path} does not name a vector for each of {passages} passages.")
    return leaders


class DenseIndex:
    """An open collection. Read-only; safe from several threads. `close` frees Chroma's memory and handles."""

    def __init__(self, folder: Path, files: Iterable[str], ids: Sequence[ChunkId], dim: int) -> None:
        """`files` are the names below `folder` whose hashes were checked; `ids` the passages in build order.

        Raises `DamagedIndexError` when Chroma cannot open it or holds another number of vectors.
        """
        self._ids = ids
        self._dim = dim
        self._leaders = _read_leaders(folder / _LEADERS, len(ids))
        self._followers: dict[str, list[int]] = {}
        for position, leader in enumerate(self._leaders.tolist()):
            self._followers.setdefault(ids[leader], []).append(position)
        self._closing = threading.Lock()
        working = _Working(folder, files)
        # also at the end of a process that never called close()
        self._remove = weakref.finalize(self, working.remove)
        try:
            with _chroma_errors(DamagedIndexError, f"The vectors in {folder} cannot be opened"):
                self._client = _open(working.path)
                self._collection: Any = self._client.get_collection(_COLLECTION, embedding_function=None)
                found = self._collection.count()
            if found != len(self._followers):
                raise DamagedIndexError(f"The vectors in {folder} number {found} instead of {len(self._followers)}.")
        except BaseException:
            self.close()
            raise

    def search(self, vector: Vectors, k: int) -> list[tuple[int, float]]:
        """Nearest passages as (position in the build, cosine similarity in [-1, 1]), best first.

        Ties stand in the order of the build. Raises `EmbeddingError` for a vector that is not finite, has
        another shape than (dim,) or no direction.
        """
        if vector.shape != (self._dim,):
            raise EmbeddingError(f"A query vector of shape {vector.shape} was given, ({self._dim},) is needed.")
        if not np.isfinite(vector).all() or not vector.any():
            raise EmbeddingError("The query's vector is not finite or has no direction.")
        k = min(k, len(self._ids))
        if k <= 0:
            return []
        with _chroma_errors(DamagedIndexError, "The vectors cannot be searched"):
            result = self._collection.query(
                query_embeddings=np.ascontiguousarray(vector, dtype=np.float32)[None, :],
                n_results=min(k, len(self._followers)),
                include=["distances"],
            )
        pairs = [
            (position, min(1.0, max(-1.0, 1.0 - float(distance))))
            for chunk_id, distance in zip(result["ids"][0], result["distances"][0], strict=True)
            for position in self._followers[chunk_id][:k]
        ]
        return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))[:k]

    def stored_ids(self) -> set[str]:
        """The ids of the passages whose vector Chroma itself holds."""
        with _chroma_errors(DamagedIndexError, "The vectors cannot be listed"):
            found = self._collection.get(include=[])["ids"]
        return {self._ids[n] for chunk_id in found for n in self._followers.get(chunk_id, ())}

    def stored_vectors(self, ids: Sequence[ChunkId]) -> Vectors:
        """float32 (len(ids), dim): the vectors as Chroma holds them."""
        position = {chunk_id: n for n, chunk_id in enumerate(self._ids)}
        leaders = [self._ids[self._leaders[position[chunk_id]]] for chunk_id in ids]
        wanted = list(dict.fromkeys(leaders))
        with _chroma_errors(DamagedIndexError, "The vectors cannot be read"):
            found = self._collection.get(ids=wanted, include=["embeddings"])
        rows = dict(zip(found["ids"], found["embeddings"], strict=True))
        if len(rows) != len(wanted):
            raise DamagedIndexError(f"Only {len(rows)} of {len(wanted)} vectors could be read back.")
        return np.asarray([rows[chunk_id] for chunk_id in leaders], dtype=np.float32)

    def close(self) -> None:
        """Let go of the collection and remove the working folder. May be called twice."""
        with self._closing:
            client = self.__dict__.pop("_client", None)
            self.__dict__.pop("_collection", None)
            if client is not None:
                client.close()
            self._remove()


class _Working:
    """A folder that Chroma may write to: copies what it alters, links what it only reads."""

    def __init__(self, folder: Path, files: Iterable[str]) -> None:
        _remove_abandoned()
        try:
            self.path = Path(tempfile.mkdtemp(prefix=_WORKING))
            self._lock = FileLock(self.path / _WORKING_LOCK, timeout=0, thread_local=False)
            self._lock.acquire()
            for name in files:
                target = self.path / name
                target.parent.mkdir(parents=True, exist_ok=True)
                if name == _DATABASE:
                    shutil.copyfile(folder / name, target)
                else:
                    target.symlink_to((folder / name).resolve())
        except OSError as error:
            raise BuildError(
                f"A working copy of the vectors cannot be made in {tempfile.gettempdir()}: {error.strerror}.",
                remedy="Make room there, or set TMPDIR to a folder you may write to.",
            ) from error

    def remove(self) -> None:
        self._lock.release()
        shutil.rmtree(self.path, ignore_errors=True)


def _remove_abandoned() -> None:
    """Working folders of processes that were killed: old, ours, and no longer locked."""
    for path in Path(tempfile.gettempdir()).glob(f"{_WORKING}*"):
        try:
            if time.time() - path.stat().st_mtime < _ABANDONED_AFTER_S:
                continue
            with FileLock(path / _WORKING_LOCK, timeout=0):
                shutil.rmtree(path, ignore_errors=True)
        except (Timeout, OSError):  # in use, another user's, or gone meanwhile: not ours to remove
            continue


def load_library() -> None:
    """Import Chroma ahead of its first use."""
    import chromadb  # noqa: F401


def _open(folder: Path) -> Any:
    import chromadb
    from chromadb.config import Settings

    return chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))


@contextmanager
def _chroma_errors(kind: type[BuildError], what: str) -> Iterator[None]:
    from chromadb.errors import ChromaError

    try:
        yield
    except (ChromaError, ValueError, KeyError, RuntimeError, sqlite3.Error) as error:
        raise kind(f"{what}: {error}.") from error
