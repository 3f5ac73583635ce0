"""What a sentence asserts, so that two sentences about one thing can be compared (``assertions.toml``).

Three kinds: an answer of yes or no to a known question (may it be taken with alcohol?), a number of a known kind (the
most a day), and the gist of any other short statement: its words, and whether it denies them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import Stemmer

from medqa.errors import ConfigError
from medqa.knowledge.folding import fold
from medqa.knowledge.lexicon import read_data

MAX_SENTENCE_CHARS = 400
"""Longer ones say more than one thing."""
MAX_GIST_STEMS = 12
_NUMBER = r"\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?"
_NUMBER_WORDS = {word: str(n) for n, word in enumerate(
    ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
     "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"], start=1)}  # fmt: skip
_IN_WORDS = re.compile(rf"\b(?:{'|'.join(_NUMBER_WORDS)})\b(?! of\b)")
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Stance:
    """Yes or no to the question `topic`. `scope` holds the words that narrow it."""

    topic: str
    yes: bool
    scope: frozenset[str]

    def disagrees(self, other: Stance) -> bool:
        return self.topic == other.topic and self.yes != other.yes and self.scope == other.scope


@dataclass(frozen=True, slots=True)
class Amount:
    """A number or range of the kind `topic`, in the smallest unit of that kind."""

    topic: str
    low: float
    high: float
    apart: float
    scope: frozenset[str]

    def disagrees(self, other: Amount) -> bool:
        """Whether the ranges lie apart by more than the factor `apart`."""
        if self.topic != other.topic or self.scope != other.scope:
            return False
        small, great = sorted((self, other), key=lambda one: one.low)
        return great.low > small.high * self.apart


@dataclass(frozen=True, slots=True)
class Gist:
    """The stems of a short statement, form words left out, and whether it denies them."""

    stems: frozenset[str]
    denies: bool

    def disagrees(self, other: Gist, names: Collection[str]) -> bool:
        """Whether the same is said and denied. `names`: stems of the subjects' names, which one side may leave out."""
        return self.denies != other.denies and bool(self.stems.difference(names)) and self.differs_by(other) <= {*names}

    def differs_by(self, other: Gist) -> frozenset[str]:
        return self.stems ^ other.stems


Assertion = Stance | Amount | Gist


def disagree(first: Assertion, second: Assertion, names: Collection[str]) -> bool:
    """Whether both cannot be true of the same subject, whose folded `names` count for nothing in a gist."""
    match first, second:
        case (Stance(), Stance()):
            return first.disagrees(second)
        case (Amount(), Amount()):
            return first.disagrees(second)
        case (Gist(), Gist()):
            return first.disagrees(second, stems_of(names))
        case _:
            return False


def names_topic(text: str) -> bool:
    """Whether `text` (an alcoholic drink, a pregnancy) is what one of the questions of yes or no is about."""
    folded = fold(text)
    return any(topic.about.search(folded) for topic in _table().topics)


def stems_of(names: Collection[str]) -> frozenset[str]:
    """Stems of every word of `names`."""
    return _stems([word for name in names for word in _WORD.findall(fold(name))])


@lru_cache(maxsize=16_384)
def assertions_of(sentence: str) -> tuple[Assertion, ...]:
    """What `sentence` asserts of its subject; empty for most sentences, and for a long one."""
    if len(sentence) > MAX_SENTENCE_CHARS:
        return ()
    table = _table()
    text = " ".join(fold(sentence).replace("\u2013", "-").replace("\u2011", "-").split())
    text = _IN_WORDS.sub(lambda m: _NUMBER_WORDS[m.group()], text)
    found: list[Assertion] = []
    if not any(hedge.search(text) for hedge in table.hedges):
        found += [stance for topic in table.topics if (stance := _stance(topic, text, table)) is not None]
        gist = _gist(text, table)
        if gist is not None and not found:
            found.append(gist)
    found += [amount for kind in table.quantities if (amount := _amount(kind, text, table)) is not None]
    return tuple(found)


# --- the three kinds -------------------------------------------------------------------------------------


def _stance(topic: _Topic, text: str, table: _Table) -> Stance | None:
    if not topic.about.search(text) or any(pattern.search(text) for pattern in topic.unless):
        return None
    no = any(pattern.search(text) for pattern in topic.no)
    yes = not no and any(pattern.search(text) for pattern in topic.yes)
    # "it is not safe with alcohol" has the words of "safe with alcohol" too: a denial wins
    return Stance(topic.id, yes, _scope(topic.about.sub(" ", text), table, ignore=_COMMON)) if yes or no else None


_COMMON = frozenset({"with", "without", "while", "during", "if", "together", "when", "after", "before", "prescription"})
"""Part of how a question of yes or no is put, and no narrowing."""


