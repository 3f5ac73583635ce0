"""Articles to passages: whole sentences and whole list items of one section, within the model's token limit.

A section is first taken apart into units (sentences, list items, table rows; one that is too long by itself
is cut at clauses, then words, then characters), then the units are packed by dynamic programming: as few
passages as fit, evenly filled, broken where a reader would break. Spans are kept from the start, never
searched for; `Chunk.text` is always a slice of `Document.text`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import inf

from medqa.errors import ConfigError, InvariantError
from medqa.ports import TokenCounter
from medqa.types import Block, BlockKind, Chunk, ChunkId, Document, Section, Span

ALGORITHM = "sections-1"  # raise it when the same article would be chunked otherwise
MIN_TOKENS = 32
# The headings may take at most this share of the limit: a passage is there for its body.
HEADINGS_SHARE = 0.5

# What a break before a unit costs, in passages: below 1 it is paid only to fill passages evenly, above it a
# further passage is rather made. A list that fits beside its lead-in is not parted from it, nor in itself.
BREAK_AT_BLOCK = 0.0
BREAK_AT_ITEM = 0.2
BREAK_AT_NESTED_ITEM = 0.4
BREAK_AT_SENTENCE = 0.3
BREAK_IN_ITEM = 0.6
BREAK_IN_SENTENCE = 0.9
BREAK_IN_LIST_THAT_FITS = 20.0
BREAK_AFTER_LEAD_IN = 100.0
UNEVENNESS = 1.0

_UNIT_OF_DOSE = (
    r"(?:m(?:g|cg|L|l|mol)|µg|μg|mcg|ng|g|kg|L|l|dL|dl|IU|units?|mEq|drops?|tablets?|capsules?|pills?|puffs?"
    r"|patch(?:es)?|times?|hours?|days?|weeks?|months?|percent|%)"
)
_SPACE_OUTSIDE_DOSE = rf"(?:(?<![\d½⅓¼¾])\s+|(?<=[\d½⅓¼¾])\s+(?!{_UNIT_OF_DOSE}(?![^\W\d_])|[\d½⅓¼¾]))"
CUTS = (
    r"(?<=[;])\s+",
    r"(?<=[:])\s+",
    r"(?<=[,])\s+",
    r"(?<=\s[-–—])\s+|(?<=[^\W\d]—)(?=[^\W\d])",
    _SPACE_OUTSIDE_DOSE,
    r"(?<=[^\w\s.,])(?=\S)",
    "",
)


@dataclass(frozen=True, slots=True)
class _Unit:
    """What is not cut further. `break_before` is the cost of a passage that begins here."""

    start: int
    end: int
    break_before: float


class Chunker:
    """Cuts articles for a model that counts with `counter` and reads `max_tokens`, headings included."""

    def __init__(self, counter: TokenCounter, max_tokens: int = 254) -> None:
        if max_tokens < MIN_TOKENS:
            raise ConfigError(f"Passages of {max_tokens} tokens are too short to read; [chunking] max_tokens >= 32.")
        self._counter = counter
        self._max_tokens = max_tokens
        self._headings = lru_cache(maxsize=1024)(self._fitted_headings)
        self._count_piece = lru_cache(maxsize=65536)(counter.count_tokens)

    @property
    def signature(self) -> str:
        """Changes whenever the same article could be chunked otherwise by the same tokenizer."""
        return f"{ALGORITHM}:{self._max_tokens}"

    def chunk(self, document: Document) -> tuple[Chunk, ...]:
        """The passages of `document`, in order, without overlap.

        Every character of its sections' blocks that is not white space is in exactly one of them.
        """
        return tuple(chunk for section in document.sections for chunk in self._section(document, section))

    def _section(self, document: Document, section: Section) -> Iterator[Chunk]:
        headings = self._headings((document.title, *section.heading_path))
        room = self._max_tokens - self._counter.count_tokens(_headings_line(headings))
        while True:
            spans = _Packing(document.text, section, room, self._counter, self._count_piece).spans()
            chunks = [self._made(document, section, headings, span) for span in spans]
            # The counts of parts add up for tokenizers that stop at white space, others may join over it.
            longest = max((self._counter.count_tokens(chunk.embedding_text) for chunk in chunks), default=0)
            if longest <= self._max_tokens:
                yield from chunks
                return
            room -= longest - self._max_tokens
            if room < 1:
                raise InvariantError(f"section {section.docid!r} cannot be cut into {self._max_tokens} tokens")

    def _made(self, document: Document, section: Section, headings: tuple[str, ...], span: Span) -> Chunk:
        text = span.of(document.text)
        if not text or text != text.strip():
            raise InvariantError(f"the passage {span.start}:{span.end} of {document.id!r} is not trimmed")
        return Chunk(
            id=ChunkId(f"{document.id}:{span.start}-{span.end}"),
            document_id=document.id,
            section_id=section.id,
            section_docid=section.docid,
            span=span,
            headings=headings,
            text=text,
        )

    def _fitted_headings(self, headings: tuple[str, ...]) -> tuple[str, ...]:
        """Title and path within their share: the outermost after the title go first, then the title's end."""
        limit = int(self._max_tokens * HEADINGS_SHARE)
        kept = [heading.strip() for heading in headings if heading.strip()]
        while len(kept) > 1 and self._counter.count_tokens(_headings_line(kept)) > limit:
            del kept[1]
        if kept and self._counter.count_tokens(_headings_line(kept)) > limit:
            kept = [self._first_tokens(kept[0], limit)]
        return tuple(heading for heading in kept if heading)

    def _first_tokens(self, text: str, limit: int) -> str:
        for count in range(limit, 0, -1):
            offsets = self._counter.token_offsets(text)
            cut = text[: offsets[count - 1][1]].rstrip() if count <= len(offsets) else text
            if self._counter.count_tokens(_headings_line([cut])) <= limit:
                return cut
        return ""


