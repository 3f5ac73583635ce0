"""A passage that somebody at the desk picked: a reference that travels in the page, and what it stands for now."""

from __future__ import annotations

from dataclasses import dataclass

from medqa.engine import Engine
from medqa.errors import ArticleNotFoundError
from medqa.knowledge.claims import flag_claims
from medqa.safety.review import ReviewState
from medqa.surfaces.markup import article_path, quote_sum, still_says
from medqa.types import Document, Span

MOST_QUOTES = 30


@dataclass(frozen=True, slots=True)
class Ref:
    """Where a passage stands, and the checksum of what it said when it was picked."""

    article_id: str
    start: int
    end: int
    checksum: str

    def __str__(self) -> str:
        return f"{self.article_id}|{self.start}|{self.end}|{self.checksum}"

    @property
    def path(self) -> str:
        """Address of the article at the passage."""
        place = f"start={self.start}&end={self.end}&sum={self.checksum}"
        return f"{article_path(self.article_id)}?{place}#quote"  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph of a passage, or one point of a list in it."""

    text: str
    item: bool


@dataclass(frozen=True, slots=True)
class Quote:
    """What a reference stands for: its `lines` as the article has them. `problem` says why it may not be sent: then
    there are none."""

    ref: Ref
    title: str = ""
    section: str = ""
    lines: tuple[Line, ...] = ()
    review: str = ""
    overdue: bool = False
    claims: tuple[str, ...] = ()
    problem: str = ""

    @property
    def text(self) -> str:
        return " ".join(line.text for line in self.lines)


def ref_of(article_id: str, span: Span, text: str) -> Ref:
    return Ref(article_id, span.start, span.end, quote_sum(text))


def ref_from(written: str) -> Ref | None:
    """A reference as a page sends it back; None for what is not one."""
    parts = written.rsplit("|", 3)
    if len(parts) != 4 or not all(n.isascii() and n.isdigit() and len(n) < 10 for n in parts[1:3]):
        return None
    ref = Ref(parts[0], int(parts[1]), int(parts[2]), parts[3])
    return ref if ref.article_id and ref.start < ref.end and ref.checksum else None


def without_parts(refs: tuple[Ref, ...]) -> tuple[Ref, ...]:
    """Without those that lie inside an earlier or larger one."""
    return tuple(
        ref
        for at, ref in enumerate(refs)
        if not any(
            other.article_id == ref.article_id
            and other.start <= ref.start
            and ref.end <= other.end
            and (place < at or (other.start, other.end) != (ref.start, ref.end))
            for place, other in enumerate(refs)
            if place != at
        )
    )


def refs_from(written: tuple[str, ...]) -> tuple[Ref, ...]:
    """Each once, in their order; what is none is left out."""
    found = (ref_from(one) for one in written[:MOST_QUOTES])
    return tuple(dict.fromkeys(ref for ref in found if ref is not None))


def quote_of(engine: Engine, ref: Ref) -> Quote:
    """The passage as the live index has it, letter by letter what was picked, or why it may not be sent.

    Raises the index's own errors.
    """
    try:
        document = engine.document(ref.article_id)
    except ArticleNotFoundError:
        return Quote(ref, title=ref.article_id, problem="The article is no longer in the library.")
    span = Span(ref.start, ref.end)
    if not still_says(document.text, span, ref.checksum):
        return Quote(ref, title=document.title, problem="The article has changed since this passage was picked.")
    if not engine.may_quote(document):
        return Quote(ref, title=document.title, problem="The review of this article has expired.")
    lines = lines_of(document, span)
    return Quote(
        ref,
        title=document.title,
        section=section_at(document, span),
        lines=lines,
        review=review_line(engine, document),
        overdue=engine.review_state(document) is ReviewState.OVERDUE,
        claims=tuple(flag.matched for line in lines for flag in flag_claims(line.text)),
    )


def lines_of(document: Document, span: Span) -> tuple[Line, ...]:
    """What the article says inside the span, block by block, white space made plain."""
    blocks = [
        (max(block.span.start, span.start), min(block.span.end, span.end), block.list_id >= 0)
        for section in document.sections
        for block in section.blocks
    ]
    return tuple(
        Line(" ".join(document.text[start:end].split()), item)
        for start, end, item in blocks
        if start < end and document.text[start:end].strip()
    )


def section_at(document: Document, span: Span) -> str:
    """The heading of the section that the span begins in; empty before the first one."""
    for section in document.sections:
        whole = section.heading_span.start if section.heading_span is not None else section.span.start
        if whole <= span.start < section.span.end:
            return section.heading
    return ""


def review_line(engine: Engine, document: Document) -> str:
    """How the review stands, as a letter says it."""
    review, state = document.review, engine.review_state(document)
    if review.reviewed_on is None:
        return "not clinically reviewed"
    said = f"reviewed {review.reviewed_on.isoformat()}"
    if state is ReviewState.EXPIRED:
        return f"{said}, review expired"
    if state is ReviewState.OVERDUE:
        return f"{said}, review overdue since {review.review_due_on:%Y-%m-%d}"
    return f"{said}, next review due {review.review_due_on:%Y-%m-%d}" if review.review_due_on else said
