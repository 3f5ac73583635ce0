"""What an answer may be made of: the sentences and list items of the passages that were found."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from medqa.ports import PassageIndex
from medqa.types import ArticleId, Block, BlockKind, Document, Hit, Section, SectionId, Span

MAX_ITEM_CHARS = 320
"""A longer list item is offered sentence by sentence."""

_WORD = re.compile(r"\w+")
_MIN_WORDS = 4


@dataclass(frozen=True, slots=True)
class Candidate:
    """One quotable span: a sentence, or a whole list item.

    `list_key` is equal for the items of one list. `passage_score` is the hit's score mapped to [0, 1]
    over the hits that were looked at; `order` is the position in the article.
    """

    document: Document
    section: Section
    block: Block
    span: Span
    passage_rank: int
    passage_score: float

    @property
    def text(self) -> str:
        return self.span.of(self.document.text)

    @property
    def is_item(self) -> bool:
        return self.block.kind is BlockKind.LIST_ITEM

    @property
    def opens_section(self) -> bool:
        """Whether it is the first thing said under its heading."""
        return bool(self.section.blocks) and self.span.start == self.section.blocks[0].span.start

    @property
    def list_key(self) -> tuple[ArticleId, int] | None:
        return (self.document.id, self.block.list_id) if self.is_item else None

    @property
    def place(self) -> tuple[ArticleId, SectionId]:
        return (self.document.id, self.section.id)

    @property
    def order(self) -> tuple[ArticleId, int]:
        return (self.document.id, self.span.start)


def candidates_of(
    hits: Sequence[Hit], index: PassageIndex, *, may_quote: Callable[[Document], bool]
) -> list[Candidate]:
    """Every quotable span of the passages, best passage first, each span once.

    Left out: fragments of fewer than four words outside lists, questions, sentences that only introduce a
    list (the list brings its own lead-in along), code.
    """
    best = max((hit.score for hit in hits), default=0.0)
    worst = min((hit.score for hit in hits), default=0.0)
    spread = (best - worst) or 1.0
    found: dict[tuple[ArticleId, Span], Candidate] = {}
    for hit in hits:
        document = index.document(hit.chunk.document_id)
        if not may_quote(document):
            continue
        section = document.section(hit.chunk.section_id)
        for block, span in _spans(section, hit.chunk.span, document.text):
            key = (document.id, span)
            if key not in found:
                found[key] = Candidate(document, section, block, span, hit.rank, (hit.score - worst) / spread)
    return list(found.values())


def _spans(section: Section, passage: Span, text: str) -> Iterator[tuple[Block, Span]]:
    for block in section.blocks:
        if block.span.end <= passage.start or block.span.start >= passage.end:
            continue
        if block.kind is BlockKind.CODE:
            continue
        if block.kind is BlockKind.LIST_ITEM and len(block.span) <= MAX_ITEM_CHARS and passage.covers(block.span):
            yield block, block.span
            continue
        for sentence in block.sentences:
            if passage.covers(sentence) and _quotable(sentence.of(text), block):
                yield block, sentence


def _quotable(sentence: str, block: Block) -> bool:
    if sentence.endswith((":", "?")):
        return False
    return block.kind is BlockKind.LIST_ITEM or len(_WORD.findall(sentence)) >= _MIN_WORDS


def list_of(candidate: Candidate) -> tuple[Block, ...]:
    """All items of the list that a candidate stands in, in order, nested ones included."""
    return tuple(b for b in candidate.section.blocks if b.list_id == candidate.block.list_id and b.list_id >= 0)
