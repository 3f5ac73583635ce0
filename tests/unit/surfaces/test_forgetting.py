"""Kept questions go in time, without anybody asking or looking."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from medqa.config import GapSettings
from medqa.errors import StateError
from medqa.state import STATE_FILE, GapStore
from medqa.surfaces.forgetting import forget_due, forgetting

KEEP = GapSettings(keep_questions=True, keep_days=30)
OFF = GapSettings(keep_questions=False, keep_days=30)


def kept(root: Path, *ages: int) -> GapStore:
    """A store with a question of each of these ages in days."""
    store = GapStore(root)
    store.note("t")  # makes the file
    with closing(sqlite3.connect(root / STATE_FILE)) as db, db:
        db.executemany(
            "INSERT INTO gap_questions (at, topic, near, text) VALUES (?, 't', '', ?)",
            [((datetime.now(UTC) - timedelta(days=age)).isoformat(timespec="seconds"), f"age {age}") for age in ages],
        )
    return store


def count(root: Path) -> int:
    with closing(sqlite3.connect(root / STATE_FILE)) as db:
        return int(db.execute("SELECT count(*) FROM gap_questions").fetchone()[0])


def test_what_is_past_its_time_goes_and_the_rest_stays(tmp_path: Path) -> None:
    store = kept(tmp_path, 0, 29, 31, 400)
    assert forget_due(store, KEEP) == 2
    assert {question.text for question in store.questions(keep_days=30)} == {"age 0", "age 29"}
    assert forget_due(store, KEEP) == 0


def test_switched_off_all_of_them_go_and_the_counts_stay(tmp_path: Path) -> None:
    store = kept(tmp_path, 0, 29)
    assert forget_due(store, OFF) == 2
    assert count(tmp_path) == 0
    assert store.topics()[0].n == 1


def test_where_nothing_was_kept_no_file_is_made(tmp_path: Path) -> None:
    assert forget_due(GapStore(tmp_path), KEEP) == forget_due(GapStore(tmp_path), OFF) == 0
    assert list(tmp_path.iterdir()) == []


def test_it_goes_on_by_itself_and_survives_a_file_that_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = kept(tmp_path, 31)
    real, calls = GapStore.forget, []

    def once_broken(self: GapStore, keep_days: int) -> int:
        calls.append(keep_days)
        if len(calls) == 1:
            raise StateError("broken")
        return real(self, keep_days)

    monkeypatch.setattr(GapStore, "forget", once_broken)
    with forgetting(store, KEEP, every_s=0.01):
        end = time.monotonic() + 10
        while count(tmp_path) and time.monotonic() < end:
            time.sleep(0.01)
    assert count(tmp_path) == 0
    assert set(calls) == {30}
