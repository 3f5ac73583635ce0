"""Messages as the engine takes them: neither empty nor too long, without what no store and no page can carry."""

from __future__ import annotations

from medqa.errors import EmptyQuestionError, QuestionTooLongError


def readable(text: str) -> str:
    """`text` without lone surrogates and NUL, and without the white space around it."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "").strip()


def check_question(question: str, max_chars: int) -> None:
    """Raises `EmptyQuestionError` or `QuestionTooLongError`."""
    if not any(c.isalnum() for c in question):
        raise EmptyQuestionError("There are no words in the message.")
    if len(question) > max_chars:
        raise QuestionTooLongError(f"The message has {len(question):,} characters; the limit is {max_chars:,}.")
