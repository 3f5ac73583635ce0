"""The values that cross the borders between rooms. All are frozen.

Separate types instead of optional fields: a `Chunk` has no score, a `Hit` always has one; a `Reply` is one
of three kinds. All offsets count Unicode code points of ``Document.text``; spans are half-open.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Literal, NewType

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


# --- articles ------------------------------------------------------------------------------------------


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


# --- passages ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage of one section. Invariant: ``document.text[start:end] == text``.

    `headings` is the context that is embedded with the passage, outermost first: the article's title,
    then the section's heading path.
    """

    id: ChunkId
    document_id: ArticleId
    section_id: SectionId
    section_docid: str
    span: Span
    headings: tuple[str, ...]
    text: str

    @property
    def embedding_text(self) -> str:
        """What the embedder reads: one line of headings, then the passage."""
        return f"{' > '.join(self.headings)}\n{self.text}" if self.headings else self.text


@dataclass(frozen=True, slots=True)
class StageScore:
    """What one stage made of a passage. `rank` counts from 1; scores of stages are not comparable."""

    score: float
    rank: int


@dataclass(frozen=True, slots=True)
class HitScores:
    """The stages that ranked a passage; None where a stage is off or did not find it."""

    dense: StageScore | None = None
    lexical: StageScore | None = None
    fused: StageScore | None = None
    rerank: StageScore | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage as ranked by `scorer` (the last stage that ran). `rank` counts from 1."""

    chunk: Chunk
    title: str
    rank: int
    score: float
    scorer: str
    scores: HitScores


@dataclass(frozen=True, slots=True)
class InterpretedQuery:
    """A question as the retriever reads it.

    `original` is the stand-alone question; `text` is how it was read; `terms` are what articles call what it
    says in lay words; `notes` say what was read as what ("gabbentine read as gabapentin"); `medicines` and
    `conditions` are the subjects that were recognised (names as in the knowledge base).
    """

    original: str
    text: str
    notes: tuple[str, ...] = ()
    medicines: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()

    @property
    def searched(self) -> str:
        """What is searched for: the question as read, and the terms for its lay words."""
        return " ".join((self.text, *self.terms))


# --- answers -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a quote stands. Invariant: ``document.text[span] == quote``."""

    document_id: ArticleId
    title: str
    section_id: SectionId
    section: str
    span: Span
    quote: str
    url: str
    reviewed_on: date | None
    review_overdue: bool

    def __post_init__(self) -> None:
        if not self.quote.strip() or len(self.quote) != len(self.span):
            raise InvariantError(f"a citation of {self.document_id!r} does not match its span")


@dataclass(frozen=True, slots=True)
class CitedSentence:
    """A sentence of an answer with at least one citation. `context` is an editor's addition, never quoted.

    `list_item` says that it stood in a list, so that a surface may show it as one; `lead_in` marks the
    sentence that introduces the items after it.
    """

    text: str
    citations: tuple[Citation, ...]
    context: str | None = None
    list_item: bool = False
    lead_in: bool = False

    def __post_init__(self) -> None:
        if not self.citations:
            raise InvariantError("a sentence of an answer needs a citation")
        if not self.text.strip():
            raise InvariantError("a sentence of an answer is empty")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a generator composed. `generator` is ``extractive``, ``approved`` or a model's name.

    `evidence` is what the generator thinks of its evidence (greater is surer), the number that is compared
    with the threshold for abstaining; None where it has none.
    """

    sentences: tuple[CitedSentence, ...]
    generator: str = "extractive"
    evidence: float | None = None

    def __post_init__(self) -> None:
        if not self.sentences:
            raise InvariantError("an answer needs at least one sentence; abstain instead")

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Distinct citations in order of first use; number n of a reply is index n-1 here."""
        return tuple(dict.fromkeys(c for s in self.sentences for c in s.citations))


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The evidence is too weak. `reason` is for the trace, not for the reader; `evidence` as of `Answer`."""

    reason: str
    evidence: float | None = None


# --- safety --------------------------------------------------------------------------------------------


class SafetyLevel(StrEnum):
    """Most urgent first; `SafetyLevel.severity` orders them."""

    EMERGENCY = "emergency"
    CRISIS = "crisis"
    POISON = "poison"
    URGENT = "urgent"
    NONE = "none"

    @property
    def severity(self) -> int:
        """0 for none up to 4 for emergency."""
        return {"none": 0, "urgent": 1, "poison": 2, "crisis": 3, "emergency": 4}[self.value]


@dataclass(frozen=True, slots=True)
class SafetyVerdict:
    """What triage says of a message.

    `level` above NONE always redirects, and `message` is the card's text (Markdown, the action line
    first). At NONE, `rule_id` and `message` may still be set: a line to stand above the answer ("call 911
    if ..."), or the reply to an intent that gets no advice (`intent`, e.g. ``personal-dose``), with
    `redirect` true when nothing may be quoted beneath.
    """

    level: SafetyLevel
    rule_id: str | None = None
    message: str | None = None
    intent: str | None = None
    redirect: bool = False

    @property
    def redirects(self) -> bool:
        return self.redirect or self.level is not SafetyLevel.NONE


NO_SAFETY_CONCERN = SafetyVerdict(SafetyLevel.NONE)


@dataclass(frozen=True, slots=True)
class SafetyWarning:
    """A fact that must be mentioned, with the source it comes from."""

    id: str
    text: str
    source: str
    source_url: str


# --- conversation and replies --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation so far."""

    role: Literal["user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class IndexInfo:
    """Which build answered; empty when none was needed (a safety card)."""

    build_id: str = ""
    articles: int = 0
    chunks: int = 0


@dataclass(frozen=True, slots=True)
class Trace:
    """How a reply came about. `timings_ms` by stage, in milliseconds; `evidence` as of `Answer`."""

    timings_ms: dict[str, float] = field(default_factory=dict)
    hits: tuple[Hit, ...] = ()
    notes: tuple[str, ...] = ()
    evidence: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyBase:
    """What every reply carries, whatever its kind."""

    question: str
    interpreted_question: str
    safety: SafetyVerdict
    disclaimer: str
    warnings: tuple[SafetyWarning, ...] = ()
    suggestions: tuple[str, ...] = ()
    trace: Trace = field(default_factory=Trace)
    index: IndexInfo = field(default_factory=IndexInfo)

    def __post_init__(self) -> None:
        if not self.disclaimer.strip():
            raise InvariantError("a reply without a disclaimer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered(ReplyBase):
    answer: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Abstained(ReplyBase):
    """`nearest` names the topics that come closest: (article id, title, section heading)."""

    message: str
    nearest: tuple[tuple[ArticleId, str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirected(ReplyBase):
    """A safety card or a refusal; `safety.message` is what the person reads. Nothing is quoted."""


Reply = Answered | Abstained | Redirected
