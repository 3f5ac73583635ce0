"""Articles put together by hand, span by span, without a reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from medqa.types import ArticleId, Block, BlockKind, Document, Section, SectionId, Span


@dataclass(frozen=True)
class Para:
    """A paragraph of these sentences."""

    sentences: Sequence[str]
    kind: BlockKind = BlockKind.PARAGRAPH


@dataclass(frozen=True)
class Bullets:
    """A list; each item is its sentences. The last sentence of the paragraph before is its lead-in."""

    items: Sequence[Sequence[str]]
    has_lead_in: bool = True


@dataclass(frozen=True)
class Part:
    """A section."""

    heading: str
    content: Sequence[Para | Bullets]
    path: Sequence[str] = field(default=())


def article(parts: Sequence[Part], *, title: str = "Baclofen", id: str = "baclofen") -> Document:
    """The article: headings on their own lines, items marked with ``- ``, blocks apart by an empty line."""
    text = ""
    sections: list[Section] = []
    lists = 0
    for number, part in enumerate(parts):
        heading_span = None
        if part.heading:
            heading_span = Span(len(text), len(text) + len(part.heading))
            text += part.heading + "\n\n"
        blocks: list[Block] = []
        for piece in part.content:
            groups = [piece.sentences] if isinstance(piece, Para) else piece.items
            lead_in = None
            if isinstance(piece, Bullets):
                lists += 1
                if piece.has_lead_in and blocks and blocks[-1].list_id < 0:
                    lead_in = blocks[-1].sentences[-1]
            for group in groups:
                text += "- " if isinstance(piece, Bullets) else ""
                spans = []
                for sentence in group:
                    spans.append(Span(len(text), len(text) + len(sentence)))
                    text += sentence + " "
                text = text[:-1] + "\n"
                blocks.append(
                    Block(
                        kind=piece.kind if isinstance(piece, Para) else BlockKind.LIST_ITEM,
                        span=Span(spans[0].start, spans[-1].end),
                        sentences=tuple(spans),
                        lead_in=lead_in,
                        list_id=lists if isinstance(piece, Bullets) else -1,
                    )
                )
            text += "\n"
        body = Span(blocks[0].span.start, blocks[-1].span.end) if blocks else Span(len(text), len(text))
        sections.append(
            Section(
                id=SectionId(f"s{number}"),
                docid=f"{id}#s{number}",
                heading=part.heading,
                heading_path=tuple(part.path) or ((part.heading,) if part.heading else ()),
                level=2,
                span=body,
                heading_span=heading_span,
                blocks=tuple(blocks),
            )
        )
    return Document(id=ArticleId(id), title=title, text=text, sections=tuple(sections))
