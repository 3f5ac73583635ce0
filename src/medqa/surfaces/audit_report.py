"""The audit as one HTML file that an editor can work from: no script, no link to anything of ours, ready to print."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from statistics import median

from markupsafe import Markup, escape

from medqa.audit import ArticleFigures, Audit, Finding, Rule, Severity, load_rules
from medqa.surfaces.markup import page
from medqa.types import ArticleId


@dataclass(frozen=True, slots=True)
class FindingView:
    """A finding as a card.

    `quote` is its sentence, the wording that gave it away marked; `message` is empty where that mark says it all.
    """

    finding: Finding
    rule: Rule
    is_error: bool
    quote: Markup
    message: Markup
    action: Markup


@dataclass(frozen=True, slots=True)
class ArticleView:
    """An article with its findings, errors first, the rest under `minor`."""

    anchor: str
    title: str
    path: str
    figures: ArticleFigures | None
    errors: tuple[FindingView, ...]
    minor: tuple[FindingView, ...]


@dataclass(frozen=True, slots=True)
class RuleView:
    rule: Rule
    count: int


def report_page(audit: Audit, today: date) -> str:
    """The whole report: counts, articles to mend, the articles in numbers, the rules with their reasons."""
    figures = {one.article_id: one for one in audit.articles}
    articles = tuple(
        _article_view(number, found, figures) for number, (_, found) in enumerate(audit.by_article(), start=1)
    )
    counts = Counter(finding.rule_id for finding in audit.findings)
    anchors = {view.figures.article_id: view.anchor for view in articles if view.figures}
    grades = [one.grade for one in audit.articles if one.grade is not None]
    return page(
        "audit.html",
        style=Markup(_style()),  # noqa: S704 - our own stylesheets
        today=today.isoformat(),
        audit=audit,
        articles=articles,
        anchors=anchors,
        clean=len(audit.articles) - sum(view.figures is not None for view in articles),
        words=sum(one.words for one in audit.articles),
        median_grade=median(grades) if grades else None,
        rules=tuple(
            RuleView(rule, counts[rule.id])
            for rule in sorted(load_rules().rules.values(), key=lambda rule: -counts[rule.id])
        ),
    )


def _article_view(number: int, found: tuple[Finding, ...], figures: dict[ArticleId, ArticleFigures]) -> ArticleView:
    first = found[0]
    views = [_finding_view(finding) for finding in found]
    return ArticleView(
        anchor=f"a{number}",
        title=first.title or first.path.rsplit("/", 1)[-1],
        path=first.path,
        figures=figures.get(first.article_id) if first.article_id else None,
        errors=tuple(view for view in views if view.is_error),
        minor=tuple(view for view in views if not view.is_error),
    )


def _finding_view(finding: Finding) -> FindingView:
    return FindingView(
        finding=finding,
        rule=load_rules().rules[finding.rule_id],
        is_error=finding.severity is Severity.ERROR,
        quote=_marked(finding),
        message=Markup("") if finding.sentence and finding.group == "claims" else _code(finding.message),
        action=_code(finding.action),
    )


def _code(text: str) -> Markup:
    """Escaped, names between backticks set as code."""
    return Markup(_BACKTICKS.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped before


_BACKTICKS = re.compile(r"`([^`]+)`")


def _marked(finding: Finding) -> Markup:
    """The sentence with the words that the message names in “...” marked, where they stand in it."""
    text = finding.sentence
    opening, closing = finding.message.find("“"), finding.message.find("”")
    named = finding.message[opening + 1 : closing] if 0 <= opening < closing else ""
    at = text.casefold().find(named.casefold()) if named else -1
    if at < 0 or len(text.casefold()) != len(text):
        return escape(text)
    end = at + len(named)
    return Markup("{}<mark>{}</mark>{}").format(text[:at], text[at:end], text[end:])


def _style() -> str:
    static = files("medqa.surfaces") / "static"
    return "\n".join((static / name).read_text(encoding="utf-8") for name in ("tokens.css", "audit.css"))
