from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from medqa.errors import StateError
from medqa.state import STATE_FILE, ArticleState, AuditTrail, HiddenBecause
from medqa.types import ArticleId

A = ArticleId("a")


def test_entries_come_newest_first_by_subject_and_page_by_page(tmp_path: Path) -> None:
    trail = AuditTrail(tmp_path)
    assert trail.entries() == ()
    for n in range(5):
        trail.add("eva", "article signed", f"article-{n % 2}", due="2027-01-01", n=n)
    newest, *rest = trail.entries()
    assert (newest.actor, newest.action, newest.subject) == ("eva", "article signed", "article-0")
    assert newest.detail == {"due": "2027-01-01", "n": 4}
    assert [entry.detail["n"] for entry in rest] == [3, 2, 1, 0]
    assert [entry.detail["n"] for entry in trail.entries("article-1")] == [3, 1]
    first_page = trail.entries(limit=2)
    assert [e.detail["n"] for e in trail.entries(limit=2, before=first_page[-1].id)] == [2, 1]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_trail SET actor = 'someone else'",
        "DELETE FROM audit_trail",
        "REPLACE INTO audit_trail (id, at, actor, action, subject, detail) VALUES (1, '', 'x', '', '', '{}')",
        "INSERT INTO audit_trail (id, at, actor, action, subject, detail) VALUES (1, '', 'x', '', '', '{}') "
        "ON CONFLICT (id) DO UPDATE SET actor = 'x'",
    ],
)
def test_no_statement_changes_or_removes_an_entry(tmp_path: Path, change: str) -> None:
    trail = AuditTrail(tmp_path)
    trail.add("eva", "article signed", "a")
    before = trail.entries()
    with (
        closing(sqlite3.connect(tmp_path / STATE_FILE)) as db,
        pytest.raises(sqlite3.IntegrityError, match="append-only"),
    ):
        db.execute(change)
    assert trail.entries() == before


def test_hiding_and_restoring_an_article_leave_their_entries(tmp_path: Path) -> None:
    state = ArticleState(tmp_path)
    state.hide([A], HiddenBecause.WITHDRAWN, reason="wrong dose", by="eva")
    state.hide([A], HiddenBecause.WITHDRAWN, reason="again", by="eva")
    state.clear([A], reason="corrected", by="tom")
    state.clear([A], by="tom")
    acts = [(e.actor, e.action, e.subject, e.detail["reason"]) for e in AuditTrail(tmp_path).entries()]
    assert acts == [
        ("tom", "article restored", "a", "corrected"),
        ("eva", "article withdrawn", "a", "wrong dose"),
    ]


def test_an_act_that_failed_is_not_in_the_trail(tmp_path: Path) -> None:
    state = ArticleState(tmp_path)
    with pytest.raises(StateError):
        state.hide([A], HiddenBecause.WITHDRAWN, reason=None)  # type: ignore[arg-type]
    assert AuditTrail(tmp_path).entries() == ()
