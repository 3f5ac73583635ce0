"""A `Reply` as the fragments of a chat message, one for each step in which it appears."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from markupsafe import Markup

from medqa.errors import (
    BuildError,
    EmbeddingError,
    EmptyQuestionError,
    MedqaError,
    QuestionTooLongError,
    StateError,
)
from medqa.safety.policy import abstention_message, disclaimer, small_talk_message
from medqa.surfaces.markup import (
    article_path,
    card_html,
    citation_path,
    contacts,
)
from medqa.surfaces.markup import fragment as plain_fragment
from medqa.surfaces.texts import Language, load_texts
from medqa.types import Abstained, Answer, Answered, Citation, CitedSentence, Redirected, Reply, SafetyLevel

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
class PlaceView:
    """One section of an article, with every quote that the answer takes from it; `section` may be empty."""

    section: str
    citations: tuple[CitationView, ...]


@dataclass(frozen=True, slots=True)
class SourceView:
    """One article that the answer quotes. `path` opens it at the first of its quotes."""

    title: str
    review: str
    overdue: bool
    path: str
    places: tuple[PlaceView, ...]


@dataclass(frozen=True, slots=True)
class SentenceView:
    text: str
    context: str | None
    citations: tuple[CitationView, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Sentences that follow one another, as paragraphs or as one list. `about` heads it in a comparison, else empty."""

    is_list: bool
    sentences: tuple[SentenceView, ...]
    about: str = ""


@dataclass(frozen=True, slots=True)
class ConflictView:
    """Where two sources do not agree, in our words, with the citations of both sides."""

    text: str
    citations: tuple[CitationView, ...]


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
    language: Language


@dataclass(frozen=True, slots=True)
class Frame:
    """What a reply is shown in: the language of the interface, the region of the numbers, what to call the answer.

    `date` stands on the printed answer; `id` is the element's, empty where nothing refers to it.
    """

    language: Language = "en"
    region: str = "us"
    date: str = ""
    id: str = ""


PLAIN = Frame()


def fragment(template: str, language: Language = "en", **values: object) -> str:
    """A piece of the page in that language."""
    return plain_fragment(template, t=load_texts(language), lang=language, **values)


def reply_steps(reply: Reply, frame: Frame = PLAIN) -> Iterator[str]:
    """The message as it grows: an answer sentence by sentence, then whole; a card or an abstention at once."""
    match reply:
        case Redirected():
            yield _card(reply, frame)
        case Abstained():
            yield _abstained(reply, frame)
        case Answered():
            yield from _answer_steps(reply, frame)


def suggestions_of(reply: Reply, language: Language = "en") -> tuple[str, ...]:
    """What to offer as buttons: next questions; beneath a card that waits for help only that help has been reached."""
    if isinstance(reply, Redirected):
        message = reply.safety.message or ""
        got_help = load_texts(_spoken_by(message, language)).card.got_help
        return (got_help,) if reply.safety.level in LOUD or got_help in message else ()
    return reply.suggestions


def _answer_steps(reply: Answered, frame: Frame) -> Iterator[str]:
    views = {c: _citation_view(n, c, frame.language) for n, c in enumerate(reply.citations, start=1)}
    conflicts = tuple(ConflictView(c.text, tuple(views[side] for side in c.citations)) for c in reply.conflicts)
    sentences = reply.answer.sentences
    compared = _compares(reply)
    for count in range(1, len(sentences) + 1):
        yield fragment(
            "answer.html",
            frame.language,
            groups=_groups(sentences[:count], views, compared),
            complete=count == len(sentences),
            sources=_sources(views),
            conflicts=conflicts,
            made_by=_made_by(reply.answer, frame.language),
            **_around(reply, frame),
        )


def _made_by(answer: Answer, language: Language) -> str:
    """Who put the answer together, where that was not this program out of quotations."""
    words = load_texts(language).answer
    if answer.approval is not None:
        return words.approved.format(owner=answer.approval.owner, date=answer.approval.approved_on.isoformat())
    return "" if answer.generator == "extractive" else words.reworded


def _around(reply: Answered | Abstained, frame: Frame) -> dict[str, object]:
    """What stands around the words of an answer or an abstention."""
    return {
        "id": frame.id,
        "date": frame.date,
        "note": _note(reply, frame.language),
        "read_as": _read_as(reply),
        "warnings": reply.warnings,
        "suggestions": reply.suggestions,
        "disclaimer": reply.disclaimer if frame.language == "en" else disclaimer(frame.region, frame.language),
        "partly": getattr(reply, "partly", ()),
    }


def _compares(reply: Answered) -> bool:
    """Whether the question names two of the quoted articles or more."""
    question = f"{reply.question} {reply.interpreted_question}".casefold()
    return len({c.title for c in reply.answer.citations if c.title.casefold() in question}) > 1


