"""Absolute and marketing claims, with the sentence and its place."""

from __future__ import annotations

from collections.abc import Iterator

from medqa.audit.articles import Article
from medqa.audit.findings import Finding
from medqa.knowledge.claims import ClaimFlag, flag_claims


def check(article: Article) -> Iterator[Finding]:
    """Claims in headings, sentences, the title and the summary."""
    document = article.document
    for place, text in (("title", document.title), ("summary", document.summary)):
        for flag in _widest(text):
            yield article.find(f"claim-{flag.id}", f"The {place} says “{flag.matched}”: {text}")
    for section in document.sections:
        if section.heading_span is not None:
            for flag in _widest(section.heading):
                message = f"The heading says “{flag.matched}”."
                yield article.find(f"claim-{flag.id}", message, section=section, span=section.heading_span)
    for section, _, sentence in article.sentences():
        for flag in _widest(sentence.of(document.text)):
            yield article.find(f"claim-{flag.id}", f"It says “{flag.matched}”.", section=section, span=sentence)


def _widest(text: str) -> tuple[ClaimFlag, ...]:
    """The flags of `text`, without one whose wording is part of another's: one mistake, one finding."""
    flags = flag_claims(text)
    wordings = {flag.matched for flag in flags}
    return tuple(flag for flag in flags if not any(flag.matched in other for other in wordings - {flag.matched}))
