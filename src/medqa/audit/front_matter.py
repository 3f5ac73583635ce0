"""The front matter: fields, sources, review, and facts that were never looked up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import PurePath

from medqa.audit.articles import KINDS, Article
from medqa.audit.findings import Finding
from medqa.audit.sections import subject_of
from medqa.knowledge.folding import fold
from medqa.knowledge.lexicon import Lexicon
from medqa.types import Section, Span

DANGER_SECTIONS = frozenset({"stopping", "overdose", "pregnancy-breastfeeding", "how-to-take"})
_CEILING = re.compile(
    r"\b(?:maximum|max|ceiling|most in|limit|no more than|not more than|daily dose|above)\b|\b\d[\d,.]* ?m?c?g\b"
)
_DANGER_WORDS = re.compile(
    r"\b(?:pregnan\w*|breast-?feed\w*|breast ?milk|newborns?|unborn|overdos\w*|too much of|withdrawal|taper\w*|"
    r"stop(?:s|ped|ping)? (?:\w+ ){0,4}(?:suddenly|abruptly|at once)|sudden\w* stop\w*)\b"
)
_UNKNOWN = re.compile(
    r"\b(?:not|un)(?: \w+){0,2} ?(?:known|studied|clear|certain|enough)\b|\b(?:too few|too little|limited|no data)\b"
)
"""That something is not known needs no source."""
_WORD = re.compile(r"[a-z0-9]+")
_PLAIN_WORD_LIST = """
    a an and are as at be been by can do does for from general has have in is it its may not no of on or seen only
    page pages source sources than that the their them these they this to was were when which with you your
"""
_PLAIN_WORDS = frozenset(_PLAIN_WORD_LIST.split())


def check(article: Article, expired_after_days: int) -> Iterator[Finding]:
    """Fields, sources, dates of the review, unverified facts."""
    yield from _fields(article)
    yield from _sources(article)
    yield from _review(article, expired_after_days)
    yield from _unverified(article)


def _fields(article: Article) -> Iterator[Finding]:
    document = article.document
    if not article.markup.holds_front_matter:
        yield article.find(
            "front-matter-none",
            "Nothing is known of its kind, summary, names or review: the file holds no front matter.",
        )
        return
    review = document.review
    filled = {
        "kind": bool(document.kind),
        "summary": bool(document.summary),
        "topics": bool(document.topics),
        "written_on": review.written_on is not None,
        "review_due_on": review.review_due_on is not None,
    }
    if article.kind in ("medicine", "condition"):
        filled[f"{article.kind}s"] = bool(document.medicines if article.kind == "medicine" else document.conditions)
    for name, there in filled.items():
        if not there:
            yield article.find("front-matter-missing", f"`{name}` is empty.")
    if document.kind and document.kind not in KINDS:
        kinds = ", ".join(KINDS)
        yield article.find("front-matter-malformed", f"`kind` is {document.kind!r}: it can be {kinds}.")
    sections = {section.id for section in document.sections}
    for section_id in dict.fromkeys(asked.section_id for asked in document.asked):
        if section_id not in sections:
            yield article.find("asked-unknown-section", f"`asked` names the section {section_id!r}.")
    path = PurePath(document.source_path)
    if path.suffix in (".md", ".markdown") and path.stem != document.id:
        yield article.find("front-matter-malformed", f"`id` is {document.id!r}, but the file is called {path.name!r}.")
    if article.kind == "medicine":
        lexicon = Lexicon.load()
        for name in document.medicines:
            if lexicon.generic_of(name) is None and not lexicon.classes_in(name):
                yield article.find("unknown-medicine", f"`medicines` names {name!r}.")


def _sources(article: Article) -> Iterator[Finding]:
    sources = article.document.sources
    least = article.book.limits.sources_min
    if not sources:
        yield article.find("sources-missing", "The article names no source.")
        return
    if len({source.url or source.name for source in sources}) < least:
        yield article.find("sources-few", f"{len(sources)} source; at least {least} are wanted.")
    for number, source in enumerate(sources, start=1):
        parts = {"url": bool(source.url), "seen_on": source.seen_on is not None, "fact": bool(source.fact)}
        missing = [f"`{name}`" for name, there in parts.items() if not there]
        if missing:
            message = f"Source {number}, “{source.name}”, has no {' and no '.join(missing)}."
            yield article.find("source-incomplete", message)
        if source.seen_on is not None and source.seen_on > article.today:
            yield article.find(
                "front-matter-malformed", f"Source {number} was seen on {source.seen_on}, which is yet to come."
            )


def _review(article: Article, expired_after_days: int) -> Iterator[Finding]:
    review, today = article.document.review, article.today
    if bool(review.reviewed_by) != (review.reviewed_on is not None):
        yield article.find(
            "front-matter-malformed", "A review needs both `reviewed_on` and `reviewed_by`; one of them is empty."
        )
    for name, day in (("written_on", review.written_on), ("reviewed_on", review.reviewed_on)):
        if day is not None and day > today:
            yield article.find("front-matter-malformed", f"`{name}` is {day}, which is yet to come.")
    due = review.review_due_on
    if due is None:
        return
    if review.written_on is not None and due < review.written_on:
        yield article.find("front-matter-malformed", f"The review was due on {due}, before the article was written.")
    if today > due + timedelta(days=expired_after_days):
        yield article.find("review-expired", f"The review was due on {due}, more than {expired_after_days} days ago.")
    elif today > due:
        yield article.find("review-overdue", f"The review was due on {due}.")


def _unverified(article: Article) -> Iterator[Finding]:
    """A fact that nobody looked up may stand in the text, but not where a wrong one can kill."""
    for fact in article.document.unverified:
        place = _where_said(article, fact)
        if place is not None:
            section, span = place
            yield article.find("unverified-danger", f"Nobody looked this up: {fact}", section=section, span=span)
        elif _is_dangerous(fact):
            yield article.find("unverified-listed", fact)


def _is_dangerous(fact: str) -> bool:
    folded = fold(fact)
    return bool(_DANGER_WORDS.search(folded) or _CEILING.search(folded))


def _where_said(article: Article, fact: str) -> tuple[Section, Span] | None:
    """The sentence of a dangerous section that says `fact`, by the words that they share."""
    least = article.book.limits.unverified_overlap
    document = article.document
    best: tuple[float, Section, Span] | None = None
    wanted = _content_words(fact)
    for section, _, sentence in article.sentences():
        subject = subject_of(section, article.kind)
        said = _content_words(sentence.of(document.text))
        if len(said) < 3 or not wanted or _UNKNOWN.search(fold(sentence.of(document.text))):
            continue
        dangerous = subject in DANGER_SECTIONS - {"how-to-take"} or (
            _is_dangerous(sentence.of(document.text)) and _is_dangerous(fact)
        )
        share = 100 * len(said & wanted) / min(len(said), len(wanted))
        if dangerous and share >= least and (best is None or share > best[0]):
            best = share, section, sentence
    return None if best is None else best[1:]


def _content_words(text: str) -> frozenset[str]:
    return frozenset(word[:6] for word in _WORD.findall(fold(text)) if word not in _PLAIN_WORDS and len(word) > 2)
