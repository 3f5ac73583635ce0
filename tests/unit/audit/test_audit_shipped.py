"""The audit of the library that ships: no errors."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from medqa.audit import Severity, audit_corpus

CORPUS = Path(__file__).parents[3] / "corpus"


def test_the_shipped_articles_have_no_error() -> None:
    """The day is that of the library, so that the test does not age with its review dates."""
    audit = audit_corpus([CORPUS], max_file_bytes=1 << 20, today=date(2026, 11, 23))
    errors = [
        f"{f.path}: {f.rule_id}: {f.message} | {f.sentence}" for f in audit.findings if f.severity is Severity.ERROR
    ]
    assert errors == []
    assert len(audit.articles) > 30
    assert all(one.grade is not None and one.grade <= 8 for one in audit.articles)
