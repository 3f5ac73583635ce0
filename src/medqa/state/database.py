"""The state file: one SQLite database beside the builds, opened so that an acknowledged write is on the disk."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from filelock import FileLock

from medqa.errors import StateError

STATE_FILE = Path("state") / "state.sqlite"
SCHEMA = 8
"""Steps in `migrations.STEPS`; the file holds the number of those that it has in its `user_version`."""
WAIT_S = 10.0
"""How long a write waits for another one."""


class StateDatabase:
    """``state/state.sqlite`` below an index folder. Safe from several threads and processes.

    Every use has a connection of its own. Writes are durable when the block is left: write-ahead log,
    ``synchronous=FULL``. Errors of SQLite and of the disk leave as `StateError`.
    """

    def __init__(self, root: Path) -> None:
        self.path = root / STATE_FILE

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection | None]:
        """A connection, or None while there is no file: what nobody left behind is empty, and reading makes none."""
        with self._errors("read"):
            if not self.path.exists():
                yield None
                return
            with closing(self.connect()) as db:
                yield db

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A connection inside a transaction: committed when the block is left, undone when it raises."""
        with self._errors("written"):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(self.connect()) as db:
                db.execute("BEGIN IMMEDIATE")
                try:
                    yield db
                except BaseException:
                    if db.in_transaction:
                        db.execute("ROLLBACK")
                    raise
                db.execute("COMMIT")

    def connect(self) -> sqlite3.Connection:
        """An open connection in autocommit mode on a file of the newest schema, which is made where it is missing."""
        db = sqlite3.connect(self.path, check_same_thread=False, isolation_level=None, timeout=WAIT_S)
        try:
            db.execute("PRAGMA foreign_keys = ON")
            db.execute("PRAGMA synchronous = FULL")
            db.execute("PRAGMA secure_delete = ON")  # what a person asked to forget leaves the file too
            self._bring_forward(db)
        except BaseException:
            db.close()
            raise
        return db

    def backup(self, target: Path) -> int:
        """Copy the file as it is at this moment to `target`, while others go on writing; returns its bytes.

        The copy is checked, then put in place at once: `target` is never half a backup.
        """
        if not self.path.exists():
            raise StateError(
                f"There is nothing to back up: {self.path} does not exist.",
                remedy="It is made when the first feedback is left or an article is withdrawn. "
                "Check the index folder that --index names.",
            )
        part = target.with_name(f".{target.name}.{os.getpid()}.part")
        try:
            with self._errors(f"backed up to {target}"), closing(self.connect()) as db:
                target.parent.mkdir(parents=True, exist_ok=True)
                with closing(sqlite3.connect(part, isolation_level=None)) as copy:
                    db.backup(copy)
                    copy.execute("PRAGMA journal_mode = DELETE")  # one file, with nothing beside it
                    (verdict,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
                if verdict != "ok":
                    raise StateError(f"{self.path} is damaged ({verdict}); {target} was left as it was.")
                with part.open("rb+") as written:
                    os.fsync(written.fileno())
                part.replace(target)
                return target.stat().st_size
        finally:
            part.unlink(missing_ok=True)

    def _bring_forward(self, db: sqlite3.Connection) -> None:
        version = _version(db)
        if version < SCHEMA:
            from medqa.state.migrations import bring_forward

            # the change of the journal takes no turns between processes; the lock makes them
            with FileLock(self.path.with_suffix(".lock"), timeout=WAIT_S * 3):
                db.execute("PRAGMA journal_mode = WAL")
                bring_forward(db)
            version = _version(db)
        if version > SCHEMA:
            raise StateError(
                f"The state file has schema {version}; this version of medqa knows {SCHEMA}.",
                remedy="Update medqa, or use the version that wrote it.",
            )

    @contextmanager
    def _errors(self, doing: str) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise StateError(f"The state file {self.path} cannot be {doing}: {error}.") from error


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])