def _amount(kind: _Quantity, text: str, table: _Table) -> Amount | None:
    if any(pattern.search(text) for pattern in kind.unless) or not all(pattern.search(text) for pattern in kind.all):
        return None
    values = {value for match in kind.value.finditer(text) if (value := _range(match, kind.unit)) is not None}
    if len(values) != 1:
        return None  # which of two numbers is meant is a guess
    low, high = values.pop()
    return Amount(
        kind.id, low, high, kind.apart, _scope(kind.value.sub(" ", text), table, ignore=_OF_AMOUNTS | kind.ignore)
    )


_OF_AMOUNTS = frozenset(
    {"if", "may", "each", "every", "per", "single", "before", "next", "start", "starting", "first",
     "with"}
)  # fmt: skip


def _range(match: re.Match[str], units: Mapping[str, float]) -> tuple[float, float] | None:
    groups = match.groupdict()
    low, unit = groups.get("low") or groups.get("low2"), groups.get("unit") or groups.get("unit2") or ""
    factor = units.get(unit.rstrip("s") if unit.rstrip("s") in units else unit)
    if low is None or factor is None:
        return None
    first = float(low.replace(",", "")) * factor
    high = groups.get("high")
    second = float(high.replace(",", "")) * factor if high else first
    return (first, second) if second >= first else None


def _gist(text: str, table: _Table) -> Gist | None:
    if any(pattern.search(text) for pattern in table.void):
        return None
    words = _WORD.findall(text)
    denials = sum(word in table.no for word in words)
    kept = []
    for word in words:
        canonical, denied = table.opposites.get(word, (word, False))
        denials += denied
        if canonical not in table.no and canonical not in table.form:
            kept.append(canonical)
    stems = _stems(kept)
    if denials > 1 or not 1 <= len(stems) <= MAX_GIST_STEMS:
        return None
    return Gist(stems, denials == 1)


def _stems(words: list[str]) -> frozenset[str]:
    # a stemmer of its own for each call: PyStemmer's is not safe from several threads
    return frozenset(Stemmer.Stemmer("english").stemWords(words))


def _scope(text: str, table: _Table, *, ignore: Collection[str]) -> frozenset[str]:
    found = (match.group() for pattern in table.scope for match in pattern.finditer(text))
    return frozenset(found).difference(ignore)


# --- the table -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Topic:
    id: str
    about: re.Pattern[str]
    yes: tuple[re.Pattern[str], ...]
    no: tuple[re.Pattern[str], ...]
    unless: tuple[re.Pattern[str], ...]


@dataclass(frozen=True, slots=True)
class _Quantity:
    id: str
    all: tuple[re.Pattern[str], ...]
    unless: tuple[re.Pattern[str], ...]
    value: re.Pattern[str]
    unit: Mapping[str, float]
    apart: float
    ignore: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Table:
    topics: tuple[_Topic, ...]
    quantities: tuple[_Quantity, ...]
    hedges: tuple[re.Pattern[str], ...]
    scope: tuple[re.Pattern[str], ...]
    void: tuple[re.Pattern[str], ...]
    no: frozenset[str]
    opposites: Mapping[str, tuple[str, bool]]
    form: frozenset[str]


def _patterns(rows: Collection[str]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(row) for row in rows)


@cache
def _table() -> _Table:
    data = read_data("assertions.toml")
    try:
        gist: dict[str, Any] = data["gist"]
        return _Table(
            topics=tuple(
                _Topic(
                    id=row["id"],
                    about=re.compile(row["about"]),
                    yes=_patterns(row["yes"]),
                    no=_patterns(row["no"]),
                    unless=_patterns(row.get("unless", ())),
                )
                for row in data["topic"]
            ),
            quantities=tuple(
                _Quantity(
                    id=row["id"],
                    all=_patterns(row["all"]),
                    unless=_patterns(row.get("unless", ())),
                    value=re.compile(row["value"].replace("NUM", _NUMBER)),
                    unit={unit: float(factor) for unit, factor in row["unit"].items()},
                    apart=float(row["apart"]),
                    ignore=frozenset(row.get("ignore", ())),
                )
                for row in data["quantity"]
            ),
            hedges=_patterns(data["hedges"]["any"]),
            scope=_patterns(data["scope"]["any"]),
            void=_patterns(gist["void"]),
            no=frozenset(gist["no"]),
            opposites={
                word: (group["yes"][0], side == "no")
                for group in gist["opposites"]
                for side in ("yes", "no")
                for word in group[side]
            },
            form=frozenset(gist["form"]),
        )
    except (KeyError, re.error) as error:
        raise ConfigError(f"A row of assertions.toml is malformed: {error!r}.") from error
