"""Vectors kept by model fingerprint and hash of the text, so that no text is embedded twice.

One SQLite file. It holds hashes and vectors, no text. Every write of a batch is a transaction: a killed run
keeps the batches before. What is wrong with the file costs time, never the build: a damaged file is set
aside and a new one begun.
"""

from __future__ import annotations

import hashlib
import logging
import sqlite3
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from medqa.ports import Embedder, Progress, Vectors

log = logging.getLogger(__name__)

SCHEMA_VERSION = 1
SCHEMA = """
CREATE TABLE IF NOT EXISTS models (id INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS vectors (
    model INTEGER NOT NULL REFERENCES models(id), text_hash BLOB NOT NULL,
    crc INTEGER NOT NULL, vector BLOB NOT NULL, PRIMARY KEY (model, text_hash)
);
"""
LOOKUP_ROWS = 500
WRITE_ROWS = 256
BUSY_TIMEOUT_S = 30.0
TROUBLE_AROUND_THE_FILE = {  # full disk, foreign lock, rights: the file itself may be sound
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_NOMEM,
}


def text_hash(text: str) -> str:
    """SHA-256 of the UTF-8 text, as 64 hex digits: the key of the cache."""
    return hashlib.sha256(text.encode()).hexdigest()


class VectorCache:
    """Vectors on disk at `path`; the folder is made when it is missing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._damaged = path.with_name(path.name + ".damaged")

    def encode_cached(
        self, embedder: Embedder, texts: Sequence[str], progress: Progress | None = None
    ) -> tuple[Vectors, int, int]:
        """(vectors, reused, new): float32 (len(texts), dim) in the order of `texts`.

        `reused` counts texts whose vector was kept (equal texts within `texts` are encoded once and the
        others count as reused), `new` those that were encoded. Raises what `embedder.encode` raises.
        """
        keys = [text_hash(text) for text in texts]
        found = self._lookup(embedder.fingerprint, embedder.dim, set(keys))
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in found}
        total, new = len(texts), len(missing)
        reused = total - new
        if progress is not None and reused:
            progress(reused, total)
        # similar lengths together: the embedder can only sort within one call
        pending = sorted(missing.items(), key=lambda item: -len(item[1]))
        for start in range(0, new, WRITE_ROWS):
            part = pending[start : start + WRITE_ROWS]
            step = None if progress is None else _shifted(progress, reused + start, total)
            rows = embedder.encode([text for _, text in part], step)
            fresh = {key: row for (key, _), row in zip(part, rows, strict=True)}
            self._store(embedder.fingerprint, fresh)
            found.update(fresh)
        vectors = np.empty((total, embedder.dim), dtype=np.float32)
        for i, key in enumerate(keys):
            vectors[i] = found[key]
        return vectors, reused, new

    def sweep(self, keep: Collection[str]) -> int:
        """Forget every vector whose text hash is not in `keep`, of all models; the count of those.

        Deleted content is overwritten and the file rewritten, so that nothing of it stays on the disk; a
        damaged file that was set aside goes too.
        """
        self._damaged.unlink(missing_ok=True)
        if not self._path.exists():
            return 0
        try:
            with self._open() as db:
                db.execute("CREATE TEMP TABLE kept (text_hash BLOB PRIMARY KEY) WITHOUT ROWID")
                db.executemany("INSERT OR IGNORE INTO kept VALUES (?)", ((bytes.fromhex(key),) for key in keep))
                gone = db.execute("DELETE FROM vectors WHERE text_hash NOT IN (SELECT text_hash FROM kept)").rowcount
                db.execute("DELETE FROM models WHERE id NOT IN (SELECT model FROM vectors)")
                db.commit()
                if gone:
                    db.execute("VACUUM")
                return gone
        except sqlite3.DatabaseError as error:
            if self._set_aside(error):
                self._damaged.unlink(missing_ok=True)  # what cannot be swept must not stay
            return 0

    def _lookup(self, fingerprint: str, dim: int, keys: Collection[str]) -> dict[str, Vectors]:
        if not self._path.exists():
            return {}
        found: dict[str, Vectors] = {}
        wanted = sorted(keys)
        try:
            with self._open() as db:
                row = db.execute("SELECT id FROM models WHERE fingerprint = ?", (fingerprint,)).fetchone()
                if row is None:
                    return {}
                for start in range(0, len(wanted), LOOKUP_ROWS):
                    part = [bytes.fromhex(key) for key in wanted[start : start + LOOKUP_ROWS]]
                    marks = ",".join("?" * len(part))
                    query = f"SELECT text_hash, crc, vector FROM vectors WHERE model = ? AND text_hash IN ({marks})"  # noqa: S608
                    for digest, crc, blob in db.execute(query, (row[0], *part)):
                        if len(blob) == 4 * dim and zlib.crc32(blob) == crc:
                            found[digest.hex()] = np.frombuffer(blob, dtype="<f4")
        except sqlite3.DatabaseError as error:
            self._set_aside(error)
        return found

    def _store(self, fingerprint: str, vectors: Mapping[str, Vectors]) -> None:
        for attempt in (1, 2):
            try:
                with self._open() as db:
                    db.execute("INSERT OR IGNORE INTO models (fingerprint) VALUES (?)", (fingerprint,))
                    model = db.execute("SELECT id FROM models WHERE fingerprint = ?", (fingerprint,)).fetchone()[0]
                    blobs = {key: np.asarray(row, dtype="<f4").tobytes() for key, row in vectors.items()}
                    db.executemany(
                        "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?)",
                        ((model, bytes.fromhex(key), zlib.crc32(blob), blob) for key, blob in blobs.items()),
                    )
                    db.commit()
                return
            except sqlite3.DatabaseError as error:
                if not self._set_aside(error) or attempt == 2:
                    return  # the vectors are at hand; only the next run is slower

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(self._path, timeout=BUSY_TIMEOUT_S)
        try:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version not in (0, SCHEMA_VERSION):
                raise sqlite3.DatabaseError(f"its schema is {version}, not {SCHEMA_VERSION}")
            db.execute("PRAGMA secure_delete = ON")
            db.execute("PRAGMA temp_store = MEMORY")
            if version == 0:
                db.executescript(SCHEMA)
                db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            yield db
        finally:
            db.close()

    def _set_aside(self, error: sqlite3.DatabaseError) -> bool:
        """Rename a damaged file and say so; False where the trouble is around the file, not in it."""
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in TROUBLE_AROUND_THE_FILE:
            log.warning("The vector cache %s cannot be used now: %s", self._path, error)
            return False
        log.warning("The vector cache %s is damaged (%s); it is set aside and begun anew.", self._path, error)
        for suffix in ("-journal", "-wal", "-shm"):
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
        if self._path.exists():
            self._path.replace(self._damaged)
        return True


def _shifted(progress: Progress, before: int, total: int) -> Progress:
    return lambda done, _: progress(before + done, total)
