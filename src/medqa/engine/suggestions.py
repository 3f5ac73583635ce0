"""Questions to offer: examples for the first screen, what to ask next, and the nearest topics."""

from __future__ import annotations

from collections.abc import Sequence

from medqa.knowledge.intents import intents_of
from medqa.ports import PassageIndex
from medqa.types import Answer, ArticleId, Document, Hit, Section

MAX_NEXT = 3
MAX_NEAREST = 3
MIN_NEAR_COSINE = 0.3
"""Of question and passage; below it a topic has nothing to do with what was asked."""


def example_questions(index: PassageIndex, n: int) -> tuple[str, ...]:
    """`n` headings that read as questions, each of another article, spread over the library.

    Articles without such a heading give "What is TITLE?".
    """
    ids = sorted(index.titles())
    if not ids or n <= 0:
        return ()
    step = max(1, len(ids) // n)
    picked = [*ids[::step], *ids][: max(n, 1) * 4]
    questions: dict[str, None] = {}
    for position, article_id in enumerate(dict.fromkeys(picked)):
        document = index.document(article_id)
        asked = [q for q in (_as_question(s, document) for s in document.sections) if q]
        questions[asked[(position * 3) % len(asked)] if asked else f"What is {document.title}?"] = None
        if len(questions) == n:
            break
    return tuple(questions)


def next_questions(
    answer: Answer, index: PassageIndex, *, asked: str, about: Sequence[str] = (), before: Sequence[str] = ()
) -> tuple[str, ...]:
    """Questions on what is being discussed that other sections answer.

    `about`: the names of its subjects; their own articles come first, then the first cited one. Never what was just
    answered: a section that was cited; one that answers the same intent (alcohol, stopping ...) only where there is no
    other; and nothing that the person has asked before (`before`).
    """
    wanted = set(intents_of(asked))
    cited = {(c.document_id, c.section_id) for c in answer.citations}
    said = {_plain(text) for text in (asked, *before)}
    found: dict[str, None] = {}
    alike: dict[str, None] = {}
    for article_id in _own_articles(index, about, answer.citations[0].document_id):
        document = index.document(article_id)
        ids = [section.id for section in document.sections]
        start = max((ids.index(s) + 1 for d, s in cited if d == article_id and s in ids), default=0)
        for section in (*document.sections[start:], *document.sections[:start]):
            question = _as_question(section, document)
            if not question or (article_id, section.id) in cited or _plain(question) in said:
                continue
            (alike if wanted.intersection(intents_of(section.heading)) else found)[question] = None
    return tuple(found or alike)[:MAX_NEXT]


def _own_articles(index: PassageIndex, about: Sequence[str], cited: ArticleId) -> list[ArticleId]:
    names = {name.casefold() for name in about}
    own = [article_id for article_id, title in index.titles().items() if title.casefold() in names]
    return list(dict.fromkeys((*own, cited)))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).strip(" ?!.")


def nearest_topics(
    hits: Sequence[Hit], index: PassageIndex, *, by_vector: bool = True
) -> tuple[tuple[ArticleId, str, str], ...]:
    """The articles of the first hits, each with the section that came closest.

    None where nothing is near: a question about football gets no back pain offered. `by_vector`: dense search took
    part, and a hit that it did not reach is not near.
    """
    nearest: dict[ArticleId, tuple[ArticleId, str, str]] = {}
    for hit in hits:
        near = hit.scores.dense.score if hit.scores.dense is not None else 0.0
        if by_vector and near < MIN_NEAR_COSINE:
            continue
        document = index.document(hit.chunk.document_id)
        nearest.setdefault(document.id, (document.id, document.title, document.section(hit.chunk.section_id).heading))
    return tuple(nearest.values())[:MAX_NEAREST]


def _as_question(section: Section, document: Document) -> str:
    """The heading where it is a question that names its subject, else empty."""
    heading = section.heading
    if not heading.endswith("?") or not section.blocks:
        return ""
    names = (document.title, *document.medicines, *document.conditions)
    return heading if any(name.casefold() in heading.casefold() for name in names if name) else ""
