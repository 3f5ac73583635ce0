"""What the server writes down: that something failed and where. Never a question, never an answer."""

from __future__ import annotations

import logging
import traceback

from medqa.errors import MedqaError, QuestionError

log = logging.getLogger("medqa.web")


def note_failure(doing: str, error: Exception) -> None:
    """One line for an error of ours; for an unexpected one also the places it went through.

    The message of an unexpected exception may hold what the person typed, so that it is left out.
    """
    if isinstance(error, QuestionError):
        return
    if isinstance(error, MedqaError):
        log.error("%s: %s", doing, error)
        return
    frames = traceback.extract_tb(error.__traceback__)
    places = " < ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in reversed(frames))
    log.error("%s: unexpected %s at %s", doing, type(error).__name__, places)
