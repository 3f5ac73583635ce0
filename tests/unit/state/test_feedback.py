from __future__ import annotations

import csv
import io
import random
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medqa.errors import StateError
from medqa.state import (
    STATE_FILE,
    AuditTrail,
    Feedback,
    FeedbackFilter,
    FeedbackReason,
    FeedbackStatus,
    FeedbackStore,
)

QUESTION = "Is xylophonic pain normal after baclofen?"


def reply(
    article: str = "baclofen", build_id: str = "b1", text: str = "Baclofen may cause drowsiness."
) -> dict[str, Any]:
    """As the documented JSON has it, every place that repeats the question included."""
    return {
        "kind": "answered",
        "question": QUESTION,
        "interpreted_question": QUESTION.lower(),
        "answer": [{"text": text, "citations": [1], "context": None, "list_item": False}],
        "citations": [{"n": 1, "article_id": article, "title": article.title(), "start": 0, "end": len(text)}],
        "warnings": [],
        "safety": {"level": "none", "rule_id": None, "message": None},
        "disclaimer": "Not medical advice.",
        "suggestions": [f"more on {QUESTION}"],
        "generator": "extractive",
        "partly": {"missing": QUESTION},
        "trace": {"timings_ms": {}, "hits": [{"text": QUESTION}], "notes": [QUESTION]},
        "index": {"build_id": build_id, "articles": 6, "chunks": 60},
    }


def unhelpful(reason: FeedbackReason | None = None, **reply_values: str) -> Feedback:
    return Feedback(helpful=False, reason=reason, answer=reply(**reply_values))


def test_nothing_was_left_and_reading_makes_no_file(tmp_path: Path) -> None:
    store = FeedbackStore(tmp_path)
    assert store.list() == ()
    assert set(store.counts().values()) == {0}
    assert list(tmp_path.iterdir()) == []


def test_what_is_added_is_there_for_the_next_process(tmp_path: Path) -> None:
    given = unhelpful(FeedbackReason.OUTDATED)
    assert FeedbackStore(tmp_path).add(given) == given.id
    (kept,) = FeedbackStore(tmp_path).list()
    assert kept == given
    assert kept == FeedbackStore(tmp_path).get(given.id)
    assert (kept.build_id, kept.articles, kept.status) == ("b1", ("baclofen",), FeedbackStatus.NEW)
    assert kept.answer["answer"][0]["text"] == "Baclofen may cause drowsiness."
    assert kept.at.endswith("+00:00")


def test_without_consent_no_word_of_the_question_reaches_the_disk(tmp_path: Path) -> None:
    FeedbackStore(tmp_path).add(unhelpful())
    assert b"xylophonic" not in b"".join(p.read_bytes() for p in (tmp_path / "state").iterdir())


def test_with_consent_the_question_is_kept_until_it_is_erased(tmp_path: Path) -> None:
    store = FeedbackStore(tmp_path)
    asked = Feedback(helpful=False, answer=reply(), question=QUESTION)
    store.add(asked)
    kept = store.get(asked.id)
    assert (kept.question, kept.answer["interpreted_question"]) == (QUESTION, QUESTION.lower())
    assert kept.answer["partly"] == {"missing": QUESTION}
    erased = store.erase_question(asked.id, by="eva")
    assert erased.question is None
    assert erased.answer == unhelpful().answer
    assert AuditTrail(tmp_path).entries()[0].action == "feedback question erased"
    with closing(sqlite3.connect(tmp_path / STATE_FILE)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"xylophonic" not in (tmp_path / STATE_FILE).read_bytes().lower()


def test_a_second_click_adds_nothing(tmp_path: Path) -> None:
    store = FeedbackStore(tmp_path)
    given = unhelpful()
    assert store.add(given) == store.add(replace(given, reason=FeedbackReason.UNSAFE)) == given.id
    assert store.list() == (given,)


def test_what_cannot_be_kept_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="not helpful"):
        Feedback(helpful=True, reason=FeedbackReason.UNSAFE, answer=reply())
    with pytest.raises(StateError, match="no answer"):
        Feedback(helpful=True, answer={})
    with pytest.raises(StateError, match="the limit is"):
        FeedbackStore(tmp_path).add(unhelpful(text="long " * 50_000))
    assert FeedbackStore(tmp_path).list() == ()


