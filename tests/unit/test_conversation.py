"""Follow-ups inherit the subject; a question of its own inherits nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medqa.conversation import standalone
from medqa.knowledge.lexicon import Lexicon
from medqa.types import Turn

LEXICON = Lexicon.load()


def ask(question: str, *before: str) -> str:
    return standalone(question, [Turn("user", text) for text in before], LEXICON).text


@pytest.mark.parametrize(
    ("before", "question", "expected"),
    [
        ("What is baclofen?", "and with alcohol?", "baclofen with alcohol?"),
        ("What is baclofen?", "what about kids?", "baclofen and kids?"),
        ("What is baclofen?", "can I crush it?", "can I crush baclofen?"),
        ("What is baclofen?", "Can I take it with ibuprofen?", "Can I take baclofen with ibuprofen?"),
        ("side effects of gabbentine", "How long does it take to work?", "How long does gabapentin take to work?"),
        ("is baclofen addictive?", "what about gabapentin?", "is gabapentin addictive?"),
        ("What is Lyrica?", "is this medicine safe in pregnancy", "is pregabalin safe in pregnancy"),
        ("What helps sciatica?", "how long does it last?", "how long does sciatica last?"),
        ("How do opioids work?", "are they addictive?", "are opioids addictive?"),
    ],
)
def test_a_follow_up_gets_its_subject(before: str, question: str, expected: str) -> None:
    assert ask(question, before) == expected


@pytest.mark.parametrize(
    ("before", "question"),
    [
        ("What is baclofen?", "What are the side effects of tramadol?"),
        ("What is baclofen?", "How is fibromyalgia treated?"),
        ("What is baclofen?", "different question: how is it diagnosed?"),
        ("What is baclofen?", "thanks"),
        ("hello", "can I crush it?"),
    ],
)
def test_a_question_of_its_own_inherits_nothing(before: str, question: str) -> None:
    result = standalone(question, [Turn("user", before)], LEXICON)
    assert result.text == question
    assert not result.changed


def test_the_assistant_never_sets_the_subject() -> None:
    history = [Turn("user", "What is baclofen?"), Turn("assistant", "Baclofen ... not with tramadol.")]
    assert standalone("can I crush it?", history, LEXICON).text == "can I crush baclofen?"


def test_the_subject_stays_through_a_mix() -> None:
    assert ask("and what about if I am pregnant?", "What is baclofen?", "Can I take it with ibuprofen?").startswith(
        "baclofen"
    )


def test_without_a_history_nothing_changes() -> None:
    assert ask("can I crush it?") == "can I crush it?"


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_text_is_read_without_an_error(before: str, question: str) -> None:
    result = standalone(question, [Turn("user", before)], LEXICON)
    assert result.changed or result.text == question
