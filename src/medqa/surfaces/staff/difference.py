"""What an uploaded article would change: section by section, word by word."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from medqa.types import Document, Section

MOST_WORDS = 4_000
"""Of a section, both sides together; a longer one is shown as taken out and put in."""
MOST_WORDS_IN_ALL = 40_000
"""Of the sections that are compared word by word; those after them are shown as taken out and put in."""
CONTEXT = 14
"""Unchanged words that stay around a change."""
Sort = Literal["added", "removed", "changed", "same"]
_PIECES = re.compile(r"\s+|[^\W_]+|[^\s\w]|_")


@dataclass(frozen=True, slots=True)
class Piece:
    """Words that are the same, put in (`ins`) or taken out (`del`)."""

    op: Literal["", "ins", "del"]
    text: str


@dataclass(frozen=True, slots=True)
class Changed:
    """A section with what became of it; of an unchanged one no pieces."""

    heading: str
    sort: Sort
    pieces: tuple[Piece, ...] = ()


def changes(before: Document | None, now: Document) -> tuple[Changed, ...]:
    """The sections of `now` in their order, then those that are gone. Sections are matched by heading, in order."""
    old: dict[str, list[Section]] = {}
    for section in before.sections if before is not None else ():
        old.setdefault(section.heading, []).append(section)
    found = []
    left = MOST_WORDS_IN_ALL
    for section in now.sections:
        own = section.span.of(now.text)
        same = old.get(section.heading)
        if not same or before is None:
            found.append(Changed(section.heading, "added", (Piece("ins", own),)))
            continue
        was = same.pop(0).span.of(before.text)
        if was == own:
            found.append(Changed(section.heading, "same"))
            continue
        left -= len(_PIECES.findall(was)) + len(_PIECES.findall(own))
        whole = (Piece("del", was), Piece("ins", own))
        found.append(Changed(section.heading, "changed", words(was, own) if left >= 0 else whole))
    gone = [section for sections in old.values() for section in sections]
    for section in gone:
        text = section.span.of(before.text) if before is not None else ""
        found.append(Changed(section.heading, "removed", (Piece("del", text),)))
    return tuple(found)


def words(before: str, now: str) -> tuple[Piece, ...]:
    """The difference of two texts; joined, what is not `ins` is `before` and what is not `del` is `now`, but for long
    unchanged stretches, of which the middle gives way to " … "."""
    old, new = _PIECES.findall(before), _PIECES.findall(now)
    if len(old) + len(new) > MOST_WORDS:
        return (Piece("del", before), Piece("ins", now))
    pieces: list[Piece] = []
    matcher = SequenceMatcher(None, old, new)  # with its rule about frequent words: without it, 2 kB can take 30 s
    for op, a, b, c, d in matcher.get_opcodes():
        if op == "equal":
            pieces.append(Piece("", _around(old[a:b], first=a == c == 0, last=b == len(old) and d == len(new))))
            continue
        if a < b:
            pieces.append(Piece("del", "".join(old[a:b])))
        if c < d:
            pieces.append(Piece("ins", "".join(new[c:d])))
    return tuple(piece for piece in pieces if piece.text)


def _around(same: list[str], *, first: bool, last: bool) -> str:
    head = [] if first else same[: 2 * CONTEXT]
    tail = [] if last else same[-2 * CONTEXT :]
    if len(head) + len(tail) >= len(same):
        return "".join(same)
    return "".join([*head, " … ", *tail])
