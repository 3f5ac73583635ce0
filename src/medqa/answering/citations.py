"""Quotes and where they stand. A citation is made from a span and checked again before a reply leaves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from medqa.errors import InvariantError
from medqa.ports import PassageIndex
from medqa.types import Answer, ArticleStatus, Citation, CitedSentence, Document, Section, Span


def cite(document: Document, section: Section, span: Span, *, overdue: bool) -> Citation:
    """The citation of ``document.text[span]``."""
    return Citation(
        document_id=document.id,
        title=document.title,
        section_id=section.id,
        section=section.heading,
        span=span,
        quote=span.of(document.text),
        url=document.url,
        reviewed_on=document.review.reviewed_on,
        review_overdue=overdue,
    )


def section_at(document: Document, span: Span) -> Section | None:
    """The section that `span` begins in, its heading included."""
    for section in document.sections:
        whole = section.heading_span.start if section.heading_span is not None else section.span.start
        if whole <= span.start < section.span.end:
            return section
    return None


def without_repeats(sentences: Sequence[CitedSentence]) -> list[CitedSentence]:
    """Every sentence once, in order: the same words from another article become a further citation.

    A sentence that a longer quote of the same article holds already is left out.
    """
    kept: dict[str, CitedSentence] = {}
    quoted = [citation for sentence in sentences for citation in sentence.citations]
    for sentence in sentences:
        own = sentence.citations[0]
        if any(
            other.document_id == own.document_id and other.span != own.span and other.span.covers(own.span)
            for other in quoted
        ):
            continue
        before = kept.get(sentence.text)
        if before is None:
            kept[sentence.text] = sentence
        else:
            merged = tuple(dict.fromkeys((*before.citations, *sentence.citations)))
            kept[sentence.text] = replace(before, citations=merged)
    return list(kept.values())


def check_citations(answer: Answer, index: PassageIndex, *, may_quote: Callable[[Document], bool]) -> None:
    """Every quote is looked up in the stored article once more.

    Raises `InvariantError` when a quote is not what the article says at that place, or when the article is
    withdrawn or expired: such an answer must not be shown.
    """
    for citation in answer.citations:
        document = index.document(citation.document_id)
        if citation.span.of(document.text) != citation.quote:
            raise InvariantError(f"the quote from {document.id!r} at {citation.span} is not what is stored there")
        if document.status is not ArticleStatus.PUBLISHED:
            raise InvariantError(f"article {document.id!r} is withdrawn and must not be quoted")
        if not may_quote(document):
            raise InvariantError(f"the review of article {document.id!r} has expired; it must not be quoted")
