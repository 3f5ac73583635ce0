"""Headings and passages -> the text of a `Document` and its structure, in one pass.

Text and spans are written together: no offset is ever looked for again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from medqa.corpus.pieces import Heading, Passage, Piece
from medqa.corpus.sentences import sentence_spans
from medqa.corpus.slugs import slug
from medqa.errors import ArticleFormatError
from medqa.types import Block, BlockKind, Section, SectionId, Span

INTRO_ID = "intro"
"""Id of the text that stands before the first heading."""

_INDENT = "  "
_FINAL = re.compile(r"[.!?…][)\]”\"'’]*$")
_INTRODUCES = re.compile(r"\b(following|below|such as|includ(?:e|es|ed|ing))\b", re.IGNORECASE)


@dataclass(slots=True)
class _OpenSection:
    heading: Heading | None
    path: tuple[str, ...]
    heading_span: Span | None
    blocks: list[Block] = field(default_factory=list)


def assemble(article_id: str, title: str, pieces: Sequence[Piece]) -> tuple[str, tuple[Section, ...]]:
    """The rendered text and its sections, in order and without overlap.

    A heading stands on its own line; blocks are parted by blank lines; the items of one list and the rows
    of one table follow each other line by line. Raises `ArticleFormatError` when nothing is left to read or
    when two headings were given the same id.
    """
    if not any(isinstance(piece, Passage) and piece.text.strip() for piece in pieces):
        raise ArticleFormatError("The article has no text besides its headings.")
    return _Assembler(article_id, title).run(pieces)


class _Assembler:
    def __init__(self, article_id: str, title: str) -> None:
        self._article_id = article_id
        self._title = _folded(title)
        self._parts: list[str] = []
        self._length = 0
        self._open: list[_OpenSection] = []
        self._trail: list[Heading] = []
        self._previous: Passage | None = None
        self._previous_text = ""
        self._lead_ins: dict[int, Span | None] = {}
        self._spans: list[Span] = []

    def run(self, pieces: Sequence[Piece]) -> tuple[str, tuple[Section, ...]]:
        for piece in pieces:
            if isinstance(piece, Heading):
                self._add_heading(piece)
            else:
                self._add_passage(piece)
        return "".join(self._parts), self._close()

    def _write(self, text: str) -> Span:
        start = self._length
        self._parts.append(text)
        self._length += len(text)
        return Span(start, self._length)

    def _add_heading(self, heading: Heading) -> None:
        self._previous = None
        if not heading.text:
            self._open.append(_OpenSection(heading, (), None))
            return
        if self._parts:
            self._write("\n\n")
        span = self._write(heading.text)
        while self._trail and self._trail[-1].level >= heading.level:
            self._trail.pop()
        self._trail.append(heading)
        path = tuple(above.text for above in self._trail if _folded(above.text) != self._title)
        self._open.append(_OpenSection(heading, path, span))

    def _add_passage(self, passage: Passage) -> None:
        text = _tidy(passage)
        if not text:
            self._spans.append(Span(self._length, self._length))
            return
        if not self._open:
            self._open.append(_OpenSection(None, (), None))
        blocks = self._open[-1].blocks
        if passage.list_id >= 0 and passage.list_id not in self._lead_ins:
            self._lead_ins[passage.list_id] = self._lead_in(passage, blocks)
        if self._parts:
            self._write("\n" if self._follows_closely(passage) else "\n\n")
        if passage.list_id >= 0:
            margin = _INDENT * passage.depth
            self._write(margin + (passage.marker or _INDENT))
        span = self._write(text)
        blocks.append(
            Block(
                kind=passage.kind,
                span=span,
                sentences=_sentences(passage.kind, text, span),
                lead_in=self._lead_ins.get(passage.list_id),
                list_id=passage.list_id,
                depth=passage.depth,
            )
        )
        self._spans.append(span)
        self._previous = passage
        self._previous_text = text

    def _follows_closely(self, passage: Passage) -> bool:
        before = self._previous
        if before is None:
            return False
        if passage.kind is BlockKind.TABLE_ROW:
            return before.kind is BlockKind.TABLE_ROW and passage.list_id == before.list_id
        if not passage.marker:
            return False
        same_list = passage.list_id == before.list_id
        nested = passage.depth > before.depth >= 0 and before.list_id >= 0
        back_out = before.depth > passage.depth and passage.list_id in self._lead_ins
        return same_list or nested or back_out

    def _lead_in(self, item: Passage, blocks: list[Block]) -> Span | None:
        if item.parent >= 0:
            return self._spans[item.parent] or None
        if not blocks or blocks[-1].kind not in (BlockKind.PARAGRAPH, BlockKind.QUOTE) or blocks[-1].list_id >= 0:
            return None
        last, start = blocks[-1].sentences[-1], blocks[-1].span.start
        sentence = self._previous_text[last.start - start : last.end - start]
        return last if _introduces(sentence) else None

    def _close(self) -> tuple[Section, ...]:
        ids = self._section_ids()
        sections: list[Section] = []
        end = 0
        for section_id, opened in zip(ids, self._open, strict=True):
            if opened.blocks:
                span = Span(opened.blocks[0].span.start, opened.blocks[-1].span.end)
            else:
                end = opened.heading_span.end if opened.heading_span else end
                span = Span(end, end)
            end = span.end
            heading = opened.heading
            sections.append(
                Section(
                    id=SectionId(section_id),
                    docid=(heading.docid if heading else "") or f"{self._article_id}#{section_id}",
                    heading=heading.text if heading else "",
                    heading_path=opened.path,
                    level=heading.level if heading else 1,
                    span=span,
                    heading_span=opened.heading_span,
                    blocks=tuple(opened.blocks),
                )
            )
        return tuple(sections)

    def _section_ids(self) -> list[str]:
        given = [opened.heading.id for opened in self._open if opened.heading and opened.heading.id]
        twice = sorted({one for one in given if given.count(one) > 1})
        if twice:
            raise ArticleFormatError(f"Two headings have the same id {twice[0]!r}: rename one of them.")
        taken = set(given)
        ids: list[str] = []
        for opened in self._open:
            heading = opened.heading
            if heading is not None and heading.id:
                ids.append(heading.id)
                continue
            base = INTRO_ID if heading is None or not heading.text else slug(heading.text) or "section"
            made, count = base, 1
            while made in taken:
                count += 1
                made = f"{base}-{count}"
            taken.add(made)
            ids.append(made)
        return ids


def _tidy(passage: Passage) -> str:
    if passage.kind is not BlockKind.CODE:
        return passage.text.strip()
    return passage.text.strip("\n") if passage.text.strip() else ""


def _sentences(kind: BlockKind, text: str, span: Span) -> tuple[Span, ...]:
    if kind is BlockKind.TABLE_ROW:
        return (span,)  # a cell without its row says nothing
    if kind is BlockKind.CODE:
        return _lines(text, span.start)
    return sentence_spans(text, span.start)


def _lines(text: str, offset: int) -> tuple[Span, ...]:
    spans: list[Span] = []
    for line in text.split("\n"):
        stripped = line.strip()
        if stripped:
            start = offset + len(line) - len(line.lstrip())
            spans.append(Span(start, start + len(stripped)))
        offset += len(line) + 1
    return tuple(spans)


def _introduces(sentence: str) -> bool:
    """Whether a list can follow: by its colon or question mark, an open end, or words such as "the following"."""
    if sentence.endswith((":", "?")) or _INTRODUCES.search(sentence) is not None:
        return True
    return not _FINAL.search(sentence) and len(sentence.split()) > 2  # "Key Points" introduces nothing


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
