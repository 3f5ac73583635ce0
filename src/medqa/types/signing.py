"""A review that somebody signed at the desk, bound to the words that were reviewed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date

from medqa.types.articles import ArticleId, Document, Review


def text_sum(text: str) -> str:
    """SHA-256 of an article's text, in hex."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class SignedReview:
    """`text_sum` is that of the text that was reviewed; `by` is the account that signed, `reviewed_by` who reviewed."""

    article_id: ArticleId
    text_sum: str
    reviewed_by: str
    reviewed_on: date
    due_on: date
    by: str

    def fits(self, document: Document) -> bool:
        """Whether the article still has the words that were reviewed."""
        return text_sum(document.text) == self.text_sum

    def upon(self, document: Document) -> Document:
        """The article with this review, where it fits and the article itself names no later one."""
        own: Review = document.review
        if (own.reviewed_on is not None and own.reviewed_on > self.reviewed_on) or not self.fits(document):
            return document
        signed = replace(own, reviewed_on=self.reviewed_on, review_due_on=self.due_on, reviewed_by=self.reviewed_by)
        return replace(document, review=signed)
