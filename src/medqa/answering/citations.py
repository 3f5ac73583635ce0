"""Quotes and where they stand. A citation is made from a span and checked again before a reply leaves."""

from __future__ import annotations

from collections.abc import Callable

from medqa.errors import InvariantError
from medqa.ports import PassageIndex
from medqa.types import Answer, ArticleStatus, Citation, Document, Section, Span


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
