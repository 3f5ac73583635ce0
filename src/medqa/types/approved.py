"""Answers that the staff approved in advance, for questions that come again and again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from medqa.errors import InvariantError
from medqa.types.articles import ArticleId, Span


@dataclass(frozen=True, slots=True)
class Approval:
    """Who stands for an approved answer, since when, and the last day on which it is given."""

    id: str
    owner: str
    approved_on: date
    expires_on: date


@dataclass(frozen=True, slots=True)
class ApprovedQuote:
    """What the article said at `span` when the answer was approved: it is given only while it still does."""

    article_id: ArticleId
    span: Span
    text: str

    def __post_init__(self) -> None:
        if not self.text.strip() or len(self.text) != len(self.span):
            raise InvariantError(f"an approved quote of {self.article_id!r} does not match its span")


@dataclass(frozen=True, slots=True)
class ApprovedAnswer:
    """`quotes` in the order in which they are given, for the `questions`: the main one first, then its variants.

    `expires_on` of its approval is the last day on which it is given.
    """

    approval: Approval
    questions: tuple[str, ...]
    quotes: tuple[ApprovedQuote, ...]

    def __post_init__(self) -> None:
        if not self.questions or not self.quotes:
            raise InvariantError("an approved answer needs a question and a quote")
