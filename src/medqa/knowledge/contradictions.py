"""Sentences that say the opposite of a fact that must be mentioned (``contradictions.toml``)."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache

from medqa.errors import ConfigError
from medqa.knowledge.facts import Fact, all_facts
from medqa.knowledge.folding import fold
from medqa.knowledge.lexicon import read_data

_SPACE = re.compile(r"\s+")
MAX_SENTENCE_CHARS = 2000
MAX_REASSURING_WORDS = 30
"""Longer sentences speak of more than one thing: reassurance and topic may not belong together."""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """`matched` is the folded wording that denies the fact `fact_id`."""

    id: str
    fact_id: str
    matched: str


@dataclass(frozen=True, slots=True)
class _Denial:
    """Wordings that deny some facts.

    `above`: only with more than these milligrams in the group ``amount`` (milligrams) or ``grams``. `pair`: only
    facts about a mix, where the sentence names both sides. With `topic`, `any` reassures and `unless` cautions: the
    sentence must be short, no question, and name something of each topic.
    """

    id: str
    facts: tuple[Fact, ...]
    any: tuple[re.Pattern[str], ...]
    unless: tuple[re.Pattern[str], ...]
    above: float | None
    pair: bool
    topic: tuple[tuple[re.Pattern[str], ...], ...] = ()


def contradicts(sentence: str, subjects: Sequence[Collection[str]]) -> tuple[Contradiction, ...]:
    """The facts about `subjects` that `sentence` denies, one finding a fact.

    A subject is a medicine (its name and its classes) or a class, as the sentence names it. Of the facts that a
    denial touches, the most important one that concerns a subject is given; one about a form or a sign
    (`Fact.about`) only where the sentence names that.
    """
    names = frozenset(name for subject in subjects for name in subject)
    if not names:
        return ()
    text = _SPACE.sub(" ", fold(sentence[:MAX_SENTENCE_CHARS]))
    short = len(text.split()) <= MAX_REASSURING_WORDS and not text.endswith("?")
    found: list[Contradiction] = []
    for denial in _denials():
        if denial.topic and not (short and all(any(p.search(text) for p in part) for part in denial.topic)):
            continue
        match = next((m for m in (pattern.search(text) for pattern in denial.any) if m and _exceeds(m, denial)), None)
        if match is None or any(pattern.search(text) for pattern in denial.unless):
            continue
        fact = next(
            (fact for fact in denial.facts if _concerns(fact, denial, names, subjects) and _in_play(fact, text)), None
        )
        if fact is not None and all(one.fact_id != fact.id for one in found):
            found.append(Contradiction(denial.id, fact.id, match.group().strip()))
    return tuple(found)


def _concerns(fact: Fact, denial: _Denial, names: frozenset[str], subjects: Sequence[Collection[str]]) -> bool:
    if not denial.pair:
        return fact.concerns(names)
    return any(
        fact.concerns(one) and not fact.with_.isdisjoint(other)
        for one in subjects
        for other in subjects
        if one is not other
    )


def _in_play(fact: Fact, text: str) -> bool:
    return not fact.about or any(pattern.search(text) for pattern in fact.about)


def _exceeds(match: re.Match[str], denial: _Denial) -> bool:
    if denial.above is None:
        return True
    groups = match.groupdict()
    if "grams" in groups:
        return float(groups["grams"]) * 1000 > denial.above
    return float(groups["amount"].replace(",", "")) > denial.above


@cache
def _denials() -> tuple[_Denial, ...]:
    facts = all_facts()
    data = read_data("contradictions.toml")
    denials = []
    for row in data["denial"]:
        try:
            if "topic" in row:
                row = {**row, "any": data["reassurance"]["wordings"], "unless": data["reassurance"]["cautions"]}
            wanted = [re.compile(pattern) for pattern in row["facts"]]
            denial = _Denial(
                id=row["id"],
                facts=tuple(fact for fact in facts if any(pattern.fullmatch(fact.id) for pattern in wanted)),
                any=tuple(re.compile(pattern) for pattern in row["any"]),
                unless=tuple(re.compile(pattern) for pattern in row.get("unless", ())),
                above=row.get("above"),
                pair=row.get("pair", False),
                topic=tuple(tuple(re.compile(pattern) for pattern in part) for part in row.get("topic", ())),
            )
        except (KeyError, re.error) as error:
            raise ConfigError(f"A denial in contradictions.toml is malformed: {row.get('id')!r}, {error!r}.") from error
        if not denial.facts:
            raise ConfigError(f"The denial {denial.id!r} in contradictions.toml touches no fact.")
        if denial.above is not None and any(not {"amount", "grams"} & {*p.groupindex} for p in denial.any):
            raise ConfigError(f"The denial {denial.id!r} has `above`, but a pattern without an amount.")
        denials.append(denial)
    return tuple(denials)
