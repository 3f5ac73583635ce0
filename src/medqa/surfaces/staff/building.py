"""A build of the index that somebody at the desk started: in the background, with its progress, to be cancelled."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

from medqa.config import Settings
from medqa.engine import index_corpus
from medqa.errors import BuildCancelledError, MedqaError, StateError
from medqa.surfaces.journal import note_failure


@dataclass(frozen=True, slots=True)
class Progress:
    """`said` is how it ended, or empty while it runs and before anything was started."""

    running: bool = False
    stage: str = ""
    done: int = 0
    total: int = 0
    said: str = ""
    failed: bool = False


class Building:
    """At most one build at a time; the lock of the index holds those of other processes apart."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._progress = Progress()

    @property
    def progress(self) -> Progress:
        with self._lock:
            return self._progress

    def start(self) -> None:
        """Raises `StateError` while one runs."""
        with self._lock:
            if self._progress.running:
                raise StateError("A build is running already.", remedy="Wait for it, or cancel it.")
            self._progress = Progress(running=True, stage="starting")
            self._stop.clear()
        threading.Thread(target=self._run, daemon=True).start()

    def cancel(self) -> None:
        """Ask a running build to stop at its next step; the live build stays as it is."""
        self._stop.set()

    def _run(self) -> None:
        try:
            report = index_corpus(self._settings, progress=self._step)
        except BuildCancelledError:
            self._end("The build was cancelled. What is served has not changed.")
        except MedqaError as error:
            note_failure("a build started at the desk", error)
            self._end(str(error), failed=True)
        else:
            problems = f" {len(report.problems)} files could not be read." if report.problems else ""
            uploads = f" Uploads stand in for: {', '.join(report.replaced)}." if report.replaced else ""
            state = "A new build is live" if report.changed else "Nothing had changed"
            self._end(f"{state}: {report.articles} articles, {report.chunks} passages.{uploads}{problems}")
        finally:
            if self.progress.running:  # a defect of ours: the thread's trace is in the log
                self._end("The build ended unexpectedly. What is served has not changed.", failed=True)

    def _step(self, stage: str, done: int, total: int) -> None:
        if self._stop.is_set():
            raise BuildCancelledError("The build was told to stop.")
        with self._lock:
            self._progress = replace(self._progress, stage=stage, done=done, total=total)

    def _end(self, said: str, *, failed: bool = False) -> None:
        with self._lock:
            self._progress = Progress(said=said, failed=failed)
