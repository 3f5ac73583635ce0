"""Which approved answer, if any, a question asks for: near enough in meaning, and about the same thing.

A likeness of sentences forgives what must not be forgiven: "ibuprofen while pregnant" is very like "ibuprofen while
breastfeeding". So a wording counts only where both name the same medicines, persons and forms and ask for the same
kind of thing (``approved.toml``).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from medqa.errors import ConfigError
from medqa.knowledge.folding import fold
from medqa.knowledge.intents import intents_of
from medqa.knowledge.lexicon import Lexicon
from medqa.ports import Vectors
from medqa.types import ApprovedAnswer

LIKE_ENOUGH = 0.75
"""Least cosine of question and wording: docs/support-desk.md has what ``benchmarks/approved.py`` measured."""


FEW_WORDS = 6
_ASKING = re.compile(
    r"\b(?:how|what|whats|when|where|which|who|why|can|could|is|are|does|do|dose|will|would|should|may|am i|any|wat|ok"
    r"|okay|allowed|safe|wonder\w*|puedo|que|como|cuando|tell me|want to know)\b"
)


@dataclass(frozen=True, slots=True)
class Facets:
    """What a question is about, apart from its wording. Each facet is a set of names, the last three by
    ``approved.toml``: `same` (whom, in which form) and `intents` must agree, `more` asks for something of its own."""

    medicines: frozenset[str]
    conditions: frozenset[str]
    intents: frozenset[str]
    same: frozenset[str]
    more: frozenset[str]


@dataclass(frozen=True, slots=True)
class Match:
    """The nearest wording of an approved answer. `differs` says in what the question is about something else: empty
    where nothing stands against it; `cosine` in [-1, 1]."""

    approved: ApprovedAnswer
    wording: str
    cosine: float
    differs: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return self.cosine >= LIKE_ENOUGH and not self.differs


class ApprovedMatcher:
    """Compares questions with the wordings of approved answers. `encode` gives a unit vector of a question."""

    def __init__(self, approved: Sequence[ApprovedAnswer], encode: Callable[[str], Vectors], lexicon: Lexicon) -> None:
        self._encode = encode
        self._lexicon = lexicon
        self._wordings = [(one, wording) for one in approved for wording in one.questions]
        self._facets = [self.facets(wording) for _, wording in self._wordings]
        self._vectors = np.array([encode(wording) for _, wording in self._wordings], dtype=np.float32)

    def matches(self, question: str, asked: str, n: int = 1) -> tuple[Match, ...]:
        """The best match of each of the `n` nearest approved answers: those that hold first, nearest first.

        `question` is all that was said, `asked` its question without the story around it (may be the same).
        """
        if not self._wordings:
            return ()
        facets = self.facets(question)
        vectors = np.array([self._encode(text) for text in dict.fromkeys((asked, question))])
        cosines = (self._vectors @ vectors.T).max(axis=1)
        best: dict[str, Match] = {}
        for at, (approved, wording) in enumerate(self._wordings):
            match = Match(approved, wording, float(cosines[at]), differences(facets, self._facets[at]))
            before = best.get(approved.approval.id)
            if before is None or _order(match) > _order(before):
                best[approved.approval.id] = match
        return tuple(sorted(best.values(), key=_order, reverse=True)[:n])

    def facets(self, text: str) -> Facets:
        mentions = self._lexicon.mentions(text)
        folded = " ".join(fold(text).split())
        cues = _cues()
        return Facets(
            medicines=frozenset(m.name for m in mentions if m.kind != "condition"),
            conditions=frozenset(m.name for m in mentions if m.kind == "condition"),
            intents=cues.intents.intersection(intents_of(text)),
            same=frozenset(name for name, pattern in cues.same if pattern.search(folded)),
            more=frozenset(name for name, pattern in cues.more if pattern.search(folded))
            | _nothing_asked(text, folded),
        )


def _nothing_asked(text: str, folded: str) -> frozenset[str]:
    """A sentence without any word of asking; a few words ("gabapentin and wine") ask by themselves."""
    asks = "?" in text or len(folded.split()) <= FEW_WORDS or _ASKING.search(folded) is not None
    return frozenset() if asks else frozenset({"nothing"})


def _order(match: Match) -> tuple[bool, float]:
    return (match.holds, match.cosine)


def differences(asked: Facets, approved: Facets) -> tuple[str, ...]:
    """In what the two are about something else, in words; empty where in nothing.

    A condition that only one of them names says nothing ("a sore back"); two that differ do.
    """
    found = []
    for name in ("medicines", "intents", "same"):
        found += [f"names {one}" for one in sorted(getattr(asked, name) - getattr(approved, name))]
        found += [f"lacks {one}" for one in sorted(getattr(approved, name) - getattr(asked, name))]
    if asked.conditions - approved.conditions and approved.conditions - asked.conditions:
        found += [f"names {one}" for one in sorted(asked.conditions - approved.conditions)]
    return (*found, *(f"asks {one}" for one in sorted(asked.more - approved.more)))


@dataclass(frozen=True, slots=True)
class _Cues:
    intents: frozenset[str]
    same: tuple[tuple[str, re.Pattern[str]], ...]
    more: tuple[tuple[str, re.Pattern[str]], ...]


@cache
def _cues() -> _Cues:
    resource = files("medqa.answering") / "approved.toml"
    try:
        table = tomllib.loads(resource.read_text(encoding="utf-8"))
        same, more = (
            tuple((row["id"], re.compile("|".join(row["any"]))) for row in table[name]) for name in ("same", "more")
        )
        return _Cues(frozenset(table["intents"]), same, more)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, re.error) as error:
        raise ConfigError(f"The data file approved.toml of medqa cannot be read: {error!r}.") from error
