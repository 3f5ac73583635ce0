"""What an audit gives back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from medqa.types import ArticleId, SectionId, Span


class Severity(StrEnum):
    """An error fails the audit; a warning is for an editor to weigh."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend.

    `sentence` is what it is about, to the letter, and `span` its place in the article's text; both are empty where
    something is missing. `line` counts from 1 in the file and is set only where a reader of the format knows it.
    `fact_id` names the fact that is missing or denied.
    """

    rule_id: str
    severity: Severity
    group: str
    message: str
    reason: str
    action: str
    source: str
    source_url: str
    path: str
    article_id: ArticleId | None = None
    title: str = ""
    section_id: SectionId | None = None
    section: str = ""
    span: Span | None = None
    sentence: str = ""
    line: int | None = None
    fact_id: str = ""


@dataclass(frozen=True, slots=True)
class ArticleFigures:
    """An article in numbers. `words` are those of its body; `grade` and `worst_grade` are Flesch-Kincaid grades.

    Names of medicines count as two syllables in `grade`, as they are in `grade_with_names`. `worst_grade` is that of
    its hardest section that is long enough to be graded (None where there is none).
    """

    article_id: ArticleId
    title: str
    kind: str
    path: str
    words: int
    grade: float | None
    grade_with_names: float | None
    worst_grade: float | None
    sources: int
    facts: int


@dataclass(frozen=True, slots=True)
class Audit:
    """Every finding, by article, errors first; the articles in numbers; the size of the table of facts."""

    findings: tuple[Finding, ...]
    articles: tuple[ArticleFigures, ...]
    files: int
    medicines_with_facts: int
    facts: int

    @property
    def errors(self) -> int:
        return _errors(self.findings)

    @property
    def warnings(self) -> int:
        return len(self.findings) - self.errors

    def by_article(self) -> tuple[tuple[str, tuple[Finding, ...]], ...]:
        """Findings by article id (by file where it could not be read), those with most errors, then warnings, first."""
        groups: dict[str, list[Finding]] = {}
        for finding in self.findings:
            groups.setdefault(finding.article_id or finding.path, []).append(finding)
        ordered = sorted(groups.items(), key=lambda group: (-_errors(group[1]), -len(group[1])))
        return tuple((name, tuple(found)) for name, found in ordered)


def _errors(findings: Sequence[Finding]) -> int:
    return sum(finding.severity is Severity.ERROR for finding in findings)
