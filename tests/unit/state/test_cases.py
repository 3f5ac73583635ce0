"""Test cases made of feedback: in the format of the question sets, once each, and gone with the question."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from medqa.errors import StateError
from medqa.evaluation.questions import read_questions
from medqa.state import AuditTrail, CaseStore, Feedback, FeedbackReason, FeedbackStore

CITED = {
    "n": 1,
    "article_id": "gout",
    "section_id": "what",
    "title": "Gout",
    "quote": "It hurts.",
    "start": 0,
    "end": 9,
}


def left(root: Path, **values: Any) -> Feedback:
    answer = {"kind": "answered", "citations": [CITED]}
    feedback = Feedback(**{"helpful": True, "answer": answer, "question": "does gout hurt?", **values})
    FeedbackStore(root).add(feedback)
    return feedback


def test_none_were_made_and_asking_makes_no_file(tmp_path: Path) -> None:
    store = CaseStore(tmp_path)
    assert (store.list(), store.count(), store.has("x"), store.jsonl()) == ((), 0, False, "")
    assert list(tmp_path.iterdir()) == []


def test_the_lines_are_a_question_set(tmp_path: Path) -> None:
    store = CaseStore(tmp_path)
    good = left(tmp_path)
    bad = left(tmp_path, helpful=False, reason=FeedbackReason.UNSAFE, question="ünsafe\nquestion?")
    for feedback in (good, bad, good):
        store.make(feedback, by="sam")
    assert store.count() == 2
    path = tmp_path / "cases.jsonl"
    path.write_text(store.jsonl(), "utf-8")
    first, second = read_questions([path]).questions
    assert [gold.quote for gold in first.gold] == ["It hurts."]
    assert first.answerable
    assert not second.gold, "what a good answer would cite nobody has said yet"
    assert {"from-feedback", "unsafe"} <= set(second.tags)


def test_without_a_question_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="did not agree"):
        CaseStore(tmp_path).make(left(tmp_path, question=None), by="sam")


def test_it_goes_when_it_is_removed_and_when_the_question_is_forgotten(tmp_path: Path) -> None:
    store = CaseStore(tmp_path)
    one, two = left(tmp_path), left(tmp_path)
    for feedback in (one, two):
        store.make(feedback, by="sam")
    store.remove(one.id, by="ada")
    store.remove("nobody", by="ada")
    FeedbackStore(tmp_path).erase_question(two.id, by="ada")
    assert (store.count(), store.has(one.id), store.has(two.id)) == (0, False, False)
    acts = [(entry.actor, entry.action) for entry in AuditTrail(tmp_path).entries(one.id)]
    assert acts == [("ada", "test case removed"), ("sam", "test case made")]
