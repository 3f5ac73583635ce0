"""Gaps: counted by topic, the question kept only where it is asked for, redacted, and not for ever."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medqa.state import STATE_FILE, Feedback, FeedbackStore, GapStore
from medqa.state.redaction import MAX_CHARS, redacted


def stored(root: Path) -> bytes:
    return b"".join(file.read_bytes() for file in (root / STATE_FILE).parent.glob("state.sqlite*"))


def set_back(root: Path, days: int) -> None:
    """As if everything in the file had happened so many days ago."""
    at = datetime.now(UTC) - timedelta(days=days)
    with closing(sqlite3.connect(root / STATE_FILE)) as db, db:
        db.execute("UPDATE gap_questions SET at = ?", (at.isoformat(timespec="seconds"),))
        db.execute("UPDATE gap_counts SET day = ?", (at.date().isoformat(),))


def test_topics_are_counted_over_time(tmp_path: Path) -> None:
    store = GapStore(tmp_path)
    assert store.topics() == ()
    for topic in ("Gout", "Gout", "Sciatica", ""):
        store.note(topic)
    set_back(tmp_path, 10)
    store.note("Sciatica")
    found = {topic.topic: topic for topic in store.topics()}
    assert (found["Gout"].n, found["Gout"].month, found["Gout"].week) == (2, 2, 0)
    assert (found["Sciatica"].n, found["Sciatica"].week, found["Sciatica"].days[-1]) == (2, 1, 1)
    assert found["Sciatica"].days[-11] == 1
    assert "nothing near" in found


def test_without_the_switch_no_word_of_the_question_is_kept(tmp_path: Path) -> None:
    store = GapStore(tmp_path)
    store.note("Gout", near="Gout, What is gout?")
    assert store.questions() == ()


def test_a_kept_question_is_redacted_and_forgotten_in_time(tmp_path: Path) -> None:
    store = GapStore(tmp_path)
    store.note("Gout", near="Gout", question="my name is Xanthippe, call 555 0123 456, does gout itch")
    (kept,) = store.questions()
    assert kept.text == "my name is [name], call [number], does gout itch"
    assert b"Xanthippe" not in stored(tmp_path)
    set_back(tmp_path, 91)
    assert store.questions(keep_days=90) == ()
    assert b"does gout itch" not in stored(tmp_path), "what is deleted leaves the file too"
    assert store.topics()[0].n == 1


def test_badly_rated_answers_are_counted_by_each_article_they_cite(tmp_path: Path) -> None:
    feedback, store = FeedbackStore(tmp_path), GapStore(tmp_path)
    assert store.rated() == ()
    cited = [{"article_id": t.lower(), "title": t} for t in ("Gout", "Gout", "Sciatica")]
    old = (datetime.now(UTC) - timedelta(days=10)).isoformat(timespec="milliseconds")
    feedback.add(Feedback(helpful=False, answer={"kind": "answered", "citations": cited}))
    feedback.add(Feedback(helpful=False, answer={"kind": "answered", "citations": cited[:1]}, at=old))
    feedback.add(Feedback(helpful=False, answer={"kind": "abstained", "citations": []}))
    feedback.add(Feedback(helpful=False, answer={"kind": "abstained"}))
    feedback.add(Feedback(helpful=True, answer={"kind": "answered", "citations": cited}))
    assert [(r.title, r.n, r.week, r.month) for r in store.rated()] == [
        ("(abstained)", 2, 2, 2),
        ("Gout", 2, 1, 2),
        ("Sciatica", 1, 1, 1),
    ]


def test_all_questions_can_be_forgotten_at_once(tmp_path: Path) -> None:
    store = GapStore(tmp_path)
    store.note("Gout", question="one")
    store.note("Gout", question="two")
    assert store.forget_questions() == 2
    assert store.questions() == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("write to anna.b@example.org please", "write to [mail] please"),
        ("see https://x.example/y?z=1 now", "see [link] now"),
        ("born 03/04/1962, in pain since 2 weeks", "born [date], in pain since 2 weeks"),
        ("op on March 3rd, 2025", "op on [date]"),
        ("nhs no 943 476 5919", "nhs no [number]"),
        ("Dr. Miller said 300 mg", "Dr. [name] said 300 mg"),
        ("i take 600 mg 3 times", "i take 600 mg 3 times"),
        ("at 12 Baker Street", "at [address]"),
        ("a\n b\tc", "a b c"),
        ("born 3 March 1980, and again in 1981", "born [date], and again in [year]"),
        ("since the 12th of May", "since the [date]"),
        ("may 10 mg or 2000 mg be too much in March", "may 10 mg or 2000 mg be too much in March"),
        ("anna at mail dot com, or @anna_k", "[mail], or [account]"),
        ("flat 3, 221b baker street, NW1 6XE", "flat 3, [address], [address]"),
        ("is B12 5MG a lot", "is B12 5MG a lot"),
        ("my name is anna maria lopez and i hurt", "my name is [name] and i hurt"),
        ("me llamo Ana García y tengo dolor", "me llamo [name] y tengo dolor"),
        ("mr smith says", "mr [name] says"),
        ("I'm Anna, my wife Susan too", "I'm [name], my wife [name] too"),
        ("I'm pregnant, my son has MS symptoms", "I'm pregnant, my son has MS symptoms"),
        ("Does Peter Miller need an MRI", "Does [name] need an MRI"),
        ("Can I take Ozempic with Baclofen", "Can I take Ozempic with Baclofen"),
    ],
)
def test_what_may_tell_who_asks_is_taken_out_and_doses_stay(text: str, expected: str) -> None:
    assert redacted(text) == expected


@given(st.text(max_size=2000))
def test_any_text_is_cut_and_on_one_line(text: str) -> None:
    found = redacted(text)
    assert len(found) <= MAX_CHARS
    assert "\n" not in found


@given(st.integers(450, 520), st.from_regex(r"[1-9][0-9]{7}", fullmatch=True))
def test_the_cut_leaves_no_half_of_a_number_or_an_address(length: int, number: str) -> None:
    before = ("ab " * 200)[: length - 1] + " "
    assert number[:4] not in redacted(before + number)
    assert "zq" not in redacted(f"{before}zq{number}@example.org")
