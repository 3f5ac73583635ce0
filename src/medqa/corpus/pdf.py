"""PDF -> pieces, from the size and place of its lines: the format itself knows no paragraphs."""

from __future__ import annotations

import io
import logging
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from medqa.corpus.decoding import checked
from medqa.corpus.parser_failures import PARSER_FAILURES
from medqa.corpus.pieces import CELL_SEPARATOR, Heading, Passage, Piece, append_pieces
from medqa.corpus.plain import is_list_line, plain_pieces
from medqa.errors import ArticleFormatError
from medqa.types import BlockKind

if TYPE_CHECKING:
    from pypdf import PageObject

_HEADING_RATIO = 1.12  # a heading is set at least this much larger than the body
_GAP_RATIO = 1.45  # lines further apart than this, in units of the usual distance, part paragraphs
_FULL_LINE = 0.8  # a line that reaches this part of the widest one was wrapped
_MAX_HEADING_CHARS = 160
_COLUMN_GAP = 2.5  # in units of the type size, beyond where the text before should have ended
_CHAR_WIDTH = 0.5  # of the type size: an average letter
_DIGITS = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(r"(?:page\s+)?\d{1,4}(?:\s*(?:/|of)\s*\d{1,4})?", re.IGNORECASE)
_BOLD_HEADING = re.compile(r"[^\W_].{0,88}[^\s.,;:]")


@dataclass(frozen=True, slots=True)
class _Line:
    """One printed line: `size` and the height `y` of its base line in points, `x` its left edge."""

    cells: tuple[str, ...]
    size: float
    x: float
    y: float
    bold: bool
    page: int

    @property
    def text(self) -> str:
        return " ".join(self.cells)


def read_pdf(data: bytes) -> tuple[str, list[Piece]]:
    """The title (empty where the file names none) and the pieces.

    Raises `ArticleFormatError` for a damaged or locked file and for one without text (a scan).
    """
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, PyPdfError

    # Without a handler of its own pypdf's remarks on untidy files would reach stderr, one line each.
    logging.getLogger("pypdf").addHandler(logging.NullHandler())
    if not data.startswith(b"%PDF-") and b"%PDF-" not in data[:1024]:
        raise ArticleFormatError("The file is not a PDF.")
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise ArticleFormatError("The PDF is locked with a password: save it without one.")
        title = str((reader.metadata.title if reader.metadata else None) or "")
        lines = [line for number, page in enumerate(reader.pages) for line in _lines(page, number)]
    except DependencyError as error:
        raise ArticleFormatError("The PDF is encrypted: save it without a password.") from error
    except PyPdfError as error:
        raise ArticleFormatError(f"The PDF is damaged or cut short ({error}): export it again.") from error
    except PARSER_FAILURES as error:
        raise ArticleFormatError(f"The PDF is damaged ({type(error).__name__}: {error}).") from error
    lines = _without_running_lines(lines)
    if not lines:
        raise ArticleFormatError("The PDF holds no text (a scan?): recognise its text first, then export it again.")
    return " ".join(checked(title).split()), _pieces(lines)


@dataclass(frozen=True, slots=True)
class _Run:
    """Text drawn in one go, from the point (x, y) on."""

    text: str
    size: float
    x: float
    y: float
    bold: bool


def _lines(page: PageObject, number: int) -> list[_Line]:
    """The printed lines of a page in the order in which the file draws them."""
    lines: list[_Line] = []
    runs: list[_Run] = []

    def close() -> None:
        printed = [run for run in runs if run.text.strip()]
        if printed:
            main = max(printed, key=lambda run: len(run.text))
            left = min(run.x for run in printed)
            bold = all(run.bold for run in printed)
            lines.append(_Line(_cells(runs), main.size, left, main.y, bold, number))
        runs.clear()

    def visit(text: str, cm: list[float], tm: list[float], font: dict[str, object] | None, size: float) -> None:
        height = math.hypot(tm[2] * cm[0] + tm[3] * cm[2], tm[2] * cm[1] + tm[3] * cm[3])
        x = tm[4] * cm[0] + tm[5] * cm[2] + cm[4]
        y = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
        bold = "bold" in str((font or {}).get("/BaseFont", "")).lower()
        for position, piece in enumerate(text.split("\n")):
            if position:
                close()
            if piece:
                runs.append(_Run(piece, abs(size) * height, x, y, bold))

    page.extract_text(visitor_text=visit)
    close()
    return lines


