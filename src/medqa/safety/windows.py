"""A long story cut into pieces of a sentence or so: one sentence may matter, and a vector of the whole drowns it."""

from __future__ import annotations

import re

MAX_WINDOWS = 48
LONG_SENTENCE_WORDS = 40
WINDOW_WORDS = 30
STEP_WORDS = 20
_SENTENCE = re.compile(r"[^.!?\n\u3002\u2026]+")


def windows(text: str) -> tuple[str, ...]:
    """The sentences of `text`, in order; one above `LONG_SENTENCE_WORDS` in overlapping pieces.

    Of more than `MAX_WINDOWS` the first and last are kept, half each: people begin or end with what matters.
    """
    pieces: list[str] = []
    for match in _SENTENCE.finditer(text):
        words = match.group().split()
        if not any(c.isalnum() for word in words for c in word):
            continue
        if len(words) <= LONG_SENTENCE_WORDS:
            pieces.append(" ".join(words))
            continue
        for start in range(0, len(words) - (WINDOW_WORDS - STEP_WORDS), STEP_WORDS):
            pieces.append(" ".join(words[start : start + WINDOW_WORDS]))
    if len(pieces) > MAX_WINDOWS:
        pieces = pieces[: MAX_WINDOWS // 2] + pieces[-MAX_WINDOWS // 2 :]
    return tuple(pieces)
