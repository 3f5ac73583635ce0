"""An article as a page to read: its structure from the spans of its text, with one passage marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from medqa.types import Block, Document, Section, Span

Pieces = tuple["Piece", ...]

_TOP_DEPTH = 2
_BOTTOM_DEPTH = 6


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text; `first` is true for the first marked run of the page."""

    text: str
    marked: bool
    first: bool = False


@dataclass(slots=True)
class ItemView:
    paragraphs: list[Pieces] = field(default_factory=list)
    lists: list[ListView] = field(default_factory=list)


@dataclass(slots=True)
class ListView:
    list_id: int
    ordered: bool
    start: int
    items: list[ItemView] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class GroupView:
    """A block outside lists, or one whole list."""

    kind: str
    pieces: Pieces = ()
    list: ListView | None = None


@dataclass(frozen=True, slots=True)
class SectionView:
    """`depth` is the heading's HTML level (2 to 6); `heading` is empty for text before the first heading."""

    anchor: str
    depth: int
    heading: Pieces
    groups: tuple[GroupView, ...]


class Marker:
    """Cuts spans of one text into runs inside and outside the marked span."""

    def __init__(self, text: str, mark: Span | None) -> None:
        self._text = text
        self._mark = mark
        self._begun = False

    def pieces(self, span: Span) -> Pieces:
        return tuple(self._pieces(span))

    def _pieces(self, span: Span) -> Iterator[Piece]:
        start, end = span.start, span.end
        if self._mark is not None:
            inner_start, inner_end = max(start, self._mark.start), min(end, self._mark.end)
            if inner_start < inner_end:
                if start < inner_start:
                    yield Piece(self._text[start:inner_start], marked=False)
                yield Piece(self._text[inner_start:inner_end], marked=True, first=not self._begun)
                self._begun = True
                start = inner_end
        if start < end:
            yield Piece(self._text[start:end], marked=False)


def section_views(document: Document, mark: Span | None) -> tuple[SectionView, ...]:
    """The article's sections in order, the text inside `mark` marked."""
    marker = Marker(document.text, mark)
    shallowest = min((s.level for s in document.sections if s.heading), default=_TOP_DEPTH)
    views = []
    for section in document.sections:
        heading = marker.pieces(section.heading_span) if section.heading_span is not None else ()
        depth = min(_TOP_DEPTH + section.level - shallowest, _BOTTOM_DEPTH) if section.heading else _TOP_DEPTH
        views.append(SectionView(section.id, depth, heading, tuple(_groups(document.text, section, marker))))
    return tuple(views)


def _groups(text: str, section: Section, marker: Marker) -> Iterator[GroupView]:
    run: list[Block] = []
    for block in section.blocks:
        if block.list_id >= 0:
            run.append(block)
            continue
        yield from _lists(text, run, marker)
        run = []
        yield GroupView(block.kind.value, marker.pieces(block.span))
    yield from _lists(text, run, marker)


def _lists(text: str, run: Sequence[Block], marker: Marker) -> Iterator[GroupView]:
    """Blocks of lists that follow one another, nested by depth."""
    top: list[ListView] = []
    trail: list[ListView] = []
    for block in run:
        label = _label(text, block)
        del trail[block.depth + 1 :]
        if trail and len(trail) > block.depth and trail[-1].list_id != block.list_id:
            trail.pop()
        if len(trail) <= block.depth or not trail:
            opened = ListView(block.list_id, label.rstrip(".)").isdigit(), _number(label))
            (trail[-1].items[-1].lists if trail else top).append(opened)
            trail.append(opened)
        items = trail[-1].items
        if not items or label:
            items.append(ItemView())
        items[-1].paragraphs.append(marker.pieces(block.span))
    return (GroupView("list", list=view) for view in top)


def _label(text: str, block: Block) -> str:
    """What stands before a list item on its line: ``-``, ``3.``; empty for its later paragraphs."""
    line_start = text.rfind("\n", 0, block.span.start) + 1
    return text[line_start : block.span.start].strip()


def _number(label: str) -> int:
    digits = label.rstrip(".)")
    return int(digits) if digits.isdigit() and len(digits) < 7 else 1
