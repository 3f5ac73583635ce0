"""Questions are what patients might write, about what they are meant to be about, and the same for the same seed."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from medqa.training.wording import MAX_MESSAGE_WORDS, Patient, Phrasings

OTHERS = ("gout", "asthma")


@pytest.mark.parametrize(
    ("heading", "title", "topic"),
    [
        ("What are the symptoms of Gout ?", "Gout", "symptoms"),
        ("Is Gout inherited ?", "Gout", "inheritance"),
        ("What are the genetic changes related to Gout ?", "Gout", "genetic changes"),
        ("How many people are affected by Gout ?", "Gout", "frequency"),
        ("Side effects", "Baclofen", "side effects"),
        ("What is (are) Gout ?", "Gout", "information"),
        ("What to do for Gout ?", "Gout", "what to do"),
        ("Symptoms Clinic", "Symptoms Clinic", "own: information"),
        ("Can I fly?", "Gout", "own: can i fly"),
    ],
)
def test_a_heading_is_recognised_without_its_title(heading: str, title: str, topic: str) -> None:
    assert Phrasings.load().topic_of(heading, title) == topic


@given(seed=st.integers(0, 10_000))
def test_the_same_seed_writes_the_same_question(seed: int) -> None:
    def write() -> list[str]:
        patient = Patient(Phrasings.load(), OTHERS, Random(seed))
        return [patient.ask("How is scurvy treated?", "treatment", ("Scurvy", "Moeller disease")) for _ in range(5)]

    first = write()
    assert first == write()
    assert all(question.strip() and "{" not in question for question in first)
    assert all(len(question.split()) <= 2 * MAX_MESSAGE_WORDS for question in first)


def test_most_questions_name_their_subject() -> None:
    patient = Patient(Phrasings.load(), OTHERS, Random(3))
    asked = [patient.ask("Can I fly?", "own: can i fly", ("Scurvy",)).lower() for _ in range(300)]
    assert sum("scurvy" in question for question in asked) > 200  # the others misspell it
    assert len(set(asked)) > 150


def test_half_of_the_questions_are_those_that_a_section_is_known_to_answer() -> None:
    patient = Patient(Phrasings.load(), OTHERS, Random(5))
    asked = [patient.ask("What is gout?", "information", ("Gout",), ("zzt in my zzt",)).lower() for _ in range(400)]
    assert 120 < sum("zzt" in question for question in asked) < 240  # slips spoil some


def test_aliases_stand_in_for_the_title() -> None:
    patient = Patient(Phrasings.load(), OTHERS, Random(4))
    asked = " ".join(patient.ask("What is gout?", "information", ("Gout", "podagra")) for _ in range(60)).lower()
    assert "podagra" in asked
    assert "gout" in asked


@given(seed=st.integers(0, 10_000), word=st.text("abcdefghijklmnopqrstuvwxyz", min_size=5, max_size=14))
def test_a_slip_is_one_edit(seed: int, word: str) -> None:
    slipped = Patient(Phrasings.load(), OTHERS, Random(seed))._misspelt(word)
    assert OSA.distance(word, slipped) <= 1


def test_a_recalled_statement_keeps_most_of_its_words() -> None:
    patient = Patient(Phrasings.load(), OTHERS, Random(5))
    sentence = "Baclofen relaxes tight muscles after an injury of the spinal cord."
    recalled = [patient.recall(sentence, "Lioresal").lower() for _ in range(50)]
    assert sum("muscles" in text for text in recalled) > 25
    assert any("lioresal" in text for text in recalled)
