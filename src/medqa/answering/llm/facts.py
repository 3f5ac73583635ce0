"""The parts of a sentence on which harm hangs, in their order: numbers with units, medicines, negations, directions."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Sequence
from importlib.resources import files

import Stemmer

from medqa.knowledge.folding import fold
from medqa.knowledge.lexicon import Lexicon

_TOKEN = re.compile(r"[0-9]+(?:[.,][0-9]+)*|%|[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
_WORDS = tomllib.loads((files("medqa.answering.llm") / "words.toml").read_text(encoding="utf-8"))
_NUMBER_WORDS = {
    **{word: str(n) for n, word in enumerate(_WORDS["counting"].split())},
    "once": "1x", "single": "1x", "twice": "2x", "double": "2x", "thrice": "3x", "triple": "3x", "half": "1/2",
    "third": "1/3", "quarter": "1/4", "thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "seventy": "70",
    "eighty": "80", "ninety": "90", "hundred": "100", "hundreds": "100", "thousand": "1000", "thousands": "1000",
    "million": "1000000", "dozen": "12",
}  # fmt: skip
_UNITS = {
    "milligram": "mg", "milligrams": "mg", "gram": "g", "grams": "g", "microgram": "mcg", "micrograms": "mcg",
    "\u03bcg": "mcg", "ug": "mcg", "millilitre": "ml", "millilitres": "ml", "milliliter": "ml", "milliliters": "ml",
    "hr": "hour", "hrs": "hour", "percent": "%", "min": "minute", "mins": "minute",
}  # fmt: skip
_NEGATIONS = frozenset(_WORDS["negations"].split())
_DIRECTIONS = {word: key for key, words in _WORDS["directions"].items() for word in words.split()}
FUNCTION_WORDS = frozenset(_WORDS["function"].split())
SCOPE = 4
"""Content words after a negation to which it may belong."""


def normal(text: str) -> str:
    """NFKC, and every decimal digit of any script as ASCII."""
    wide = unicodedata.normalize("NFKC", text)
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in wide)


def critical(text: str, lexicon: Lexicon) -> list[str]:
    """Keys in order of the text. A number carries its unit (the word after it): ``#2 tablet``."""
    text = normal(text)
    found: list[tuple[int, str]] = []
    tokens = [(m.start(), m.group()) for m in _TOKEN.finditer(text)]
    for at, (start, token) in enumerate(tokens):
        word = token.lower().replace("\u2019", "'")
        number = token.replace(",", "") if token[0].isdigit() else _NUMBER_WORDS.get(word)
        if number is not None:
            found.append((start, f"#{number} {_unit(tokens[at + 1][1]) if at + 1 < len(tokens) else ''}".strip()))
        elif _negates(word):
            found.append((start, "not"))
        elif word in _DIRECTIONS:
            found.append((start, _DIRECTIONS[word]))
    found += [(m.span.start, f"@{m.name}") for m in lexicon.mentions(text) if m.kind != "condition"]
    return [key for _, key in sorted(found, key=lambda item: item[0])]


def stands_in(said: Sequence[str], source: Sequence[str]) -> bool:
    """Whether `said` can be got from `source` by leaving keys out: nothing is added, swapped or set elsewhere."""
    rest = iter(source)
    return all(any(key == other for other in rest) for key in said)


def negated(text: str, scope: int = SCOPE) -> list[frozenset[str]]:
    """For each negation the stems of the `scope` content words after it; fewer at the end of the text."""
    words = [m.group().lower().replace("\u2019", "'") for m in _TOKEN.finditer(normal(text))]
    found = []
    for at, word in enumerate(words):
        if _negates(word):
            after = [w for w in words[at + 1 :] if w not in FUNCTION_WORDS and not _negates(w)]
            found.append(frozenset(stems(after[:scope])))
    return found


def stems(words: Sequence[str]) -> list[str]:
    return list(Stemmer.Stemmer("english").stemWords(list(words)))


def words_of(text: str) -> list[str]:
    """Folded words, numbers left out."""
    return [folded for token in _TOKEN.findall(normal(text)) if not token[0].isdigit() and (folded := fold(token))]


def _negates(word: str) -> bool:
    return word in _NEGATIONS or (word.endswith(("n't", "less")) and word != "less")


def _unit(word: str) -> str:
    folded = word.lower()
    known = _UNITS.get(folded, folded)
    return known[:-1] if len(known) > 3 and known.endswith("s") else known
