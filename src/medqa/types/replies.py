"""What a person is told: answers with their citations, safety verdicts, and the reply that holds them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Literal

from medqa.errors import InvariantError
from medqa.types.approved import Approval
from medqa.types.articles import ArticleId, SectionId, Span
from medqa.types.passages import Hit


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
    with the threshold for abstaining; None where it has none. `approval` goes with the generator ``approved``.
    """

    sentences: tuple[CitedSentence, ...]
    generator: str = "extractive"
    evidence: float | None = None
    approval: Approval | None = None

    def __post_init__(self) -> None:
        if not self.sentences:
            raise InvariantError("an answer needs at least one sentence; abstain instead")
        if (self.generator == "approved") != (self.approval is not None):
            raise InvariantError("an approved answer says who approved it, and no other does")

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Distinct citations in order of first use; number n of a reply is index n-1 here."""
        return tuple(dict.fromkeys(c for s in self.sentences for c in s.citations))


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The evidence is too weak. `reason` is for the trace, not for the reader; `evidence` as of `Answer`."""

    reason: str
    evidence: float | None = None


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


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two sides that do not agree. `text` names both with their sources, in plain words, and who decides.

    `citations` are the sides that stand in articles: two, or one where the other side is the fact `fact_id` of the
    table of must-mention facts, which then stands among the reply's warnings.
    """

    text: str
    citations: tuple[Citation, ...]
    fact_id: str | None = None

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise InvariantError("a conflict without words")
        if len(set(self.citations)) != (2 if self.fact_id is None else 1):
            raise InvariantError("a conflict has two sides")

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered(ReplyBase):
    """`conflicts` are the places where what is quoted and another source do not agree.

    Of a message that asks several things, `answered_parts` and `partly` are those that were found and those that
    were not, in the person's words; both empty where it was read as one question.
    """

    answer: Answer
    conflicts: tuple[Conflict, ...] = ()
    answered_parts: tuple[str, ...] = ()
    partly: tuple[str, ...] = ()

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Those of the answer, then those that only a conflict shows; number n is index n-1 here."""
        shown = (citation for conflict in self.conflicts for citation in conflict.citations)
        return tuple(dict.fromkeys((*self.answer.citations, *shown)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Abstained(ReplyBase):
    """`nearest` names the topics that come closest: (article id, title, section heading)."""

    message: str
    nearest: tuple[tuple[ArticleId, str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirected(ReplyBase):
    """A safety card or a refusal; `safety.message` is what the person reads. Nothing is quoted."""


Reply = Answered | Abstained | Redirected
