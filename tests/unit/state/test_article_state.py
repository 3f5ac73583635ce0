from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from medqa.errors import StateError
from medqa.state import STATE_FILE, ArticleState, HiddenBecause
from medqa.types import ArticleId, BuildId

A, B, C = ArticleId("a"), ArticleId("b"), ArticleId("c")
WITHDRAWN, DELETED = HiddenBecause.WITHDRAWN, HiddenBecause.DELETED


def test_no_file_is_an_empty_record_and_reading_makes_none(tmp_path: Path) -> None:
    state = ArticleState(tmp_path)
    assert state.hidden_articles() == frozenset()
    assert state.records() == ()
    assert state.clear([A]) == ()
    assert list(tmp_path.iterdir()) == []


def test_hiding_is_kept_with_its_cause(tmp_path: Path) -> None:
    state = ArticleState(tmp_path)
    assert state.hide([B, A], DELETED, reason="no longer in the corpus", build_id=BuildId("b1")) == (A, B)
    assert state.hidden_articles() == {A, B}
    again = ArticleState(tmp_path)
    assert again.hidden_articles() == {A, B}
    first = again.records()[0]
    assert (first.article_id, first.because, first.reason, first.build_id) == (
        A,
        DELETED,
        "no longer in the corpus",
        "b1",
    )
    assert first.since.endswith("+00:00")


def test_hiding_again_keeps_the_first_moment_a_new_cause_replaces_it(tmp_path: Path) -> None:
    state = ArticleState(tmp_path)
    state.hide([A], WITHDRAWN, build_id="b1")
    assert state.hide([A], WITHDRAWN, build_id="b2") == ()
    assert state.records()[0].build_id == "b1"
    assert state.hide([A], DELETED, build_id="b3") == (A,)
    assert (state.records()[0].because, state.records()[0].build_id) == (DELETED, "b3")


def test_an_article_that_comes_back_is_shown_again(tmp_path: Path) -> None:
    state = ArticleState(tmp_path)
    state.hide([A, B], DELETED)
    assert state.clear([B, C]) == (B,)
    assert state.hidden_articles() == {A}
    assert state.clear([B, C]) == ()


def test_another_process_is_heard_by_the_next_question(tmp_path: Path) -> None:
    server = ArticleState(tmp_path)
    assert server.hidden_articles() == frozenset()
    code = (
        "import sys; from pathlib import Path; from medqa.state import ArticleState, HiddenBecause; "
        "ArticleState(Path(sys.argv[1])).hide([sys.argv[2]], HiddenBecause.WITHDRAWN)"
    )
    for article in ("a", "b"):
        subprocess.run([sys.executable, "-c", code, str(tmp_path), article], check=True)
        assert article in server.hidden_articles()
    assert server.hidden_articles() is server.hidden_articles()


def test_many_threads_hide_and_read(tmp_path: Path) -> None:
    states = [ArticleState(tmp_path), ArticleState(tmp_path)]

    def work(n: int) -> bool:
        states[n % 2].hide([ArticleId(f"a{n}")], WITHDRAWN)
        return f"a{n}" in states[(n + 1) % 2].hidden_articles()

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(40)))


@pytest.mark.parametrize("content", [b"not a database at all, only text" * 40, b"SQLite format 3\0" + b"\xff" * 4000])
def test_an_unreadable_record_is_an_error_never_an_empty_one(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / STATE_FILE
    path.parent.mkdir()
    path.write_bytes(content)
    state = ArticleState(tmp_path)
    for _ in range(2):
        with pytest.raises(StateError):
            state.hidden_articles()
    with pytest.raises(StateError):
        state.hide([A], WITHDRAWN)
    assert path.read_bytes() == content


def test_a_failed_write_changes_nothing(tmp_path: Path) -> None:
    state = ArticleState(tmp_path)
    state.hide([A], WITHDRAWN)
    with pytest.raises(StateError):
        state.hide([B, C], WITHDRAWN, reason=None)  # type: ignore[arg-type]
    assert state.hidden_articles() == {A}


def test_what_the_desk_withdrew_no_build_shows_again(tmp_path: Path) -> None:
    state = ArticleState(tmp_path)
    with pytest.raises(StateError, match="for a reason"):
        state.withdraw(A, reason=" ", by="sam")
    state.withdraw(A, reason="wrong dose", by="sam")
    assert state.hidden_articles() == {A}
    assert state.clear([A]) == (), "clearing is for what a build hid"
    assert state.hidden_articles() == {A}
    assert [(held.article_id, held.reason, held.by) for held in state.held_back()] == [(A, "wrong dose", "sam")]
    state.restore(A, reason="mended", by="sam")
    assert state.hidden_articles() == set()
    with pytest.raises(StateError, match="not withdrawn"):
        state.restore(A, reason="", by="sam")


def test_an_article_withdrawn_twice_comes_back_only_when_both_say_so(tmp_path: Path) -> None:
    state = ArticleState(tmp_path)
    state.hide([A], HiddenBecause.WITHDRAWN)
    state.withdraw(A, reason="wrong dose", by="sam")
    state.restore(A, reason="mended", by="sam")
    assert state.hidden_articles() == {A}
    state.clear([A])
    assert state.hidden_articles() == set()
