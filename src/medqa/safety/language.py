"""Which language a message is in, as far as the rules need to know: English, Spanish, or one they cannot read."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Literal

from medqa.knowledge.english import english_words, is_ordinary, spanish_words
from medqa.safety.reading import Sentence
from medqa.safety.rules import read_data

Language = Literal["en", "es", "unread"]
MAX_WORDS = 400
MIN_WORDS = 3
ENGLISH_SHARE = 0.9
"""Least share of English words in a message whose small words look like another language's."""
SPANISH_SHARE = 0.8
"""Least share of Spanish words in a message that could as well be in a language near it."""


def language_of(text: str, sentences: Sequence[Sentence], known: frozenset[str]) -> Language:
    """The language of `text`; ``unread`` for another script, another language, or mostly unknown words.

    `known` holds words that count as read whatever the dictionaries say (names of medicines, the rules'
    own words). One or two words count as English
    unless they can only be Spanish.
    """
    letters = Counter(_script(c) for c in text[:4000] if c.isalpha())
    if letters["other"] > letters["latin"]:
        return "unread"
    words = [token for sentence in sentences for token in sentence.tokens if token.isalpha()][:MAX_WORDS]
    if len(words) < MIN_WORDS:
        small = _small_words()
        spanish = words and all(w in spanish_words() or w in small["es"] for w in words)
        if spanish and not any(w in small["en"] for w in words) and any(w in small["es"] for w in words):
            return "es"
        return "en" if not words or any(w in known or is_ordinary(w) for w in words) else "unread"
    score = {language: sum(word in small for word in words) for language, small in _small_words().items()}
    best = max(score, key=lambda language: (score[language], language == "en", language == "es"))
    if best not in ("en", "es") and score[best] >= 2:
        # "as", "a", "do", "no" are small words elsewhere too: a message of English words is English
        english = sum(word in known or word in english_words() for word in words)
        return "en" if english >= len(words) * ENGLISH_SHARE else "unread"
    read = sum(word in known or is_ordinary(word) for word in words)
    if read * 2 < len(words):
        return "unread"
    if best == "es" and score["es"] > score["en"]:
        # Portuguese and Italian share the small words of Spanish, and not the rest
        near = max(count for language, count in score.items() if language not in ("en", "es"))
        own = sum(word in known or word in spanish_words() or word in _small_words()["es"] for word in words)
        return "unread" if near * 2 >= score["es"] and own < len(words) * SPANISH_SHARE else "es"
    return "en"


@cache
def _small_words() -> Mapping[str, frozenset[str]]:
    return {language: frozenset(words) for language, words in read_data("languages.toml").items()}


def _script(char: str) -> str:
    return "latin" if char.isascii() or unicodedata.name(char, "").startswith("LATIN") else "other"
