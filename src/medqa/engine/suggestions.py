"""Questions to offer: examples for the first screen, what to ask next, and the nearest topics."""

from __future__ import annotations

from collections.abc import Sequence

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


def next_questions(answer: Answer, index: PassageIndex, *, asked: str) -> tuple[str, ...]:
    """Questions that other sections of the first cited article answer; never what was just answered."""
    first = answer.citations[0]
    document = index.document(first.document_id)
    cited = {(c.document_id, c.section_id) for c in answer.citations}
    position = next((i for i, s in enumerate(document.sections) if s.id == first.section_id), 0)
    around = [*document.sections[position + 1 :], *document.sections[:position]]
    found = []
    for section in around:
        question = _as_question(section, document)
        if question and (document.id, section.id) not in cited and question.casefold() != asked.casefold():
            found.append(question)
    return tuple(dict.fromkeys(found))[:MAX_NEXT]


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
