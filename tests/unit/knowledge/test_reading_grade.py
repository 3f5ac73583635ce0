"""The Flesch-Kincaid grade, with an example worked by hand, and syllables."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medqa.knowledge.reading_grade import count_syllables, count_words, measure


def test_an_example_worked_by_hand() -> None:
    # bac-lo-fen re-lax-es tight mus-cles / it can make you slee-py
    size = measure(["Baclofen relaxes tight muscles.", "It can make you sleepy."])
    assert (size.sentences, size.words) == (2, 9)
    assert size.syllables == 3 + 3 + 1 + 2 + 1 + 1 + 1 + 1 + 2
    assert size.grade == pytest.approx(0.39 * 9 / 2 + 11.8 * 15 / 9 - 15.59)


def test_a_name_counts_as_two_syllables() -> None:
    plain = measure(["Acetaminophen eases pain."])
    named = measure(["Acetaminophen eases pain."], {"acetaminophen"})
    assert plain.syllables - named.syllables == 4


def test_no_words_no_grade() -> None:
    assert measure([]).grade is None
    assert measure(["1-800-222-1222", "..."]).grade is None


@pytest.mark.parametrize(
    ("word", "syllables"),
    [
        ("a", 1), ("pain", 1), ("use", 1), ("used", 1), ("while", 1), ("times", 1), ("make", 1), ("whole", 1),
        ("muscle", 2), ("table", 2), ("doses", 2), ("changes", 2), ("treated", 2), ("doing", 2), ("nausea", 3),
        ("people", 2), ("sometimes", 2), ("safely", 2), ("movement", 2), ("medicine", 3), ("opioid", 3),
        ("anxiety", 4), ("baclofen", 3), ("ibuprofen", 4), ("acetaminophen", 6), ("spasms", 2), ("fluid", 2),
    ],
)  # fmt: skip
def test_syllables(word: str, syllables: int) -> None:
    assert count_syllables(word) == syllables


@given(st.text(max_size=200))
def test_any_text_can_be_measured(text: str) -> None:
    size = measure([text])
    assert size.words == count_words(text)
    assert size.syllables >= size.words
    assert (size.grade is None) == (size.words == 0)


@given(st.lists(st.sampled_from(["pain", "muscle", "medicine", "opioid"]), min_size=1, max_size=20))
def test_a_longer_sentence_is_never_easier(words: list[str]) -> None:
    once = measure([" ".join(words)]).grade
    twice = measure([" ".join(words * 2)]).grade
    assert once is not None
    assert twice is not None
    assert twice > once
