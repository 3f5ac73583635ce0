"""Names are found and misspellings read, and look-alikes are never guessed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medqa.knowledge.lexicon import Lexicon

LEXICON = Lexicon.load()


def names(text: str) -> list[str]:
    return [mention.name for mention in LEXICON.mentions(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Can I take Tylenol with baclofen?", ["acetaminophen", "baclofen"]),
        ("LYRICA and Neurontin", ["pregabalin", "gabapentin"]),
        ("my slipped disc", ["herniated disc"]),
        ("a water pill", ["diuretic"]),
        ("St John's wort", ["st john's wort"]),
        ("MS and CRPS", ["multiple sclerosis", "complex regional pain syndrome"]),
        ("is ms painful", ["multiple sclerosis"]),
        ("Ms. Smith has pain", []),
        ("MS Contin", ["morphine"]),
        ("bacloflen\u200b", ["baclofen"]),
        ("nothing to see", []),
    ],
)
def test_names_are_found(text: str, expected: list[str]) -> None:
    assert names(text) == expected


def test_a_mention_slices_back_out_of_the_text() -> None:
    text = "Take “Tylenol” — or gabbentine, they said."
    for mention in LEXICON.mentions(text):
        assert mention.span.of(text) == mention.surface
    assert [m.how for m in LEXICON.mentions(text)] == ["brand", "typo"]


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("gabbentine", "gabapentin"),
        ("bacoflen", "baclofen"),
        ("oxycodne", "oxycodone"),
        ("ibuproffen", "ibuprofen"),
        ("Tylenoll", "acetaminophen"),
        ("sciatca", "sciatica"),
        ("phentanyl", "fentanyl"),
    ],
)
def test_misspellings_are_read(word: str, name: str) -> None:
    correction = LEXICON.correct(word)
    assert correction is not None
    assert correction.name == name


@pytest.mark.parametrize(
    "word",
    ["hydroxyzine", "hydralazine", "hydroxazine", "clonazapine", "lead", "pain", "kidney", "stopping", "12345", ""],
)
def test_real_words_and_look_alikes_are_left_alone(word: str) -> None:
    assert LEXICON.correct(word) is None


def test_no_name_of_ours_is_corrected_into_another() -> None:
    for medicine in LEXICON.medicines.values():
        for name in (medicine.name, *medicine.brands):
            for word in name.split():
                found = LEXICON.correct(word)
                assert found is None or found.name == medicine.name, (word, found)


@given(st.text(max_size=60))
def test_mentions_are_ordered_spans_of_any_text(text: str) -> None:
    end = 0
    for mention in LEXICON.mentions(text):
        assert mention.span.of(text) == mention.surface
        assert mention.span.start >= end
        end = mention.span.end
    LEXICON.correct(text)
