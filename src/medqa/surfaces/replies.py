"""A `Reply` as the fragments of a chat message, one for each step in which it appears."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from medqa.errors import (
    BuildError,
    EmbeddingError,
    EmptyQuestionError,
    MedqaError,
    QuestionTooLongError,
    StateError,
)
from medqa.presentation import review_note
from medqa.surfaces.markup import (
    article_path,
    card_html,
    citation_path,
    contacts,
    fragment,
)
from medqa.surfaces.texts import load_texts
from medqa.types import Abstained, Answered, Citation, CitedSentence, Redirected, Reply, SafetyLevel

LOUD = frozenset({SafetyLevel.EMERGENCY, SafetyLevel.CRISIS, SafetyLevel.POISON})
"""Levels whose card interrupts: announced at once, with numbers to tap."""

MAX_CALLS = 3


@dataclass(frozen=True, slots=True)
class CitationView:
    """A numbered citation with its address; `n` counts from 1."""

    n: int
    title: str
    section: str
    review: str
    overdue: bool
    quote: str
    path: str


@dataclass(frozen=True, slots=True)
class SourceView:
    """One section of one article, with every quote that the answer takes from it."""

    title: str
    section: str
    review: str
    overdue: bool
    citations: tuple[CitationView, ...]


@dataclass(frozen=True, slots=True)
class SentenceView:
    text: str
    context: str | None
    citations: tuple[CitationView, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Sentences that follow one another, as paragraphs or as one list."""

    is_list: bool
    sentences: tuple[SentenceView, ...]


@dataclass(frozen=True, slots=True)
class NearestView:
    title: str
    section: str
    path: str


@dataclass(frozen=True, slots=True)
class Note:
    """What stands above an answer: an emergency's line, or (not alarming) what cannot be advised on."""

    html: Markup
    alarming: bool


def reply_steps(reply: Reply) -> Iterator[str]:
    """The message as it grows: an answer sentence by sentence, then whole; a card or an abstention at once."""
    match reply:
        case Redirected():
            yield _card(reply)
        case Abstained():
            yield _abstained(reply)
        case Answered():
            yield from _answer_steps(reply)


def suggestions_of(reply: Reply) -> tuple[str, ...]:
    """What to offer as buttons: next questions; beneath a loud card only that help has been reached."""
    if isinstance(reply, Redirected):
        return (load_texts().card.got_help,) if reply.safety.level in LOUD else ()
    return reply.suggestions


def _answer_steps(reply: Answered) -> Iterator[str]:
    views = {c: _citation_view(n, c) for n, c in enumerate(reply.answer.citations, start=1)}
    sentences = reply.answer.sentences
    for count in range(1, len(sentences) + 1):
        complete = count == len(sentences)
        yield fragment(
            "answer.html",
            note=_note(reply),
            read_as=_read_as(reply),
            groups=_groups(sentences[:count], views),
            complete=complete,
            sources=_sources(views),
            warnings=reply.warnings,
            suggestions=reply.suggestions,
        )


def _groups(sentences: Sequence[CitedSentence], views: dict[Citation, CitationView]) -> tuple[Group, ...]:
    groups: list[Group] = []
    for sentence in sentences:
        view = SentenceView(sentence.text, sentence.context, tuple(views[c] for c in sentence.citations))
        if groups and groups[-1].is_list == sentence.list_item:
            groups[-1] = Group(sentence.list_item, (*groups[-1].sentences, view))
        else:
            groups.append(Group(sentence.list_item, (view,)))
    return tuple(groups)


def _sources(views: dict[Citation, CitationView]) -> tuple[SourceView, ...]:
    """Sections in the order in which they are first quoted."""
    sections: dict[tuple[str, str], list[CitationView]] = {}
    for citation, view in views.items():
        sections.setdefault((citation.document_id, citation.section_id), []).append(view)
    return tuple(
        SourceView(quoted[0].title, quoted[0].section, quoted[0].review, quoted[0].overdue, tuple(quoted))
        for quoted in sections.values()
    )


def _citation_view(n: int, citation: Citation) -> CitationView:
    return CitationView(
        n=n,
        title=citation.title,
        section=citation.section,
        review=review_note(citation.reviewed_on, citation.review_overdue),
        overdue=citation.review_overdue,
        quote=citation.quote,
        path=citation_path(citation),
    )


def _abstained(reply: Abstained) -> str:
    return fragment(
        "abstained.html",
        note=_note(reply),
        read_as=_read_as(reply),
        message=card_html(reply.message),
        nearest=tuple(NearestView(title, section, article_path(a)) for a, title, section in reply.nearest),
        warnings=reply.warnings,
        suggestions=reply.suggestions,
    )


def _card(reply: Redirected) -> str:
    level = reply.safety.level
    message = reply.safety.message or ""
    words = load_texts().card
    label = {
        SafetyLevel.EMERGENCY: words.emergency,
        SafetyLevel.CRISIS: words.crisis,
        SafetyLevel.POISON: words.poison,
        SafetyLevel.URGENT: words.urgent,
        SafetyLevel.NONE: words.notice,
    }[level]
    calls = contacts(message)[:MAX_CALLS] if level in LOUD else ()
    return fragment(
        "card.html",
        level=level.value,
        loud=level in LOUD,
        label=label,
        calls=calls,
        message=card_html(message),
    )


def _note(reply: Reply) -> Note | None:
    message = reply.safety.message
    return Note(card_html(message), alarming=reply.safety.intent is None) if message else None


def _read_as(reply: Reply) -> str:
    """The interpreted question where it is another one than was typed."""
    read, typed = reply.interpreted_question, reply.question
    return "" if not read or _bare(read) == _bare(typed) else read


def _bare(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip("?.! ")


# --- everything else that is said ----------------------------------------------------------------------


def you(text: str) -> str:
    """The person's own message, shown to the letter."""
    return fragment("you.html", lines=text.splitlines() or [""])


def waiting() -> str:
    return fragment("waiting.html")


def folded() -> str:
    return fragment("folded.html")


def strip(region: str, *, loud: bool) -> str:
    """The emergency line that stands on the page at all times."""
    return fragment("strip.html", line=emergency_line(region), loud=loud)


def emergency_line(region: str) -> Markup:
    """The line of that region as HTML, numbers linked."""
    return Markup(str(card_html(load_texts().emergency[region])).strip().removeprefix("<p>").removesuffix("</p>"))  # noqa: S704


def failure(error: Exception, *, length: int, limit: int, region: str) -> str:
    """What a person reads when there is no reply. Remedies for the operator go to the log, not here."""
    words = load_texts().error
    emergency: Markup | None = emergency_line(region)
    match error:
        case EmptyQuestionError():
            message, emergency = words.empty, None
        case QuestionTooLongError():
            message = words.too_long.format(length=f"{length:,}", limit=f"{limit:,}")
        case BuildError() | EmbeddingError() | StateError():
            message = words.not_ready
        case MedqaError() | _:
            message = words.ours
    return fragment("notice.html", message=message, emergency=emergency)
