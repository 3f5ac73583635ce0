"""A passage that somebody at the desk picked: a reference that travels in the page, and what it stands for now."""

from __future__ import annotations

from dataclasses import dataclass

from medqa.answering.citations import cite, section_at
from medqa.engine import Engine
from medqa.errors import ArticleNotFoundError
from medqa.knowledge.claims import flag_claims
from medqa.safety.review import ReviewState
from medqa.surfaces.markup import passage_path, quote_sum, still_says, web_url
from medqa.types import Citation, Document, Span

PART = "x-part"
"""Header by which a page's script asks for a part of the page alone."""
MOST_QUOTES = 30
LEFT_OUT = "[…]"


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
        return passage_path(self.article_id, self.start, self.end, self.checksum)


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph of a passage, or one point of a list in it."""

    text: str
    item: bool


@dataclass(frozen=True, slots=True)
class Quote:
    """What a reference stands for: its `lines` as the article has them, and each sentence of them as cited.

    `claims` are the wordings for which a sentence is left out of the lines (an absolute claim is never sent). `web` is
    where the article lives on the web, empty where it has no address of its own. `problem` says why nothing may be
    sent: then there are neither lines nor citations.
    """

    ref: Ref
    title: str = ""
    section: str = ""
    citations: tuple[Citation, ...] = ()
    web: str = ""
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
    section = section_at(document, span)
    lines, sent, claims = lines_of(document, span)
    if section is None or not sent:
        made = f"makes an absolute claim (“{'”, “'.join(claims)}”)" if claims else "has no text of its own"
        return Quote(ref, title=document.title, claims=claims, problem=f"It {made}: it is never sent.")
    state = engine.review_state(document)
    return Quote(
        ref,
        title=document.title,
        section=section.heading,
        citations=tuple(cite(document, section, one, overdue=state is ReviewState.OVERDUE) for one in sent),
        web=web_url(document.url),
        lines=lines,
        review=review_line(engine, document),
        overdue=state is ReviewState.OVERDUE,
        claims=claims,
    )


def lines_of(document: Document, span: Span) -> tuple[tuple[Line, ...], tuple[Span, ...], tuple[str, ...]]:
    """What the article says inside the span, block by block, white space made plain; the sentences that are in it; and
    the wordings that gave others away: a sentence that makes an absolute claim gives way to `LEFT_OUT`.
    """
    lines: list[Line] = []
    sent: list[Span] = []
    claims: list[str] = []
    for block in (block for section in document.sections for block in section.blocks):
        said: list[str] = []
        for sentence in block.sentences:
            start, end = max(sentence.start, span.start), min(sentence.end, span.end)
            if start >= end or not document.text[start:end].strip():
                continue
            flags = flag_claims(sentence.of(document.text))
            claims += [flag.matched for flag in flags]
            if not flags:
                sent.append(Span(start, end))
                said.append(" ".join(document.text[start:end].split()))
            elif not said or said[-1] != LEFT_OUT:
                said.append(LEFT_OUT)
        if said:
            lines.append(Line(" ".join(said), block.list_id >= 0))
    return tuple(lines), tuple(sent), tuple(dict.fromkeys(claims))


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