def _headings_line(headings: Sequence[str]) -> str:
    """As `Chunk.embedding_text` puts it before the passage."""
    return f"{' > '.join(headings)}\n" if headings else ""


class _Packing:
    """One section: its units, their token counts, and the cheapest way to pack them into `room` tokens."""

    def __init__(
        self, text: str, section: Section, room: int, counter: TokenCounter, count: Callable[[str], int]
    ) -> None:
        self._text = text
        self._room = room
        self._count = count
        # Counted once a section: the start of each token, so that any range is two look-ups.
        base = section.span.start
        self._token_starts = [base + start for start, _ in counter.token_offsets(section.span.of(text))]
        self._units = self._all_units(section)

    def spans(self) -> list[Span]:
        """Dynamic programming over the units: ``best[j]`` is the cheapest packing of the first j."""
        units = self._units
        first = [bisect_left(self._token_starts, unit.start) for unit in units]
        last = [bisect_left(self._token_starts, unit.end) for unit in units]
        best = [0.0] + [inf] * len(units)
        came_from = [0] * (len(units) + 1)
        for j in range(1, len(units) + 1):
            for i in range(j - 1, -1, -1):
                tokens = last[j - 1] - first[i]
                if tokens > self._room and i < j - 1:
                    break
                empty = max(0.0, 1 - tokens / self._room)
                cost = best[i] + 1 + UNEVENNESS * empty * empty + (units[i].break_before if i else 0.0)
                if cost < best[j]:
                    best[j], came_from[j] = cost, i
        found: list[Span] = []
        j = len(units)
        while j:
            i = came_from[j]
            found.append(Span(units[i].start, units[j - 1].end))
            j = i
        return found[::-1]

    def _all_units(self, section: Section) -> list[_Unit]:
        units: list[_Unit] = []
        reached = section.span.start
        fitting = self._lists_that_fit(section)
        before: Block | None = None
        for block in section.blocks:
            span = self._trimmed(max(block.span.start, reached), block.span.end)
            if span is None:
                continue
            cost = _cost_before(block, before, fitting) if before else BREAK_AT_BLOCK
            units += self._block_units(block, span, cost)
            reached, before = span.end, block
        return units

    def _lists_that_fit(self, section: Section) -> set[int]:
        """Lists that can stand in one passage with the sentence that introduces them."""
        extent: dict[int, tuple[int, int]] = {}
        open_lists: dict[int, int] = {}  # list by depth, from the outermost to the one being read
        for block in section.blocks:
            if block.list_id < 0 or block.kind is not BlockKind.LIST_ITEM:
                open_lists.clear()
                continue
            open_lists = {depth: key for depth, key in open_lists.items() if depth < block.depth}
            open_lists[block.depth] = block.list_id
            for key in open_lists.values():  # a nested item belongs to the lists around it too
                start = block.lead_in.start if block.lead_in is not None else block.span.start
                known = extent.get(key, (start, 0))
                extent[key] = (min(known[0], start), max(known[1], block.span.end))
        return {key for key, (start, end) in extent.items() if self._tokens(start, end) <= self._room}

    def _block_units(self, block: Block, span: Span, cost: float) -> Iterator[_Unit]:
        if block.kind not in (BlockKind.PARAGRAPH, BlockKind.QUOTE) and self._tokens(*_ends(span)) <= self._room:
            yield _Unit(span.start, span.end, cost)
            return
        inner = BREAK_AT_SENTENCE if block.kind in (BlockKind.PARAGRAPH, BlockKind.QUOTE) else BREAK_IN_ITEM
        starts = [s.start for s in block.sentences if span.start < s.start < span.end]
        for start, end in zip([span.start, *starts], [*starts, span.end], strict=True):
            sentence = self._trimmed(start, end)
            if sentence is None:
                continue
            for part in self._parts(sentence):
                yield (
                    replace(part, break_before=cost)
                    if part.start == span.start
                    else (replace(part, break_before=inner) if part.start == sentence.start else part)
                )

    def _parts(self, sentence: Span) -> Iterator[_Unit]:
        """The sentence whole, or cut where it must be."""
        tokens = self._tokens(*_ends(sentence))
        if tokens <= self._room:
            yield _Unit(sentence.start, sentence.end, BREAK_AT_SENTENCE)
            return
        start = sentence.start
        for piece in _cut(sentence.of(self._text), self._count, self._room):
            part = self._trimmed(start, start + len(piece))
            start += len(piece)
            if part is not None:
                yield _Unit(part.start, part.end, BREAK_IN_SENTENCE)
        if start != sentence.end:
            raise InvariantError(f"the pieces of the sentence {sentence.start}:{sentence.end} do not join to it")

    def _tokens(self, start: int, end: int) -> int:
        return bisect_left(self._token_starts, end) - bisect_left(self._token_starts, start)

    def _trimmed(self, start: int, end: int) -> Span | None:
        inside = self._text[start:end]
        left = len(inside) - len(inside.lstrip())
        return Span(start + left, start + len(inside.rstrip())) if inside.strip() else None


