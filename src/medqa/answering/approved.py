"""An approved answer, made into an answer of quotations that are true today."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from medqa.answering.citations import cite, section_at
from medqa.errors import ArticleNotFoundError, InvariantError
from medqa.ports import PassageIndex
from medqa.types import (
    Answer,
    ApprovedAnswer,
    ApprovedQuote,
    ArticleStatus,
    BlockKind,
    CitedSentence,
    Document,
    NoAnswer,
)

GENERATOR = "approved"


class Fault(StrEnum):
    """Why a quote of an approved answer may not be given."""

    GONE = "is no longer in the library"
    WITHDRAWN = "is withdrawn"
    EXPIRED = "has an expired review"
    CHANGED = "has changed there"


class Reviewing(Protocol):
    """What is asked of an article: whether it may be quoted, and whether its review is overdue."""

    @property
    def may_quote(self) -> Callable[[Document], bool]: ...

    @property
    def is_overdue(self) -> Callable[[Document], bool]: ...


@dataclass(frozen=True, slots=True)
class Standing:
    """`judge` judges an article by its review; `today` is compared with the answer's last day."""

    index: PassageIndex
    today: date
    judge: Reviewing

    def faults(self, approved: ApprovedAnswer) -> tuple[tuple[ApprovedQuote, Fault], ...]:
        """Every quote that may not be given, and why."""
        return tuple((quote, fault) for quote in approved.quotes if (fault := self._fault(quote)) is not None)

    def answer(self, approved: ApprovedAnswer) -> Answer | NoAnswer:
        """The answer with its citations as they are now: whole, or not at all."""
        if self.today > approved.approval.expires_on:
            return NoAnswer(f"approved answer {approved.approval.id} has expired")
        faults = self.faults(approved)
        if faults:
            quote, fault = faults[0]
            return NoAnswer(f"approved answer {approved.approval.id} is left out: {quote.article_id} {fault}")
        sentences = tuple(self._sentence(quote) for quote in approved.quotes)
        return Answer(sentences, GENERATOR, approval=approved.approval)

    def _fault(self, quote: ApprovedQuote) -> Fault | None:
        try:
            document = self.index.document(quote.article_id)
        except ArticleNotFoundError:
            return Fault.GONE
        if document.status is not ArticleStatus.PUBLISHED:
            return Fault.WITHDRAWN
        if quote.span.of(document.text) != quote.text or section_at(document, quote.span) is None:
            return Fault.CHANGED
        return None if self.judge.may_quote(document) else Fault.EXPIRED

    def _sentence(self, quote: ApprovedQuote) -> CitedSentence:
        document = self.index.document(quote.article_id)
        section = section_at(document, quote.span)
        if section is None:
            raise InvariantError(f"a quote of {document.id!r} stands in no section")
        citation = cite(document, section, quote.span, overdue=self.judge.is_overdue(document))
        in_list = any(b.kind is BlockKind.LIST_ITEM and b.span.covers(quote.span) for b in section.blocks)
        return CitedSentence(" ".join(quote.text.split()), (citation,), list_item=in_list)
