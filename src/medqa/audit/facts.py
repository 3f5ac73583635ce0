"""Facts that must be mentioned (the table of the safety gate): missing from an article, or contradicted by it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from medqa.audit.articles import Article
from medqa.audit.findings import Finding
from medqa.knowledge.contradictions import contradicts
from medqa.knowledge.facts import Fact, all_facts
from medqa.knowledge.folding import fold
from medqa.knowledge.intents import intents_of
from medqa.knowledge.lexicon import Lexicon
from medqa.types import Document

_SPACE = re.compile(r"\s+")


def check(article: Article) -> Iterator[Finding]:
    """Facts that bear on the article's medicines and that it never states, and sentences that deny one."""
    yield from _missing(article)
    yield from _contradicted(article)


def facts_due(article: Article) -> tuple[Fact, ...]:
    """The facts that the article has to mention.

    An article about a medicine: every fact about it or its classes. Another article with a medicine in its title:
    those of the questions that its title raises. A fact gives way to the ones that say the same more exactly, and
    one that is about a form or a sign (`about`) is due only where the article speaks of that.
    """
    lexicon = Lexicon.load()
    names = {name for medicine in article.medicines for name in (medicine, *lexicon.classes_of(medicine))}
    if article.kind == "medicine":
        names.update(article.classes)
    if not names:
        return ()
    raised = None if article.kind == "medicine" else {*intents_of(article.document.title), "any"}
    folded = fold(article.document.text)
    due = [
        fact
        for fact in all_facts()
        if fact.mentions
        and fact.concerns(names)
        and (raised is None or not fact.intents.isdisjoint(raised))
        and (not fact.about or any(pattern.search(folded) for pattern in fact.about))
    ]
    ids = {fact.id for fact in due}
    return tuple(fact for fact in due if not fact.yields_to & ids)


def _missing(article: Article) -> Iterator[Finding]:
    sections = section_texts(article.document)
    for fact in facts_due(article):
        if not any(fact.is_mentioned_in(text) for text in sections):
            yield article.find("fact-missing", f"It never says: {fact.text}", fact=fact)


def section_texts(document: Document) -> list[str]:
    """Each section on one line, its heading first, so that a pattern can reach over the items of a list."""
    return [_SPACE.sub(" ", f"{s.heading}: {s.span.of(document.text)}") for s in document.sections]


def _contradicted(article: Article) -> Iterator[Finding]:
    lexicon = Lexicon.load()
    facts = {fact.id: fact for fact in all_facts()}
    for section, _, sentence in article.sentences():
        text = sentence.of(article.document.text)
        named = [m.name for m in lexicon.mentions(text) if m.kind in ("medicine", "class")]
        subjects = dict.fromkeys(named or [*article.medicines, *article.classes])
        for found in contradicts(text, [(name, *lexicon.classes_of(name)) for name in subjects]):
            fact = facts[found.fact_id]
            yield article.find(
                "fact-contradicted",
                f"It says “{found.matched}”, but: {fact.text}",
                section=section,
                span=sentence,
                fact=fact,
            )
