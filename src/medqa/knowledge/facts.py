"""The table of facts that must be mentioned (``facts/``): by medicine or class, by intent, with its source."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import cache

from medqa.errors import ConfigError
from medqa.knowledge.folding import fold
from medqa.knowledge.intents import known_intents
from medqa.knowledge.lexicon import Lexicon, read_data

ANY = "*"
GROUPS = ("reactions", "stopping", "overdose", "mixing", "use", "organs", "pregnancy", "children", "driving")
"""The files of the table. Their order is that of importance."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact in our own words. `always`: shown even when the quoted text says it too.

    `subjects` are medicines and classes it is about (``*``: any medicine), `with_` those of which one must
    be named besides, `about` narrows it to questions with such a wording. `yields_to` are
    the ids of facts that say the same more exactly: beside one of those it is left out.
    """

    id: str
    text: str
    why: str
    source: str
    source_url: str
    checked_on: date
    subjects: frozenset[str]
    with_: frozenset[str]
    intents: frozenset[str]
    about: tuple[re.Pattern[str], ...]
    mentions: tuple[re.Pattern[str], ...]
    always: bool
    yields_to: frozenset[str] = frozenset()

    def is_mentioned_in(self, text: str) -> bool:
        """Whether `text` says this already, by the fact's own patterns."""
        folded = fold(text)
        return any(pattern.search(folded) for pattern in self.mentions)

    def concerns(self, names: Collection[str]) -> bool:
        """Whether one of `names` (medicines and their classes) is a subject."""
        return ANY in self.subjects or not self.subjects.isdisjoint(names)


def facts_for(
    *, intents: Collection[str], medicines: Collection[str], classes: Collection[str], text: str
) -> tuple[Fact, ...]:
    """The facts that bear on a question, most important first.

    `medicines` are generic names, `classes` class keys that were named as such ("opioids"), `text` is the
    question itself.
    """
    lexicon = Lexicon.load()
    named = {name: {name, *lexicon.classes_of(name)} for name in dict.fromkeys(medicines)}
    named |= {key: {key} for key in classes}
    if not named:
        return ()
    folded = fold(text)
    found = []
    for fact in all_facts():
        subjects = [name for name, names in named.items() if fact.concerns(names)]
        if not subjects:
            continue
        if "any" not in fact.intents and fact.intents.isdisjoint(intents):
            continue
        if fact.with_ and not _with_another(fact, subjects, named):
            continue
        if fact.about and not any(pattern.search(folded) for pattern in fact.about):
            continue
        found.append(fact)
    return tuple(found)


def _with_another(fact: Fact, subjects: list[str], named: dict[str, set[str]]) -> bool:
    return any(
        not fact.with_.isdisjoint(names) for name, names in named.items() if any(other != name for other in subjects)
    )


@cache
def all_facts() -> tuple[Fact, ...]:
    """The whole table, most important first. Raises `ConfigError` for a fact that cannot be used."""
    lexicon = Lexicon.load()
    known = {ANY, *lexicon.medicines, *lexicon.classes}
    facts = []
    for row in (row for group in GROUPS for row in read_data(f"facts/{group}.toml")["fact"]):
        try:
            fact = Fact(
                id=row["id"],
                text=row["text"],
                why=row["why"],
                source=row["source"],
                source_url=row["source_url"],
                checked_on=row["checked_on"],
                subjects=frozenset((*row.get("medicines", ()), *row.get("classes", ()))),
                with_=frozenset(row.get("with", ())),
                intents=frozenset(row["intents"]),
                about=tuple(re.compile(pattern) for pattern in row.get("about", ())),
                mentions=tuple(re.compile(pattern) for pattern in row["mentions"]),
                always=row["always"],
                yields_to=frozenset(row.get("yields_to", ())),
            )
        except (KeyError, re.error) as error:
            raise ConfigError(f"A fact in knowledge/facts is malformed: {row.get('id')!r}, {error!r}.") from error
        unknown = (fact.subjects | fact.with_) - known or fact.intents - {"any", *known_intents()}
        if unknown or not fact.subjects:
            raise ConfigError(f"The fact {fact.id!r} names what is not known: {sorted(unknown)}.")
        facts.append(fact)
    ids = {fact.id for fact in facts}
    for fact in facts:
        if not fact.yields_to <= ids:
            raise ConfigError(f"The fact {fact.id!r} yields to what is not there: {sorted(fact.yields_to - ids)}.")
    return tuple(facts)
