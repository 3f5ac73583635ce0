"""How the state file comes to its newest schema: in order, whole or not at all, also from the first files."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database, Migrations

from medqa.errors import StateError
from medqa.state import STATE_FILE, ArticleState, FeedbackStore, HiddenBecause, StateDatabase
from medqa.state.database import SCHEMA
from medqa.state.migrations import STEPS, bring_forward
from medqa.types import ArticleId

A = ArticleId("a")
FIRST_FILE = """
    CREATE TABLE hidden_articles (
      id TEXT PRIMARY KEY NOT NULL,
      because TEXT NOT NULL CHECK (because IN ('withdrawn', 'deleted')),
      reason TEXT NOT NULL,
      since TEXT NOT NULL,
      build_id TEXT NOT NULL
    ) STRICT;
    INSERT INTO hidden_articles VALUES ('a', 'withdrawn', 'wrong dose', '2026-01-01', 'b1');
    PRAGMA user_version = 1;
"""


def test_the_number_that_openings_compare_is_that_of_the_steps() -> None:
    assert len(STEPS.pending(Database(memory=True))) == SCHEMA


def test_a_file_of_the_first_version_keeps_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / STATE_FILE
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as db:
        db.executescript(FIRST_FILE)
    assert ArticleState(tmp_path).hidden_articles() == {A}
    assert FeedbackStore(tmp_path).list() == ()
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (SCHEMA,)
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_steps_run_once_and_in_order(tmp_path: Path) -> None:
    steps, ran = Migrations("x"), []

    @steps(name="1")
    def first(db: Database) -> None:
        ran.append(1)

    with closing(sqlite3.connect(tmp_path / "s", isolation_level=None)) as db:
        bring_forward(db, steps)

        @steps(name="2")
        def second(db: Database) -> None:
            ran.append(2)

        bring_forward(db, steps)
        bring_forward(db, steps)
        assert ran == [1, 2]
        assert db.execute("PRAGMA user_version").fetchone() == (2,)


def test_a_step_that_fails_is_undone_with_those_before_it(tmp_path: Path) -> None:
    steps = Migrations("x")

    @steps(name="1")
    def first(db: Database) -> None:
        db.execute("CREATE TABLE one (x TEXT)")

    @steps(name="2")
    def second(db: Database) -> None:
        db.execute("CREATE TABLE two (x TEXT)")
        db.execute("NONSENSE")

    with closing(sqlite3.connect(tmp_path / "s", isolation_level=None)) as db:
        with pytest.raises(sqlite3.Error):
            bring_forward(db, steps)
        assert db.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
        assert db.execute("PRAGMA user_version").fetchone() == (0,)


def test_a_file_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    ArticleState(tmp_path).hide([A], HiddenBecause.WITHDRAWN)
    with closing(sqlite3.connect(tmp_path / STATE_FILE)) as db:
        db.execute("PRAGMA user_version = 99")
    for read in (ArticleState(tmp_path).hidden_articles, FeedbackStore(tmp_path).list):
        with pytest.raises(StateError, match="schema 99"):
            read()


def test_processes_that_make_the_file_at_the_same_moment_all_succeed(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from medqa.state import ArticleState, HiddenBecause; sys.stdin.read(1); "
        "ArticleState(Path(sys.argv[1])).hide([sys.argv[2]], HiddenBecause.WITHDRAWN)"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path), f"a{n}"], stdin=subprocess.PIPE) for n in range(4)
    ]
    for process in started:
        assert process.stdin is not None
        process.stdin.close()
    assert [process.wait(timeout=60) for process in started] == [0, 0, 0, 0]
    assert ArticleState(tmp_path).hidden_articles() == {f"a{n}" for n in range(4)}


def test_a_current_file_is_opened_without_the_library(tmp_path: Path) -> None:
    StateDatabase(tmp_path).path.parent.mkdir()
    StateDatabase(tmp_path).connect().close()
    code = (
        "import sys; from pathlib import Path; from medqa.state import ArticleState; "
        "ArticleState(Path(sys.argv[1])).hidden_articles(); sys.exit('sqlite_utils' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
