"""What kind of answer a question expects."""

from __future__ import annotations

import pytest

from medqa.answering.expected import expected_by

OF_THE_KIND = [
    ("how long does it take to kick in", "Tablets often work in 30 to 60 minutes."),
    ("how soon can I drive", "Wait at least 24 hours."),
    ("how often do I take it", "It is given once a month."),
    ("how many can I have", "Take no more than eight tablets a day."),
    ("why does my leg hurt", "Leg pain happens because a nerve is pressed."),
    ("what causes gout", "Gout comes from crystals in a joint."),
    ("whats a trigger point", "A trigger point is a tight, sore spot in a muscle."),
    ("whats a trigger point", "A sore muscle knot is called a trigger point."),
    ("what is a trigger point injection?", "A trigger point injection is a small dose of medicine."),
    ("what does allodynia mean", "Allodynia means pain from a light touch."),
]
OF_ANOTHER = [
    ("how long does it take to kick in", "Tablets are swallowed whole."),
    ("how many can I have", "Take it with food."),
    ("why does my leg hurt", "Rest and ice can help."),
    ("whats a trigger point", "The skin is cleaned first."),
    ("whats a trigger point", "Gout is a kind of arthritis."),
]


@pytest.mark.parametrize(("question", "sentence"), OF_THE_KIND)
def test_a_sentence_of_the_kind_fits(question: str, sentence: str) -> None:
    fits = expected_by(question)
    assert fits is not None
    assert fits(sentence)


@pytest.mark.parametrize(("question", "sentence"), OF_ANOTHER)
def test_a_sentence_of_another_kind_does_not(question: str, sentence: str) -> None:
    fits = expected_by(question)
    assert fits is not None
    assert not fits(sentence)


@pytest.mark.parametrize("question", ["can I drink on it", "what is the best way for somebody like me to stop it", ""])
def test_some_questions_expect_no_kind(question: str) -> None:
    assert expected_by(question) is None
