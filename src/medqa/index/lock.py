"""One builder at a time, across processes. The lock dies with its process, so no stale lock can remain."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType

from filelock import FileLock, Timeout

from medqa.errors import IndexLockedError
from medqa.index.layout import LOCK


class BuildLock:
    """``with BuildLock(root):`` holds the right to change the builds of `root`, or raises at once.

    May be entered again by its holder, so that a caller can take it before hours of embedding and pass it
    on to `build_index`. Raises `IndexLockedError` naming the process that holds it.
    """

    def __init__(self, root: Path) -> None:
        self._path = root / LOCK
        self._lock = FileLock(self._path, timeout=0, thread_local=False)

    def __enter__(self) -> BuildLock:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire()
        except Timeout as error:
            raise IndexLockedError(f"Another process{self._holder()} is building this index.") from error
        self._path.write_text(f"{os.getpid()}\n", encoding="ascii")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()

    def _holder(self) -> str:
        try:
            text = self._path.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            return ""
        return f" ({text})" if text.isdigit() else ""
