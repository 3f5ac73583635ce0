"""The index as a server holds it: opened when first asked for, exchanged when `CURRENT` names another build."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from medqa.errors import DamagedIndexError, IndexMissingError, MedqaError
from medqa.index.layout import CURRENT, build_path, current_build
from medqa.index.manifest import Expected, Manifest
from medqa.index.opened import IndexView, OpenBuild
from medqa.types import ArticleId, BuildId, SignedReview


class HidesArticles(Protocol):
    """The record of articles that may not be quoted, whatever build is open."""

    def hidden_articles(self) -> frozenset[ArticleId]:
        """Asked for each question: must be cheap."""
        ...


_Signature = tuple[int, int, int]
# a build that is swept while it is being opened means that CURRENT has moved on; more than a few in a row do not happen
_ATTEMPTS = 5


class LiveIndex:
    """``with live.acquire() as index:`` gives an `IndexView` of the live build that stays whole until the end.

    Safe from several threads. A new build is opened and warmed by the question that notices it while others
    go on with the old one, which closes with its last question. Where the new one cannot be opened the old
    one keeps serving and `problem` says why. `signed` gives the reviews that were signed at the desk; it is asked for
    each question and must be cheap.
    """

    def __init__(
        self,
        root: Path,
        expected: Expected,
        state: HidesArticles | None = None,
        *,
        signed: Callable[[], Mapping[ArticleId, SignedReview]] = dict,
        retry_after_s: float = 5.0,
    ) -> None:
        self._root = root
        self._expected = expected
        self._state = state
        self._signed = signed
        self._retry_after_s = retry_after_s
        self._guard = threading.Lock()
        self._opening = threading.Lock()
        self._serving: _Shared | None = None
        self._seen: _Signature | None = None
        self._problem: MedqaError | None = None
        self._tried_at = 0.0
        self._closed = False

    @contextmanager
    def acquire(self) -> Iterator[IndexView]:
        """Raises `IndexMissingError`, `StaleIndexError` or `DamagedIndexError` when no build can serve."""
        self._refresh()
        # read before the build is taken: an article that was withdrawn by now is withdrawn in any build
        hidden = self._state.hidden_articles() if self._state is not None else frozenset()
        signed = self._signed()
        with self._guard:
            shared = self._serving
            if shared is None:
                raise _again(self._problem) if self._problem else self._missing()
            shared.users += 1
        try:
            yield IndexView(shared.build, hidden, shared.visible(hidden), signed)
        finally:
            self._leave(shared)

    @property
    def problem(self) -> MedqaError | None:
        """Why the build that `CURRENT` names is not the one that serves; None when it is."""
        return self._problem

    @property
    def manifest(self) -> Manifest | None:
        """Of the build that serves; None before the first question and when none can."""
        with self._guard:
            return self._serving.build.manifest if self._serving else None

    def check(self) -> None:
        """Open or exchange as a question would; raise what stands in the way. For health checks."""
        with self.acquire():
            problem = self._problem
        if problem is not None:
            raise _again(problem)

    def close(self) -> None:
        """Let go of the build as soon as its last question ends. A later `acquire` raises."""
        with self._opening, self._guard:
            self._closed = True
            old, self._serving = self._serving, None
            idle = old is not None and old.retire()
        if old is not None and idle:
            old.build.close()

    def _leave(self, shared: _Shared) -> None:
        with self._guard:
            shared.users -= 1
            last = shared.retired and shared.users == 0
        if last:
            shared.build.close()

    def _refresh(self) -> None:
        signature = self._signature()
        if signature == self._seen and not self._retry_is_due():
            return
        # the first build is waited for; an exchange is left to whoever is at it
        if not self._opening.acquire(blocking=self._serving is None):
            return
        try:
            signature = self._signature()
            if self._closed or (signature == self._seen and not self._retry_is_due()):
                return
            self._exchange(signature)
        finally:
            self._opening.release()

    def _retry_is_due(self) -> bool:
        return self._problem is not None and time.monotonic() - self._tried_at >= self._retry_after_s

    def _exchange(self, signature: _Signature | None) -> None:
        try:
            shared = self._open()
        except MedqaError as error:
            self._problem, self._seen, self._tried_at = error, signature, time.monotonic()
            return
        with self._guard:
            old = self._serving
            if shared is not None:
                self._serving = shared
            self._problem, self._seen = None, signature
            idle = shared is not None and old is not None and old.retire()
        if old is not None and idle:
            old.build.close()

    def _open(self) -> _Shared | None:
        """The build that `CURRENT` names, warm; None when it is the one that serves already."""
        for attempt in range(_ATTEMPTS):
            build_id = current_build(self._root)
            if build_id is None:
                raise self._missing()
            if self._serving is not None and self._serving.build_id == build_id:
                return None
            try:
                return _Shared(build_id, _open_warm(build_path(self._root, build_id), self._expected))
            except DamagedIndexError:
                if attempt + 1 == _ATTEMPTS or current_build(self._root) == build_id:
                    raise
        raise AssertionError("unreachable")

    def _missing(self) -> IndexMissingError:
        if self._closed:
            return IndexMissingError("The index was closed.", remedy="")
        return IndexMissingError(f"There is no index in {self._root}.")

    def _signature(self) -> _Signature | None:
        try:
            found = (self._root / CURRENT).stat()
        except OSError:  # whatever is wrong with it, reading it says so
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size


class _Shared:
    """An open build with the number of questions that use it, and what of it is visible."""

    def __init__(self, build_id: BuildId, build: OpenBuild) -> None:
        self.build_id = build_id
        self.build = build
        self.users = 0
        self.retired = False
        self._visible: tuple[frozenset[ArticleId], NDArray[np.bool_] | None] = (frozenset(), None)

    def retire(self) -> bool:
        """No new question will come; True when none is running either."""
        self.retired = True
        return self.users == 0

    def visible(self, hidden: frozenset[ArticleId]) -> NDArray[np.bool_] | None:
        """See `OpenBuild.visible`; worked out once for each set of hidden articles."""
        known, mask = self._visible
        if known != hidden:
            mask = self.build.visible(hidden)
            self._visible = (hidden, mask)
        return mask


def _open_warm(folder: Path, expected: Expected) -> OpenBuild:
    build = OpenBuild(folder, expected)
    try:
        build.warm()
    except BaseException:
        build.close()
        raise
    return build


def _again(error: MedqaError) -> MedqaError:
    """The same error for another caller: one instance raised in several threads would mix their traces."""
    return type(error)(error.message, remedy=error.remedy)
