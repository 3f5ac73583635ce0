"""Drafted sets: readable by the bench, true to the articles, the same for the same seed."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medqa.errors import CorpusError
from medqa.evaluation.drafting import STYLES, asked, draft_questions, misspell, paraphrase
from medqa.evaluation.gold import resolve
from medqa.evaluation.questions import read_questions
from tests.builders import Para, Part, article
from tests.library import LIBRARY


def test_a_draft_is_a_question_set_whose_quotes_stand(tmp_path: Path) -> None:
    path = tmp_path / "draft.jsonl"
    path.write_text("\n".join(map(json.dumps, draft_questions(LIBRARY, most=20))), encoding="utf-8")
    questions = read_questions([path]).questions
    labels = resolve(questions, [], {d.id: d for d in LIBRARY}.__getitem__)
    assert (labels.broken, labels.moved) == ((), 0)
    assert {tag for q in questions for tag in q.tags} == {*STYLES, "off-topic"}
    assert sum(not q.answerable for q in questions) == 2
    assert {g.article_id for q in questions for g in q.gold} == {"relaxol", "stiff-back"}


def test_the_same_seed_drafts_the_same() -> None:
    assert draft_questions(LIBRARY, most=9, seed=3) == draft_questions(LIBRARY, most=9, seed=3)
    assert draft_questions(LIBRARY, most=9, seed=3) != draft_questions(LIBRARY, most=9, seed=4)


@given(st.integers(2, 30), st.integers(0, 50))
def test_never_more_than_asked_for_and_every_offset_holds(most: int, seed: int) -> None:
    texts = {d.id: d.text for d in LIBRARY}
    lines = draft_questions(LIBRARY, most=most, seed=seed)
    assert len(lines) <= most
    for line in lines:
        for gold in line["gold"]:
            assert texts[gold["article_id"]][gold["start"] : gold["end"]] == gold["quote"]


def test_a_heading_without_its_subject_gets_the_title() -> None:
    document = article([Part("Common side effects", [Para(["It makes you sleepy."])])], title="Baclofen (tablets)")
    assert asked(document.sections[0], document) == "Baclofen: common side effects"
    named = article([Part("Can I stop baclofen?", [Para(["No."])])])
    assert asked(named.sections[0], named) == "Can I stop baclofen?"


@pytest.mark.parametrize(
    ("question", "other"),
    [
        ("Can I drink alcohol with relaxol?", "is it ok to have a beer on relaxol"),
        ("What is relaxol used for?", "what do people take relaxol for"),
        ("What helps a stiff back?", "anything that helps with a stiff back"),
        ("Baclofen: how does it work?", "baclofen what does it do in the body"),
        ("Relaxol for older adults", "relaxol for older adults"),
    ],
)
def test_other_words_by_rule(question: str, other: str) -> None:
    assert paraphrase(question) == other


@given(st.text("abcdefgh ", max_size=40), st.integers(0, 99))
def test_one_slip_in_one_long_word(text: str, seed: int) -> None:
    slipped = misspell(text, random.Random(seed))
    assert abs(len(slipped) - len(text)) <= 1
    before, after = text.split(" "), slipped.split(" ")
    assert len(before) == len(after)
    changed = [(a, b) for a, b in zip(before, after, strict=True) if a != b]
    assert len(changed) <= 1
    for a, b in changed:
        assert len(a) >= 6
        assert (a[0], a[-1]) == (b[0], b[-1])
    if not re.search(r"\w{6}", text):
        assert slipped == text


def test_nothing_to_draft_from_is_an_error() -> None:
    with pytest.raises(CorpusError, match="nothing to draft from"):
        draft_questions([article([Part("", [Para(["Text without a heading."])])])], most=5)
