"""Articles as a reader sees them: text, structure, sources and review; and the ids of everything."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import NewType

from medqa.errors import InvariantError

ArticleId = NewType("ArticleId", str)
SectionId = NewType("SectionId", str)
ChunkId = NewType("ChunkId", str)
BuildId = NewType("BuildId", str)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Half-open range of code points, ``0 <= start <= end``."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise InvariantError(f"not a span: {self.start}:{self.end}")

    def of(self, text: str) -> str:
        """The characters of `text` that this span covers."""
        return text[self.start : self.end]

    def covers(self, other: Span) -> bool:
        return self.start <= other.start and other.end <= self.end

    def __len__(self) -> int:
        return self.end - self.start


class BlockKind(StrEnum):
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"
    TABLE_ROW = "table_row"
    QUOTE = "quote"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, one list item, one table row.

    `span` covers what a reader sees, list marker excluded. `sentences` tile the block: each is a span of
    whole sentence text without surrounding white space, in order, inside `span`. `lead_in` is the span of
    the sentence that introduces the list (for items of a list that has one). `list_id` is equal for items
    of one list and differs between lists of a document; -1 outside lists. `depth` is the nesting of the
    list, from 0.
    """

    kind: BlockKind
    span: Span
    sentences: tuple[Span, ...]
    lead_in: Span | None = None
    list_id: int = -1
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Section:
    """The text under one heading, without the text of its sub-headings.

    `id` is unique within the article, `docid` across the corpus (the id that came with the article where
    it had one, else ``article#section``). `heading` is empty for text before the first heading.
    `heading_path` holds the headings above this one and itself, outermost first, without the article's
    title. `span` covers the body, from the first to the last character of its blocks; `heading_span` the
    heading's own line.
    """

    id: SectionId
    docid: str
    heading: str
    heading_path: tuple[str, ...]
    level: int
    span: Span
    heading_span: Span | None
    blocks: tuple[Block, ...]


class ArticleStatus(StrEnum):
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Source:
    """A public source of an article: what was looked at, when, and the fact taken from it."""

    name: str
    url: str
    seen_on: date | None = None
    fact: str = ""


@dataclass(frozen=True, slots=True)
class Review:
    """`reviewed_on` and `reviewed_by` stay empty until a clinician has signed."""

    written_on: date | None = None
    reviewed_on: date | None = None
    review_due_on: date | None = None
    reviewed_by: str = ""


@dataclass(frozen=True, slots=True)
class AskedAs:
    """How people ask, in their own words, for what a section answers: never shown, only searched."""

    section_id: SectionId
    question: str


@dataclass(frozen=True, slots=True)
class Document:
    """An article as a reader sees it: plain `text`, and its structure as spans of that text."""

    id: ArticleId
    title: str
    text: str
    sections: tuple[Section, ...]
    url: str = ""
    kind: str = ""
    summary: str = ""
    topics: tuple[str, ...] = ()
    medicines: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    asked: tuple[AskedAs, ...] = ()
    sources: tuple[Source, ...] = ()
    unverified: tuple[str, ...] = ()  # facts that the writer could not look up
    review: Review = field(default_factory=Review)
    status: ArticleStatus = ArticleStatus.PUBLISHED
    source_path: str = ""
    sha256: str = ""

    def section(self, section_id: SectionId) -> Section:
        """The section of that id. Raises `InvariantError` when this article has none."""
        for section in self.sections:
            if section.id == section_id:
                return section
        raise InvariantError(f"article {self.id!r} has no section {section_id!r}")


@dataclass(frozen=True, slots=True)
class ReadProblem:
    """One file (or one line of a JSONL file) that could not be read, and why."""

    path: str
    cause: str
    line: int | None = None

    def __str__(self) -> str:
        place = self.path if self.line is None else f"{self.path}:{self.line}"
        return f"{place}: {self.cause}"
