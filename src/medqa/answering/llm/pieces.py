"""A model's stream, cut after each citation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_CITED = re.compile(r"((?:\s*\[\s*[0-9]{1,4}(?:\s*,\s*[0-9]{1,4})*\s*\])+)[ \t]*([.!?]?)(?=[\s\S])")
_NUMBER = re.compile(r"[0-9]+")
_MARKER = re.compile(r"^\s*(?:[-*\u2022]|[0-9]{1,2}[.)])\s+")


@dataclass(frozen=True, slots=True)
class Piece:
    """What stands before a citation, and the numbers that it cites: none where the text ended without one."""

    text: str
    numbers: tuple[int, ...]


def pieces_of(stream: Iterable[str]) -> Iterator[Piece]:
    """Each piece as soon as what follows its citation has begun; a line without a citation is a piece of its own."""
    held = ""
    for text in stream:
        held += text
        while (match := _CITED.search(held)) is not None:
            before, held = held[: match.start()], held[match.end() :]
            yield from _cut(before, match.group(1), match.group(2))
    match = _CITED.search(held + "\n")
    if match is not None:
        yield from _cut(held[: match.start()], match.group(1), match.group(2))
        held = held[match.end() :]
    yield from _uncited(held)


def _cut(before: str, cited: str, stop: str) -> Iterator[Piece]:
    *lines, last = before.rstrip().split("\n") if before.strip() else [""]
    for line in lines:
        yield from _uncited(line)
    text = _MARKER.sub("", last).strip()
    if text:
        yield Piece(text if text[-1] in ".!?" else text + (stop or "."), tuple(map(int, _NUMBER.findall(cited))))


def _uncited(text: str) -> Iterator[Piece]:
    for line in text.split("\n"):
        if line.strip():
            yield Piece(line.strip(), ())