def _ends(span: Span) -> tuple[int, int]:
    return span.start, span.end


def _cost_before(block: Block, before: Block, fitting: set[int]) -> float:
    if block.kind is BlockKind.TABLE_ROW:
        return BREAK_AT_ITEM if before.kind is BlockKind.TABLE_ROW else BREAK_AT_BLOCK
    if block.list_id < 0:
        return BREAK_AT_BLOCK
    if block.lead_in is not None and before.span.covers(block.lead_in):
        return BREAK_AFTER_LEAD_IN
    if before.list_id < 0:
        return BREAK_AT_BLOCK
    around = before.list_id if block.depth > before.depth else block.list_id
    if around in fitting and (block.list_id == before.list_id or block.depth != before.depth):
        return BREAK_IN_LIST_THAT_FITS
    return BREAK_AT_NESTED_ITEM if block.depth > 0 else BREAK_AT_ITEM


def _cut(sentence: str, count: Callable[[str], int], room: int) -> list[str]:
    """Consecutive pieces of at most `room` tokens that join to `sentence`, of about equal length."""
    # imported here: a second of loading, for the rare sentence of a hundred words and more
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    total = count(sentence)
    even = -(-total // -(-total // room))
    splitter = RecursiveCharacterTextSplitter(
        separators=[*CUTS],
        is_separator_regex=True,
        keep_separator="end",
        strip_whitespace=False,
        chunk_size=min(room, even + even // 8),
        chunk_overlap=0,
        length_function=count,
    )
    pieces: list[str] = splitter.split_text(sentence)
    if "".join(pieces) != sentence:
        raise InvariantError(f"the pieces of {sentence[:40]!r} do not join to it")
    return pieces
