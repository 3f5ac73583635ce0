"""Printed lines -> pieces: what the size and the place of a line say about headings, paragraphs and tables."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from medqa.corpus.pieces import CELL_SEPARATOR, Heading, Passage, Piece, append_pieces
from medqa.corpus.plain import is_list_line, plain_pieces
from medqa.types import BlockKind

_HEADING_RATIO = 1.12  # a heading is set at least this much larger than the body
_GAP_RATIO = 1.45  # lines further apart than this, in units of the usual distance, part paragraphs
_HEADING_GAP = 1.6  # of the type size: lines of one heading are no further apart
_FULL_LINE = 0.8  # a line that reaches this part of the widest one was wrapped
_MAX_HEADING_CHARS = 160
_DIGITS = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(r"(?:page\s+)?\d{1,4}(?:\s*(?:/|of)\s*\d{1,4})?", re.IGNORECASE)
_BOLD_HEADING = re.compile(r"[^\W_].{0,88}[^\s.,;:]")


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """One line of a page: `cells` are its parts between wide gaps, from left to right; `size` of the type,
    left edge `x` and base line `y` in points, `y` upwards; `page` counts from 0."""

    cells: tuple[str, ...]
    size: float
    x: float
    y: float
    bold: bool
    page: int

    @property
    def text(self) -> str:
        return " ".join(self.cells)


def without_running_lines(lines: Sequence[PrintedLine]) -> list[PrintedLine]:
    """Without what heads or foots most pages (page numbers apart the same) and without bare page numbers."""
    pages: dict[int, list[PrintedLine]] = {}
    for line in lines:
        pages.setdefault(line.page, []).append(line)
    edges = [edge for page in pages.values() for edge in ([page[0], page[-1]] if len(page) > 1 else page)]
    counts = Counter(_DIGITS.sub("0", edge.text) for edge in edges)
    running = {mask for mask, count in counts.items() if len(pages) >= 3 and count * 2 > len(pages)}
    dropped = {
        id(edge) for edge in edges if _DIGITS.sub("0", edge.text) in running or _PAGE_NUMBER.fullmatch(edge.text)
    }
    return [line for line in lines if id(line) not in dropped]


def printed_pieces(lines: Sequence[PrintedLine]) -> list[Piece]:
    """Headings, paragraphs, lists and table rows of at least one line."""
    reader = _Reader(_Page.measured(lines))
    for line in lines:
        reader.add(line)
    reader.flush()
    return reader.pieces


@dataclass(frozen=True, slots=True)
class _Page:
    """How the text is set: `body` size and `step` from line to line in points, `width` in characters."""

    body: float
    step: float
    left: float
    width: int
    levels: dict[float, int]
    bold_headings: bool

    @classmethod
    def measured(cls, lines: Sequence[PrintedLine]) -> _Page:
        sizes: Counter[float] = Counter()
        for line in lines:
            sizes[round(line.size, 1)] += len(line.text)
        body = sizes.most_common(1)[0][0]
        steps = Counter(round(a.y - b.y) for a, b in pairwise(lines) if a.page == b.page and a.y > b.y)
        larger = sorted({size for size in sizes if size >= body * _HEADING_RATIO}, reverse=True)
        return cls(
            body=body,
            step=steps.most_common(1)[0][0] if steps else body * 1.2,
            left=min(line.x for line in lines),
            width=max(len(line.text) for line in lines),
            levels={size: min(level, 6) for level, size in enumerate(larger, start=1)},
            bold_headings=any(not line.bold for line in lines if round(line.size, 1) == body),
        )

    def heading_level(self, line: PrintedLine) -> int:
        """From 1; 0 for body text."""
        if len(line.text) > _MAX_HEADING_CHARS:
            return 0
        level = self.levels.get(round(line.size, 1), 0)
        is_bold = self.bold_headings and line.bold and len(line.cells) == 1 and _BOLD_HEADING.fullmatch(line.text)
        return level or (min(6, 1 + max(self.levels.values(), default=1)) if is_bold else 0)


@dataclass(slots=True)
class _Reader:
    page: _Page
    pieces: list[Piece] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    previous: PrintedLine | None = None

    def add(self, line: PrintedLine) -> None:
        level = self.page.heading_level(line)
        if level:
            self.flush()
            self._heading(line, level)
        elif len(line.cells) > 1:
            self.flush()
            self.pieces.append(Passage(BlockKind.TABLE_ROW, CELL_SEPARATOR.join(line.cells)))
        elif self.text and self.previous is not None and self._goes_on(self.previous, line):
            self.text[-1] = _run_on(self.text[-1], line.text)
        else:
            if self.text and not self._is_close(line):
                self.text.append("")
            indent = max(0, round((line.x - self.page.left) / (self.page.body / 2)))
            self.text.append(" " * indent + line.text)
        self.previous = line

    def flush(self) -> None:
        append_pieces(self.pieces, plain_pieces("\n".join(self.text), headings=False))
        self.text = []

    def _heading(self, line: PrintedLine, level: int) -> None:
        last, before = (self.pieces[-1] if self.pieces else None), self.previous
        text = " ".join(line.text.split())
        continues = (
            isinstance(last, Heading)
            and last.level == level
            and before is not None
            and before.page == line.page
            and 0 < before.y - line.y <= line.size * _HEADING_GAP
        )
        if continues and isinstance(last, Heading):
            self.pieces[-1] = Heading(f"{last.text} {text}", level)
        else:
            self.pieces.append(Heading(text, level))

    def _is_close(self, line: PrintedLine) -> bool:
        before = self.previous
        if before is None or before.page != line.page:
            return False
        return 0 <= before.y - line.y <= self.page.step * _GAP_RATIO

    def _goes_on(self, before: PrintedLine, line: PrintedLine) -> bool:
        """Whether `line` continues the sentence of the line before."""
        if is_list_line(line.text):
            return False
        if not self._is_close(line):
            return before.page != line.page and line.text[0].islower() and before.text[-1] not in ".!?:;"
        return len(before.text) + 1 + len(line.text.split()[0]) > self.page.width * _FULL_LINE


def _run_on(text: str, following: str) -> str:
    if text.endswith("\u00ad"):
        return text[:-1] + following
    hyphenated = len(text) > 1 and text[-1] in "-‐" and text[-2].isalpha() and following[0].islower()
    return text + following if hyphenated else f"{text} {following}"
