"""What is asked for with every question: read from the state file once, and again only when the file has changed."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from medqa.errors import StateError
from medqa.state.database import StateDatabase

T = TypeVar("T")


class Watched(Generic[T]):
    """What `read` makes of the database. Safe from several threads; other processes' changes are seen at once.

    `nothing` stands for a file that does not exist yet. Asking costs microseconds while nothing changes, and gives the
    same object while what was read is equal.
    """

    def __init__(self, database: StateDatabase, read: Callable[[sqlite3.Connection], T], nothing: T) -> None:
        self._database = database
        self._read = read
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None
        self._version = -1
        self._value = nothing

    def now(self) -> T:
        """Raises `StateError` where the file cannot be read: what was read before is never given for what is there."""
        with self._lock:
            try:
                return self._current()
            except (sqlite3.Error, OSError) as error:
                raise StateError(f"The state file {self._database.path} cannot be read: {error}.") from error

    def close(self) -> None:
        with self._lock:
            if self._db is not None:
                self._db.close()
                self._db = None

    def _current(self) -> T:
        if self._db is None:
            if not self._database.path.exists():
                return self._value
            self._db = self._database.connect()
            self._version = -1
        # changes with every commit of another connection; our own writes go through another one too
        version = self._db.execute("PRAGMA data_version").fetchone()[0]
        if version != self._version:
            value = self._read(self._db)
            self._value = self._value if value == self._value else value
            self._version = version
        return self._value
