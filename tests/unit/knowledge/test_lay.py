"""Lay phrases and the terms that articles use for them."""

from __future__ import annotations

import pytest

from medqa.knowledge.lay import lay_terms
from medqa.knowledge.lexicon import read_data


@pytest.mark.parametrize(
    ("said", "term"),
    [
        ("All bunged up since the morphine", "constipation"),
        ("can I just DROP IT?", "stop stopping suddenly"),
        ("im five months gone", "pregnancy pregnant"),
        ("I keep throwing up", "vomiting"),
        ("my foot goes dead at night", "numbness"),
        ("can’t keep my eyes open on this", "sleepy drowsy"),
    ],
)
def test_a_lay_phrase_gives_its_term(said: str, term: str) -> None:
    assert term in [name for _, name in lay_terms(said)]


@pytest.mark.parametrize("said", ["I have a number of questions", "is it a new medicine", "he drove the bus", ""])
def test_words_that_only_look_alike_give_none(said: str) -> None:
    assert lay_terms(said) == ()


def test_a_term_that_is_said_already_is_left_out() -> None:
    assert "constipation" not in [name for _, name in lay_terms("bunged up: is constipation normal?")]


def test_no_phrase_belongs_to_two_terms_by_mistake() -> None:
    """A phrase under two terms is meant: it is listed here."""
    meant = {"wean*", "charley horse*", "od", "put to sleep for", "knocked out for it", "put you under", "right under"}
    seen: dict[str, str] = {}
    twice = set()
    for term, phrases in read_data("lay.toml")["terms"].items():
        for phrase in phrases:
            if phrase in seen and phrase not in meant:
                twice.add((phrase, seen[phrase], term))
            seen[phrase] = term
    assert twice == set()
