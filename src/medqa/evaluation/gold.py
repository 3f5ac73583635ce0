"""Gold quotes found in the stored text, and what they make relevant: articles, sections, passages.

A label is a quote and not a passage, so that it outlives any other cutting of the articles. Offsets that no
longer fit are found again by the quote; a quote that no longer stands is an error that names its question.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from medqa.errors import ArticleNotFoundError, InputFileError
from medqa.evaluation.questions import Gold, Question
from medqa.index.store import Place
from medqa.types import Document, Section, Span

MOST_SHOWN = 5


class Level(StrEnum):
    """What is ranked and judged."""

    ARTICLE = "article"
    SECTION = "section"
    PASSAGE = "passage"


Grades = Mapping[str, Mapping[str, int]]
"""By question id: the grade of each relevant unit. Every question has an entry, an empty one included."""


@dataclass(frozen=True, slots=True)
class BrokenLabel:
    """A label that no longer fits the indexed articles, and why."""

    question_id: str
    place: str
    cause: str

    def __str__(self) -> str:
        return f"{self.place}: question {self.question_id!r}: {self.cause}"


@dataclass(frozen=True, slots=True)
class Labels:
    """What is relevant at each level. `moved` counts quotes found at other offsets than the set says;
    `unknown` names section labels that the index does not hold (they count as never found).
    """

    grades: Mapping[Level, Grades]
    spans: Mapping[str, tuple[tuple[str, Span, int], ...]]
    broken: tuple[BrokenLabel, ...]
    moved: int
    unknown: tuple[str, ...]


class QuoteMissingError(InputFileError):
    """The quote does not stand in the article."""


def locate(gold: Gold, document: Document) -> Span:
    """Where the quote stands in the stored text.

    The given offsets where they still hold it; else its occurrence within the named section, else anywhere,
    the nearest to the given start. Raises `QuoteMissingError` when it stands nowhere.
    """
    text = document.text
    if gold.start is not None and text[gold.start : gold.start + len(gold.quote)] == gold.quote:
        return Span(gold.start, gold.start + len(gold.quote))
    found = list(_occurrences(gold.quote, text)) or list(_occurrences_by_words(gold.quote, text))
    if not found:
        raise QuoteMissingError(f"the quote {_short(gold.quote)} does not stand in article {document.id!r}")
    inside = [span for span in found if any(s.id == gold.section_id for s in sections_of(document, span))]
    near = gold.start or 0
    return min(inside or found, key=lambda span: abs(span.start - near))


def sections_of(document: Document, span: Span) -> list[Section]:
    """The sections that a span touches."""
    return [s for s in document.sections if s.span.start < span.end and span.start < s.span.end]


def resolve(questions: Sequence[Question], places: Sequence[Place], document_of: Callable[[str], Document]) -> Labels:
    """What each question makes relevant in the index whose passages stand at `places`.

    A passage is relevant when it overlaps a gold span or belongs to a relevant section, with the greatest of
    their grades; a section when it holds a gold span or is labelled; an article when one of its sections is.
    Questions with a broken label get none at all and are listed in `broken`.
    """
    by_article: dict[str, list[Place]] = defaultdict(list)
    by_section: dict[str, list[Place]] = defaultdict(list)
    for place in places:
        by_article[place.article_id].append(place)
        by_section[place.section_docid].append(place)
    grades: dict[Level, dict[str, dict[str, int]]] = {level: {} for level in Level}
    spans: dict[str, tuple[tuple[str, Span, int], ...]] = {}
    broken: list[BrokenLabel] = []
    unknown: list[str] = []
    moved = 0
    for question in questions:
        own = {level: dict[str, int]() for level in Level}
        found: list[tuple[str, Span, int]] = []
        try:
            for gold in question.gold:
                document = document_of(gold.article_id)
                span = locate(gold, document)
                moved += gold.start is not None and span.start != gold.start
                found.append((gold.article_id, span, gold.grade))
                _raise_to(own[Level.ARTICLE], gold.article_id, gold.grade)
                for section in sections_of(document, span):
                    _raise_to(own[Level.SECTION], section.docid, gold.grade)
                for place in by_article[gold.article_id]:
                    if place.span.start < span.end and span.start < place.span.end:
                        _raise_to(own[Level.PASSAGE], place.chunk_id, gold.grade)
        except (ArticleNotFoundError, QuoteMissingError) as error:
            broken.append(BrokenLabel(question.id, question.place, error.message.rstrip(".")))
            own = {level: dict[str, int]() for level in Level}
            found = []
        for docid, grade in question.relevant.items():
            _raise_to(own[Level.SECTION], docid, grade)
            if docid not in by_section:
                unknown.append(docid)
            for place in by_section.get(docid, ()):
                _raise_to(own[Level.ARTICLE], place.article_id, grade)
                _raise_to(own[Level.PASSAGE], place.chunk_id, grade)
        spans[question.id] = tuple(found)
        for level in Level:
            grades[level][question.id] = own[level]
    return Labels(grades, spans, tuple(broken), moved, tuple(dict.fromkeys(unknown)))


def refuse_broken(broken: Sequence[BrokenLabel]) -> None:
    """Raise `InputFileError` that names the questions whose labels no longer fit."""
    if not broken:
        return
    shown = "; ".join(map(str, broken[:MOST_SHOWN]))
    more = f"; and {len(broken) - MOST_SHOWN} more" if len(broken) > MOST_SHOWN else ""
    raise InputFileError(
        f"{len(broken)} questions have labels that no longer fit the indexed articles: {shown}{more}.",
        remedy="Correct the quotes, or leave these questions out with --skip-broken.",
    )


def _raise_to(grades: dict[str, int], unit: str, grade: int) -> None:
    grades[unit] = max(grade, grades.get(unit, 0))


def _occurrences(quote: str, text: str) -> Iterable[Span]:
    at = text.find(quote)
    while at >= 0:
        yield Span(at, at + len(quote))
        at = text.find(quote, at + 1)


def _occurrences_by_words(quote: str, text: str) -> Iterable[Span]:
    """Where the quote stands but for its white space."""
    words = quote.split()
    pattern = r"\s+".join(map(re.escape, words))
    return [Span(*match.span()) for match in re.finditer(pattern, text)] if words else []


def _short(quote: str) -> str:
    return repr(quote if len(quote) <= 80 else f"{quote[:77]}...")