def _groups(
    sentences: Sequence[CitedSentence], views: dict[Citation, CitationView], compared: bool = False
) -> tuple[Group, ...]:
    groups: list[Group] = []
    title = ""
    for sentence in sentences:
        view = SentenceView(sentence.text, sentence.context, tuple(views[c] for c in sentence.citations))
        of = sentence.citations[0].title if compared else ""
        if groups and groups[-1].is_list == sentence.list_item and of == title:
            groups[-1] = replace(groups[-1], sentences=(*groups[-1].sentences, view))
        else:
            groups.append(Group(sentence.list_item, (view,), of if of != title else ""))
        title = of
    return tuple(groups)


def _sources(views: dict[Citation, CitationView]) -> tuple[SourceView, ...]:
    """Articles, and in each its sections, in the order in which they are first quoted."""
    articles: dict[str, dict[str, list[CitationView]]] = {}
    for citation, view in views.items():
        articles.setdefault(citation.document_id, {}).setdefault(citation.section_id, []).append(view)
    return tuple(_source(tuple(map(tuple, sections.values()))) for sections in articles.values())


def _source(sections: tuple[tuple[CitationView, ...], ...]) -> SourceView:
    first = sections[0][0]
    places = tuple(PlaceView(quoted[0].section, quoted) for quoted in sections)
    return SourceView(first.title, first.review, first.overdue, first.path, places)


def _citation_view(n: int, citation: Citation, language: Language) -> CitationView:
    return CitationView(
        n=n,
        title=citation.title,
        section=citation.section,
        review=_review(citation.reviewed_on, citation.review_overdue, language),
        overdue=citation.review_overdue,
        quote=citation.quote,
        path=citation_path(citation, language),
    )


def _review(reviewed_on: date | None, overdue: bool, language: Language) -> str:
    words = load_texts(language).answer
    state = words.reviewed.format(date=reviewed_on.isoformat()) if reviewed_on else words.not_reviewed
    return f"{state}, {words.overdue}" if overdue else state


def _abstained(reply: Abstained, frame: Frame) -> str:
    message = reply.message
    for told in (abstention_message, small_talk_message):
        if message == told(frame.region):
            message = told(frame.region, frame.language)
    tail = "" if frame.language == "en" else f"?lang={frame.language}"
    return fragment(
        "abstained.html",
        frame.language,
        message=card_html(message),
        nearest=tuple(
            NearestView(title, section, article_path(article, tail)) for article, title, section in reply.nearest
        ),
        **_around(reply, frame),
    )


def _card(reply: Redirected, frame: Frame) -> str:
    level = reply.safety.level
    message = reply.safety.message or ""
    spoken = _spoken_by(message, frame.language)
    words = load_texts(spoken).card
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
        spoken,
        level=level.value,
        loud=level in LOUD,
        label=label,
        calls=calls,
        message=card_html(message),
    )


def _spoken_by(message: str, language: Language) -> Language:
    """The language of a card, which is that of the message it answers, whatever the interface speaks."""
    calls = {"en": bool(re.search(r"\b[Cc]all\b", message)), "es": bool(re.search(r"\b[Ll]lame\b", message))}
    if calls["en"] == calls["es"]:
        return language
    return "en" if calls["en"] else "es"


def _note(reply: Reply, language: Language) -> Note | None:
    message = reply.safety.message
    if not message:
        return None
    return Note(card_html(message), alarming=reply.safety.intent is None, language=_spoken_by(message, language))


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


def waiting(language: Language = "en") -> str:
    return fragment("waiting.html", language)


def folded(language: Language = "en") -> str:
    return fragment("folded.html", language)


def strip(region: str, *, loud: bool, language: Language = "en") -> str:
    """The emergency line that stands on the page at all times."""
    return fragment("strip.html", language, line=emergency_line(region, language), loud=loud)


def emergency_line(region: str, language: Language = "en") -> Markup:
    """The line of that region as HTML, numbers linked."""
    line = str(card_html(load_texts(language).emergency[region])).strip()
    return Markup(line.removeprefix("<p>").removesuffix("</p>"))  # noqa: S704


def failure(error: Exception, *, length: int, limit: int, frame: Frame = PLAIN) -> str:
    """What a person reads when there is no reply. Remedies for the operator go to the log, not here."""
    words = load_texts(frame.language).error
    emergency: Markup | None = emergency_line(frame.region, frame.language)
    match error:
        case EmptyQuestionError():
            message, emergency = words.empty, None
        case QuestionTooLongError():
            message = words.too_long.format(length=f"{length:,}", limit=f"{limit:,}")
        case BuildError() | EmbeddingError() | StateError():
            message = words.not_ready
        case MedqaError() | _:
            message = words.ours
    return fragment("notice.html", frame.language, message=message, emergency=emergency)
