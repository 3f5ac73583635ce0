"""Words of danger in languages that have no rules: a card in place of silence, in doubt nothing (`foreign.toml`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from medqa.knowledge.folding import fold
from medqa.safety.rules import Rule, foreign_rule, read_data

LEVELS = ("emergency", "crisis", "poison")
MAX_CHARS = 20_000
_SENTENCE = re.compile(r"[^.!?\n\u3002\uff01\uff1f\u061f\u0964\u2026]+")
_UNFOLDED = str.maketrans("\u0111\u0131\u0142\u00f8", "dilo")
_UNSPACED = frozenset({"zh", "ja"})

Wording = tuple[str, ...]


def danger_in(text: str) -> Rule | None:
    """The gravest level whose words stand in `text`, as a rule with its card; None where there are none.

    A sentence that asks about the thing ("what are the symptoms of") counts for nothing.
    """
    best: tuple[int, str] | None = None
    for sentence in _sentences(text):
        if any(_holds(sentence, wording) for asking, _ in _words().values() for wording in asking):
            continue  # near languages share words: who asks in one does not alarm in the next
        for language, (_, levels) in _words().items():
            for rank, level in enumerate(LEVELS):
                if best is not None and rank >= best[0]:
                    break
                if any(_holds(sentence, wording) for wording in levels[level]):
                    best = (rank, language)
    return foreign_rule(best[1], LEVELS[best[0]]) if best is not None else None


def _sentences(text: str) -> Iterator[str]:
    for match in _SENTENCE.finditer(text[:MAX_CHARS]):
        yield _plain(match.group())


def _plain(text: str) -> str:
    """Folded words behind one space each, so that a wording stands where a word begins with it."""
    return "".join(f" {word}" for word in re.split(r"[\s,;:()\u3001\uff0c\u060c'\u2019\-]+", fold_more(text)) if word)


def fold_more(text: str) -> str:
    return fold(text.replace("'", " ").replace("\u2019", " ")).translate(_UNFOLDED)


def _holds(sentence: str, wording: Wording) -> bool:
    return all(part in sentence for part in wording)


@cache
def _words() -> dict[str, tuple[tuple[Wording, ...], dict[str, tuple[Wording, ...]]]]:
    """Language -> what asks, and by level what alarms: parts that must all stand in a sentence."""
    table = {}
    for language, row in read_data("foreign.toml").items():

        def read(wordings: list[str], language: str = language) -> tuple[Wording, ...]:
            space = "" if language in _UNSPACED else " "
            return tuple(tuple(space + _plain(part).strip() for part in w.split("+")) for w in wordings)

        table[language] = (read(row["asking"]), {level: read(row[level]) for level in LEVELS})
    return table
