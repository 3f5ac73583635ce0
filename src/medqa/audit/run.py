"""All checks over a corpus."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from medqa.audit import claims, facts, front_matter, language, links, structure
from medqa.audit.articles import Article, make_article
from medqa.audit.findings import ArticleFigures, Audit, Finding, Severity
from medqa.audit.rules import RuleBook, load_rules
from medqa.corpus import CorpusReading, read_corpus
from medqa.corpus.markup import Markup, read_markup
from medqa.errors import ArticleFormatError
from medqa.knowledge.facts import all_facts
from medqa.knowledge.lexicon import Lexicon
from medqa.ports import Progress
from medqa.types import ArticleStatus, Document, ReadProblem

_DUPLICATE = re.compile(r"^The (?:section )?id .+ is already (?:that of|in) |^Two headings have the same id ")


def audit_corpus(
    paths: Sequence[Path],
    *,
    max_file_bytes: int,
    today: date,
    expired_after_days: int | None = None,
    progress: Progress | None = None,
) -> Audit:
    """Every finding about the articles under `paths`, sorted by file, errors first.

    `expired_after_days` counts from the day a review was due; None takes the figure of the rules. `progress` counts
    articles. Raises `CorpusError` for a path that does not exist. Withdrawn articles are only looked at for what they
    are to others.
    """
    book = load_rules()
    days = book.limits.expired_after_days if expired_after_days is None else expired_after_days
    reading = read_corpus(paths, max_file_bytes=max_file_bytes)
    library = links.Library.of(reading.documents)
    found = [_reading_finding(problem, book) for problem in reading.problems]
    figures: list[ArticleFigures] = []
    for done, document in enumerate(reading.documents, start=1):
        if document.status is not ArticleStatus.WITHDRAWN:
            article = make_article(document, _markup(document, max_file_bytes), book, today)
            found += _check(article, library, days)
            figures.append(_figures(article))
        if progress is not None:
            progress(done, len(reading.documents))
    found.sort(key=lambda one: (one.path, one.article_id or "", one.severity is not Severity.ERROR))
    return Audit(
        findings=tuple(found),
        articles=tuple(figures),
        files=len(reading.files),
        medicines_with_facts=_medicines_with_facts(reading),
        facts=len(all_facts()),
    )


def _check(article: Article, library: links.Library, expired_after_days: int) -> Iterator[Finding]:
    yield from front_matter.check(article, expired_after_days)
    yield from claims.check(article)
    yield from facts.check(article)
    yield from structure.check(article)
    yield from links.check(article, library)
    yield from language.check(article)


def _markup(document: Document, max_file_bytes: int) -> Markup:
    try:
        return read_markup(Path(document.source_path), max_file_bytes=max_file_bytes)
    except (ArticleFormatError, OSError):
        return Markup()  # the file changed since it was read a moment ago: the next audit tells


def _reading_finding(problem: ReadProblem, book: RuleBook) -> Finding:
    rule = book.rules["duplicate-id" if _DUPLICATE.search(problem.cause) else "unreadable"]
    return Finding(
        rule_id=rule.id,
        severity=rule.severity,
        group=rule.group,
        message=problem.cause,
        reason=rule.reason,
        action=rule.action,
        source=rule.source,
        source_url=rule.source_url,
        path=problem.path,
        line=problem.line,
    )


def _figures(article: Article) -> ArticleFigures:
    document, names = article.document, language.names_in(article)
    grades = [size.grade for _, size in language.section_sizes(article, names) if size.grade is not None]
    return ArticleFigures(
        article_id=document.id,
        title=document.title,
        kind=article.kind,
        path=document.source_path,
        words=structure.body_words(article),
        grade=language.size_of(article, names).grade,
        grade_with_names=language.size_of(article).grade,
        worst_grade=max(grades, default=None),
        sources=len(document.sources),
        facts=len(facts.facts_due(article)),
    )


def _medicines_with_facts(reading: CorpusReading) -> int:
    """Medicines with an article planned or present that a fact of their own or of their class bears on."""
    lexicon = Lexicon.load()
    ids = {document.id for document in reading.documents}
    planned = [m for m in lexicon.medicines.values() if m.article or m.name in ids]
    return sum(any(fact.concerns({m.name, *m.classes}) for fact in all_facts()) for m in planned)