def test_the_staff_sorts_it_and_the_trail_says_who(tmp_path: Path) -> None:
    store = FeedbackStore(tmp_path)
    one = store.add(unhelpful())
    store.add(unhelpful())
    changed = store.update(one, by="eva", status=FeedbackStatus.OPEN, assignee="tom", comment="ask Ms. Smith")
    assert (changed.status, changed.assignee, changed.comment) == (FeedbackStatus.OPEN, "tom", "ask Ms. Smith")
    assert store.update(one, by="eva", status=FeedbackStatus.DONE).assignee == "tom"
    assert store.counts() == {
        FeedbackStatus.NEW: 1,
        FeedbackStatus.OPEN: 0,
        FeedbackStatus.DONE: 1,
        FeedbackStatus.DISMISSED: 0,
    }
    newest, first = AuditTrail(tmp_path).entries(one)
    assert (newest.actor, newest.detail) == ("eva", {"status": "done"})
    assert first.detail == {"status": "open", "assignee": "tom", "comment": "changed"}
    with pytest.raises(StateError, match="no feedback"):
        store.update("none", by="eva", status=FeedbackStatus.DONE)
    with pytest.raises(StateError, match="no feedback"):
        store.get("none")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[FeedbackStore, list[Feedback]]:
    """A store of 40 items of all kinds, several of them of the same moment."""
    draw = random.Random(0)
    store = FeedbackStore(tmp_path_factory.mktemp("feedback"))
    items = []
    for _ in range(40):
        helpful = draw.random() < 0.5
        items.append(
            Feedback(
                helpful=helpful,
                reason=None if helpful else draw.choice([None, *FeedbackReason]),
                answer=reply(article=draw.choice(["baclofen", "gabapentin"])),
                status=draw.choice(list(FeedbackStatus)),
                assignee=draw.choice(["", "eva"]),
                at=f"2026-01-0{draw.randint(1, 9)}T00:00:00.000+00:00",
            )
        )
        store.add(items[-1])
    return store, items


_FILTERS = st.builds(
    FeedbackFilter,
    status=st.sampled_from([None, *FeedbackStatus]),
    helpful=st.sampled_from([None, True, False]),
    reason=st.sampled_from([None, *FeedbackReason]),
    assignee=st.sampled_from([None, "", "eva"]),
    article_id=st.sampled_from([None, "baclofen"]),
    since=st.sampled_from([None, "2026-01-03"]),
    until=st.sampled_from([None, "2026-01-07"]),
)


@settings(max_examples=60, deadline=None)
@given(_FILTERS, st.integers(1, 9))
def test_a_filter_lists_what_it_says_newest_first_in_pages(
    filled: tuple[FeedbackStore, list[Feedback]], wanted: FeedbackFilter, size: int
) -> None:
    store, items = filled
    expected = sorted(
        (
            item
            for item in items
            if wanted.status in (None, item.status)
            and wanted.helpful in (None, item.helpful)
            and wanted.reason in (None, item.reason)
            and wanted.assignee in (None, item.assignee)
            and (wanted.article_id is None or wanted.article_id in item.articles)
            and (wanted.since is None or item.at >= wanted.since)
            and (wanted.until is None or item.at < wanted.until)
        ),
        key=lambda item: (item.at, item.id),
        reverse=True,
    )
    assert list(store.list(wanted)) == expected
    assert sum(store.counts(wanted).values()) == len(expected)
    paged, page = [], store.list(wanted, limit=size)
    while page:
        paged += page
        page = store.list(wanted, limit=size, after=page[-1])
    assert paged == expected


def test_the_export_is_csv_that_a_spreadsheet_reads_as_text(tmp_path: Path) -> None:
    store = FeedbackStore(tmp_path)
    store.add(Feedback(helpful=False, answer=reply(text='He said "no",\nthen left.'), question="=1+1"))
    store.add(Feedback(helpful=True, answer={"kind": "abstained", "message": "Nothing found."}))
    out = io.StringIO()
    assert store.export_csv(out) == 2
    rows = {row["answer"]: row for row in csv.DictReader(io.StringIO(out.getvalue()))}
    assert rows['He said "no",\nthen left.']["question"] == "'=1+1"
    assert rows['He said "no",\nthen left.']["articles"] == "baclofen"
    assert rows["Nothing found."]["helpful"] == "True"
    only_helpful = io.StringIO()
    assert store.export_csv(only_helpful, FeedbackFilter(helpful=True)) == 1


def test_many_threads_add_and_none_is_lost(tmp_path: Path) -> None:
    stores = [FeedbackStore(tmp_path), FeedbackStore(tmp_path)]
    with ThreadPoolExecutor(4) as pool:
        ids = list(pool.map(lambda n: stores[n % 2].add(unhelpful()), range(40)))
    assert {item.id for item in stores[0].list(limit=100)} == set(ids)


def test_an_unreadable_file_is_an_error_never_an_empty_inbox(tmp_path: Path) -> None:
    path = tmp_path / STATE_FILE
    path.parent.mkdir()
    path.write_bytes(b"not a database at all, only text" * 40)
    store = FeedbackStore(tmp_path)
    for attempt in (store.list, store.counts, lambda: store.add(unhelpful())):
        with pytest.raises(StateError, match=r"cannot be (read|written).*backup"):
            attempt()
