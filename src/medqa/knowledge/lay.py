"""Lay words: what people say, and the term that articles use (``lay.toml``)."""

from __future__ import annotations

import re
from functools import cache

from medqa.errors import ConfigError
from medqa.knowledge.folding import fold
from medqa.knowledge.lexicon import read_data


def lay_terms(text: str) -> tuple[tuple[str, str], ...]:
    """(what was said, the term for it) for each lay phrase of `text`, in the order of the table, each term once.

    A term of which every word is in `text` already is left out.
    """
    folded = " ".join(re.findall(r"\w+", fold(text)))
    said = set(folded.split())
    found = []
    for term, pattern in _terms():
        match = pattern.search(folded)
        if match is not None and not said.issuperset(term.casefold().split()):
            found.append((match.group(), term))
    return tuple(found)


@cache
def _terms() -> tuple[tuple[str, re.Pattern[str]], ...]:
    rows = read_data("lay.toml").get("terms", {})
    compiled = []
    for term, phrases in rows.items():
        if not phrases or any(not phrase.strip() for phrase in phrases):
            raise ConfigError(f"The term {term!r} of lay.toml has an empty phrase.")
        compiled.append((term, re.compile(r"\b(?:" + "|".join(map(_pattern, phrases)) + r")\b")))
    return tuple(compiled)


def _pattern(phrase: str) -> str:
    words = []
    for word in phrase.split():
        if word == "*":
            words.append(r"\w+(?: \w+)?")
        elif word.endswith("*"):
            words.append(re.escape(word[:-1]) + r"\w*")
        else:
            words.append(re.escape(word))
    return " ".join(words)