def _cells(runs: Sequence[_Run]) -> tuple[str, ...]:
    """The text of a line, parted where a gap is as wide as between the columns of a table."""
    cells = [""]
    end = runs[0].x
    for run in runs:
        if run.text.strip() and cells[-1].strip() and run.x - end > _COLUMN_GAP * run.size:
            cells.append("")
        cells[-1] += run.text
        if run.text.strip():
            end = run.x + _CHAR_WIDTH * run.size * len(run.text)
    return tuple(checked(cell).strip() for cell in cells if cell.strip())


def _without_running_lines(lines: list[_Line]) -> list[_Line]:
    """Without what heads or foots most pages, page numbers apart the same, and without bare page numbers."""
    pages: dict[int, list[_Line]] = {}
    for line in lines:
        pages.setdefault(line.page, []).append(line)
    edges = [
        edge for on_page in pages.values() for edge in {id(one): one for one in (on_page[0], on_page[-1])}.values()
    ]
    counts = Counter(_DIGITS.sub("0", edge.text) for edge in edges)
    running = {mask for mask, count in counts.items() if len(pages) >= 3 and count * 2 > len(pages)}
    dropped = {
        id(edge) for edge in edges if _DIGITS.sub("0", edge.text) in running or _PAGE_NUMBER.fullmatch(edge.text)
    }
    return [line for line in lines if id(line) not in dropped]


def _pieces(lines: Sequence[_Line]) -> list[Piece]:
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[round(line.size, 1)] += len(line.text)
    body = sizes.most_common(1)[0][0]
    plain_body = any(not line.bold for line in lines if abs(line.size - body) < 0.2)
    width = max(len(line.text) for line in lines)
    steps = Counter(round(a.y - b.y, 0) for a, b in pairwise(lines) if a.page == b.page and a.y > b.y)
    step = steps.most_common(1)[0][0] if steps else body * 1.2
    left = min(line.x for line in lines)
    levels = _levels(lines, body)

    pieces: list[Piece] = []
    text: list[str] = []
    previous: _Line | None = None
    for line in lines:
        level = levels.get(round(line.size, 1), 0)
        if not level and plain_body and line.bold and len(line.cells) == 1 and _BOLD_HEADING.fullmatch(line.text):
            level = min(6, 1 + max(levels.values(), default=1))
        close = previous is not None and previous.page == line.page and 0 <= previous.y - line.y <= step * _GAP_RATIO
        if level and len(line.text) <= _MAX_HEADING_CHARS:
            append_pieces(pieces, plain_pieces("\n".join(text), headings=False))
            text = []
            last = pieces[-1] if pieces else None
            if (
                isinstance(last, Heading)
                and last.level == level
                and previous
                and previous.size == line.size
                and (0 < previous.y - line.y <= line.size * 1.6)
            ):
                pieces[-1] = Heading(f"{last.text} {line.text}", level)
            else:
                pieces.append(Heading(" ".join(line.text.split()), level))
        elif len(line.cells) > 1:
            append_pieces(pieces, plain_pieces("\n".join(text), headings=False))
            text = []
            pieces.append(Passage(BlockKind.TABLE_ROW, CELL_SEPARATOR.join(line.cells)))
        elif text and previous is not None and _goes_on(previous, line, close=close, width=width):
            text[-1] = _run_on(text[-1], line.text)
        else:
            if text and not close:
                text.append("")
            text.append(" " * max(0, round((line.x - left) / (body / 2))) + line.text)
        previous = line
    append_pieces(pieces, plain_pieces("\n".join(text), headings=False))
    return pieces


def _levels(lines: Sequence[_Line], body: float) -> dict[float, int]:
    """The heading level, from 1, of each type size that is larger than the body's."""
    larger = sorted({round(line.size, 1) for line in lines if line.size >= body * _HEADING_RATIO}, reverse=True)
    return {size: min(level, 6) for level, size in enumerate(larger, start=1)}


def _goes_on(previous: _Line, line: _Line, *, close: bool, width: int) -> bool:
    """Whether `line` continues the sentence of the line before."""
    if is_list_line(line.text):
        return False
    if not close:
        return previous.page != line.page and line.text[0].islower() and previous.text[-1] not in ".!?:;"
    return len(previous.text) + 1 + len(line.text.split()[0]) > width * _FULL_LINE


def _run_on(text: str, following: str) -> str:
    if text.endswith("\u00ad"):
        return text[:-1] + following
    hyphenated = len(text) > 1 and text[-1] in "-‐" and text[-2].isalpha() and following[0].islower()
    return text + following if hyphenated else f"{text} {following}"
