"""Plain text -> pieces. It is not Markdown: ``*``, ``_``, ``<`` and ``#`` stay what they are.

Structure is read from layout alone: blank lines part blocks, bare short title-like lines are headings,
bullets and numbers at the start of lines are lists.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from medqa.corpus.pieces import Heading, Passage, Piece
from medqa.types import BlockKind

MAX_HEADING_CHARS = 90
MAX_HEADING_WORDS = 14
HEADING_LEVEL = 2
_WRAP_MIN_CHARS = 50
_WRAP_MAX_CHARS = 120

_BULLET = re.compile(r"([ \t]*)([-*+•●○▪▫■□◦‣⁃·–\uf0b7\uf0a7])[ \t\xa0]+(?=\S)")
_NUMBER = re.compile(r"([ \t]*)(\d{1,3})[.)][ \t\xa0]+(?=\S)")
_UNDERLINE = re.compile(r"([=~_*-])\1{2,}")
# These open a footnote or a sum as often as a list: one alone is no list.
_NEEDS_COMPANY = frozenset("*+·–")
_SMALL_WORD_LIST = """
    a an and as at but by can do for from how if in into is it my nor of off on or over per so than that the to
    up via vs was what when which who why will with without you your
"""
_SMALL_WORDS = frozenset(_SMALL_WORD_LIST.split())
_DATE_FORMATS = ("%Y-%m-%d", "%b %d, %Y", "%B %d, %Y", "%d %B %Y", "%d %b %Y", "%b. %d, %Y", "%Y/%m/%d")
_DATE_LABEL = re.compile(r"^(?:published|posted|written|updated|last updated|date)(?: on)?\s*:?\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PlainArticle:
    """A plain text file: `title` is its first line where that reads like one, else empty; not in `pieces`."""

    title: str
    written_on: date | None
    pieces: tuple[Piece, ...]


def plain_article(text: str) -> PlainArticle:
    """Title, date line and body of a plain text article. `text` has ``\\n`` line ends."""
    lines = text.split("\n")
    position = _next_line(lines, 0)
    title, written_on = "", None
    if position < len(lines) and _may_be_title(lines, position):
        title = " ".join(lines[position].split())
        position = _next_line(lines, position + 1)
        if position < len(lines) and _UNDERLINE.fullmatch(lines[position].strip()):
            position = _next_line(lines, position + 1)
        if position < len(lines):
            written_on = _date_line(lines[position])
            position += written_on is not None
    return PlainArticle(title, written_on, tuple(plain_pieces("\n".join(lines[position:]), headings=True)))


def plain_pieces(text: str, *, headings: bool) -> list[Piece]:
    """Paragraphs, lists and, if asked for, headings. `text` has ``\\n`` line ends."""
    groups = _groups(text)
    reader = _Reader()
    for position, group in enumerate(groups):
        rest = group
        following = groups[position + 1] if position + 1 < len(groups) else None
        if headings:
            heading, rest = _parted_heading(group, following)
            if heading:
                reader.pieces.append(Heading(" ".join(heading.split()), HEADING_LEVEL))
                reader.lists.clear()
        if rest:
            reader.group(rest)
    return reader.pieces


def _parted_heading(group: list[str], following: list[str] | None) -> tuple[str, list[str]]:
    """The heading that opens a group of lines, empty where none does, and the lines that are left.

    A heading stands alone, is underlined, or is a title right above a list. The last line of all heads
    nothing: it may be a line of keywords.
    """
    first = group[0]
    if len(group) > 1 and _UNDERLINE.fullmatch(group[1].strip()):
        if _reads_as_heading(first) and (len(group) > 2 or following is not None):
            return first, group[2:]
    elif len(group) > 1:
        if _marker(group[1]) is not None and _reads_as_heading(first) and _is_title(first):
            return first, group[1:]
    elif following is not None:
        numbered = _NUMBER.match(first)
        bare = first[numbered.end() :] if numbered and _marker(following[0]) is None else first
        if _reads_as_heading(bare) and not following[0].startswith((" " * 3, "\t") if numbered else "\0"):
            return first, []
    return "", group


def is_list_line(line: str) -> bool:
    """Whether a line begins with a bullet or a number as list items do."""
    return _marker(line) is not None


def _next_line(lines: Sequence[str], start: int) -> int:
    while start < len(lines) and not lines[start].strip():
        start += 1
    return start


def _may_be_title(lines: Sequence[str], position: int) -> bool:
    line = lines[position].strip()
    alone = position + 1 >= len(lines) or not lines[position + 1].strip()
    below = "" if alone else lines[position + 1].strip()
    dated = _date_line(below) is not None or _UNDERLINE.fullmatch(below) is not None
    short = len(line) <= 150 and not line.endswith((".", ";", ",", ":")) and _marker(line) is None
    has_body = any(rest.strip() for rest in lines[position + 1 :])
    return (alone or dated) and short and (has_body or _reads_as_heading(line))


def _date_line(line: str) -> date | None:
    candidate = _DATE_LABEL.sub("", line.strip())
    for pattern in _DATE_FORMATS:
        try:
            return datetime.strptime(candidate, pattern).date()
        except ValueError:
            continue
    return None


def _groups(text: str) -> list[list[str]]:
    groups: list[list[str]] = [[]]
    for line in text.split("\n"):
        if line.strip():
            groups[-1].append(line.rstrip())
        elif groups[-1]:
            groups.append([])
    return groups if groups[-1] else groups[:-1]


def _reads_as_heading(line: str) -> bool:
    """A short line without a final mark, its first letter a capital; if long, title-cased or a question."""
    bare = line.strip()
    words = bare.split()
    if len(bare) > MAX_HEADING_CHARS or len(words) > MAX_HEADING_WORDS or _marker(line) is not None:
        return False
    if bare.endswith((".", ",", ";", ":", "!", "…")) or "http" in bare or "\t" in bare or " | " in bare:
        return False
    first = next((char for char in bare if char.isalnum()), "")
    if not first or first.islower() or not any(map(str.isalpha, bare)) or _date_line(bare) is not None:
        return False
    if bare.endswith("?") or len(words) <= 6:
        return True
    return _is_title(bare)


def _is_title(line: str) -> bool:
    """Whether every word that weighs begins with a capital, or there are hardly any words."""
    words = line.split()
    weighty = [word for word in words if word.lower().strip("'’\"“”(),") not in _SMALL_WORDS]
    capitals = all(not word.lstrip("'’\"“”(").islower() for word in weighty) and any(map(str.isupper, line))
    return capitals or len(words) <= 2


@dataclass(frozen=True, slots=True)
class _Marker:
    indent: int
    sign: str  # "-" for every bullet, else the number
    raw: str
    text: str


def _marker(line: str) -> _Marker | None:
    for pattern in (_BULLET, _NUMBER):
        found = pattern.match(line)
        if found is not None:
            raw = found.group(2)
            indent = len(found.group(1).expandtabs(4))
            return _Marker(indent, raw if raw.isdigit() else "-", raw, line[found.end() :])
    return None


@dataclass(slots=True)
class _OpenList:
    id: int
    indent: int
    ordered: bool
    parent: int
    last_item: int


@dataclass(slots=True)
class _Reader:
    pieces: list[Piece] = field(default_factory=list)
    lists: list[_OpenList] = field(default_factory=list)
    passages: int = 0
    list_count: int = 0
    marker_text: str = ""  # of the item being read, until it is written

    def group(self, lines: Sequence[str]) -> None:
        """One run of lines between blank lines: prose, a list, or prose that leads into a list."""
        markers = _list_markers(lines, continued=bool(self.lists))
        if markers[0] is None and self.lists and _indent(lines[0]) <= self.lists[-1].indent:
            self.lists.clear()
        pending: list[str] = []
        for line, marker in zip(lines, markers, strict=True):
            if marker is None and not self._outside(line, pending):
                pending.append(line)
                continue
            self._flush(pending)
            pending = [line]
            if marker is None:
                self.lists.clear()
            else:
                pending = [marker.text]
                self._open_item(marker)
        self._flush(pending)

    def _outside(self, line: str, pending: Sequence[str]) -> bool:
        """Whether an unmarked line after a list item starts a new paragraph instead of going on with it."""
        if not self._item_open or not pending:
            return False
        return not line.startswith((" ", "\t")) and not _is_wrapped([*pending, line], len(pending) - 1)

    @property
    def _item_open(self) -> bool:
        return bool(self.lists) and bool(self.marker_text)

    def _open_item(self, marker: _Marker) -> None:
        while self.lists and self.lists[-1].indent > marker.indent:
            self.lists.pop()
        ordered = marker.sign != "-"
        top = self.lists[-1] if self.lists else None
        if top is None or marker.indent > top.indent or top.ordered != ordered:
            parent = -1
            if top is not None and marker.indent > top.indent:
                parent = top.last_item
            elif top is not None:
                self.lists.pop()
            self.lists.append(_OpenList(self.list_count, marker.indent, ordered, parent, -1))
            self.list_count += 1
        self.marker_text = f"{marker.sign}. " if ordered else "- "

    def _flush(self, pending: Sequence[str]) -> None:
        if not pending:
            return
        text = _joined(pending)
        if not self.lists:
            self.pieces.append(Passage(BlockKind.PARAGRAPH, text))
        else:
            inside = self.lists[-1]
            kind = BlockKind.LIST_ITEM if self.marker_text else BlockKind.PARAGRAPH
            if self.marker_text:
                inside.last_item = self.passages
            depth = len(self.lists) - 1
            self.pieces.append(Passage(kind, text, self.marker_text, inside.id, depth, inside.parent))
            self.marker_text = ""
        self.passages += 1


def _indent(line: str) -> int:
    opened = line.expandtabs(4)
    return len(opened) - len(opened.lstrip())


def _list_markers(lines: Sequence[str], *, continued: bool) -> list[_Marker | None]:
    """The marker of each line, None where a look-alike is prose.

    A number opens a list inside prose only if it is 1 or a colon announces it (a wrapped line may begin with
    "5. "), and some signs only in company.
    """
    found = [_marker(line) for line in lines]
    counts: dict[str, int] = {}
    for one in found:
        if one is not None:
            counts[one.raw] = counts.get(one.raw, 0) + 1
    markers: list[_Marker | None] = []
    in_numbers = continued
    for position, one in enumerate(found):
        kept = one
        if one is not None and one.sign == "-":
            if one.raw in _NEEDS_COMPANY and counts[one.raw] < 2 and not continued:
                kept = None
        elif one is not None:
            opens = one.sign == "1" or position == 0 or lines[position - 1].endswith(":")
            kept = one if opens or in_numbers else None
            in_numbers = in_numbers or kept is not None
        markers.append(kept)
    return markers


def _joined(lines: Sequence[str]) -> str:
    """Lines as one text: a wrapped line goes on after a space, a line that was meant to end keeps its break."""
    parts = [lines[0].strip()]
    for position in range(1, len(lines)):
        parts.append(" " if _is_wrapped(lines, position - 1) else "\n")
        parts.append(lines[position].strip())
    return "".join(parts)


def _is_wrapped(lines: Sequence[str], position: int) -> bool:
    """Whether the line at `position` ended because the next word no longer fitted."""
    width = max(len(line) for line in lines)
    if not _WRAP_MIN_CHARS <= width <= _WRAP_MAX_CHARS:
        return False
    following = lines[position + 1].split()
    return len(lines[position]) + 1 + len(following[0]) > width
