"""PDF -> printed lines with pypdf; `pdf_layout` makes pieces of them."""

from __future__ import annotations

import io
import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from medqa.corpus.decoding import checked
from medqa.corpus.parser_failures import PARSER_FAILURES
from medqa.corpus.pdf_layout import PrintedLine, printed_pieces, without_running_lines
from medqa.corpus.pieces import Piece
from medqa.errors import ArticleFormatError

if TYPE_CHECKING:
    from pypdf import PageObject

_COLUMN_GAP = 2.5  # in units of the type size, beyond where the text before should have ended
_CHAR_WIDTH = 0.5  # of the type size: an average letter


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
    lines = without_running_lines(lines)
    if not lines:
        raise ArticleFormatError("The PDF holds no text (a scan?): recognise its text first, then export it again.")
    return " ".join(checked(title).split()), printed_pieces(lines)


@dataclass(frozen=True, slots=True)
class _Run:
    """Text drawn in one go, from the point (x, y) on."""

    text: str
    size: float
    x: float
    y: float
    bold: bool


def _lines(page: PageObject, number: int) -> list[PrintedLine]:
    """The printed lines of a page in the order in which the file draws them."""
    lines: list[PrintedLine] = []
    runs: list[_Run] = []

    def close() -> None:
        printed = [run for run in runs if run.text.strip()]
        if printed:
            main = max(printed, key=lambda run: len(run.text))
            left = min(run.x for run in printed)
            bold = all(run.bold for run in printed)
            lines.append(PrintedLine(_cells(runs), main.size, left, main.y, bold, number))
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
