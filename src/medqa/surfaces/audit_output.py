"""The audit of the articles: a table on a terminal, lines in a pipe, JSON, or an HTML report."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

from medqa.audit import Audit, Finding, Severity, audit_corpus, load_rules
from medqa.config import Settings
from medqa.surfaces.cli_files import print_json, writing
from medqa.surfaces.progress import stage_progress
from medqa.surfaces.terminal import for_terminal, print_plain, say

_MARKS = {Severity.ERROR: "ERROR  ", Severity.WARNING: "warning"}
_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow"}
MAX_SHOWN_CHARS = 200
"""A longer sentence is cut short on a terminal; JSON and the report have it whole."""


def audit_articles(settings: Settings, *, as_json: bool, report: Path | None) -> bool:
    """Audit the configured articles and show what was found. False when there is an error among it."""
    with stage_progress() as progress:
        audit = audit_corpus(
            settings.corpus_paths,
            max_file_bytes=int(settings.corpus.max_file_mb * 1_000_000),
            today=date.today(),
            expired_after_days=settings.safety.expired_after_days,
            progress=None if progress is None else lambda done, total: progress("auditing", done, total),
        )
    if report is not None:
        from medqa.surfaces.audit_report import report_page

        with writing(report) as file:
            file.write(report_page(audit, date.today()))
        say(f"The report is in {report}.")
    if as_json:
        print_json(audit_json(audit))
    elif sys.stdout.isatty():
        _print_table(audit)
    else:
        print_plain("\n".join(_lines(audit)))
    return audit.errors == 0


def audit_json(audit: Audit) -> dict[str, Any]:
    """The audit for other programs: counts, findings, articles in numbers, the rules."""
    return {
        "errors": audit.errors,
        "warnings": audit.warnings,
        "summary": {
            "files": audit.files,
            "articles": len(audit.articles),
            **_summary(audit),
        },
        "findings": [_finding_json(finding) for finding in audit.findings],
        "articles": [asdict(figures) for figures in audit.articles],
        "rules": [
            {**asdict(rule), "findings": sum(finding.rule_id == rule.id for finding in audit.findings)}
            for rule in load_rules().rules.values()
        ],
    }


def _finding_json(finding: Finding) -> dict[str, Any]:
    fields = asdict(finding)
    span = fields.pop("span")
    return {**fields, "start": span["start"] if span else None, "end": span["end"] if span else None}


def _summary(audit: Audit) -> dict[str, Any]:
    grades = [one.grade for one in audit.articles if one.grade is not None]
    worst = max((one for one in audit.articles if one.grade is not None), key=lambda one: one.grade or 0, default=None)
    sources = [one.sources for one in audit.articles]
    return {
        "words": sum(one.words for one in audit.articles),
        "median_grade": round(median(grades), 2) if grades else None,
        "worst_grade": round(worst.grade, 2) if worst and worst.grade is not None else None,
        "worst_article": worst.article_id if worst else None,
        "sources": sum(sources),
        "median_sources": median(sources) if sources else None,
        "facts": audit.facts,
        "medicines_with_facts": audit.medicines_with_facts,
    }


def closing_line(audit: Audit) -> str:
    """Counts, words, grades: what stands at the end of every form of the report."""
    summary = _summary(audit)
    grades = ""
    if summary["median_grade"] is not None:
        grades = f", reading grade {summary['median_grade']:.1f} (worst {summary['worst_grade']:.1f})"
    return (
        f"{_plural(len(audit.articles), 'article')}, {_plural(summary['words'], 'word')}{grades}: "
        f"{_plural(audit.errors, 'error')}, {_plural(audit.warnings, 'warning')}."
    )


def _lines(audit: Audit) -> Iterator[str]:
    for name, findings in audit.by_article():
        yield f"{name}  ({findings[0].path})"
        for finding in findings:
            yield f"{_MARKS[finding.severity]}  {_rule(finding, ' ')}{_place(finding)}: {finding.message}"
            if finding.sentence:
                yield f"         | {_short(finding.sentence)}"
        yield ""
    yield closing_line(audit)


def _print_table(audit: Audit) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False, markup=False, emoji=False)
    for name, findings in audit.by_article():
        table = Table(box=box.SIMPLE_HEAD, title=Text(for_terminal(f"{name}  ({findings[0].path})"), style="bold"))
        table.title_justify = "left"
        for heading, ratio in (("", None), ("rule", None), ("section", 1), ("what was found", 4)):
            table.add_column(heading, ratio=ratio, overflow="fold")
        for finding in findings:
            body = Text(for_terminal(finding.message))
            if finding.sentence:
                body.append(f"\n“{for_terminal(_short(finding.sentence))}”", style="italic dim")
            table.add_row(
                Text(finding.severity, style=_STYLES[finding.severity]),
                _rule(finding, "\n"),
                for_terminal(_place(finding).strip(" ,")),
                body,
            )
        console.print(table)
    console.print(closing_line(audit), style="bold")


def _rule(finding: Finding, separator: str) -> str:
    return f"{finding.rule_id}{separator}({finding.fact_id})" if finding.fact_id else finding.rule_id


def _place(finding: Finding) -> str:
    parts = [f", {finding.section_id}" if finding.section_id else "", f", line {finding.line}" if finding.line else ""]
    return "".join(parts)


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= MAX_SHOWN_CHARS else f"{flat[: MAX_SHOWN_CHARS - 1]}…"


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
