"""Deletes kept questions in time while the server runs, whether or not anybody asks or looks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from medqa.config import GapSettings
from medqa.errors import MedqaError
from medqa.state import GapStore
from medqa.surfaces.journal import note_failure

EVERY_S = 3600.0


def forget_due(store: GapStore, keep: GapSettings) -> int:
    """Delete what is past its time; all of it once the owner has switched the keeping off. Returns how many.

    Raises `StateError`.
    """
    return store.forget(keep.keep_days) if keep.keep_questions else store.forget_questions()


@contextmanager
def forgetting(store: GapStore, keep: GapSettings, every_s: float = EVERY_S) -> Iterator[None]:
    """Inside the block `forget_due` runs at once and every so many seconds, in a thread of its own."""
    done = threading.Event()

    def run() -> None:
        while True:
            try:
                forget_due(store, keep)
            except MedqaError as error:  # tried again next time
                note_failure("deleting questions past their time", error)
            if done.wait(every_s):
                return

    thread = threading.Thread(target=run, name="forgetting", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
