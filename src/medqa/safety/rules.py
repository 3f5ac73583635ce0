"""Reads the rules, the words they use and the scopes, once a process, and checks that they fit together."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from medqa.errors import ConfigError
from medqa.knowledge.folding import fold
from medqa.knowledge.lexicon import Lexicon
from medqa.safety.patterns import Pattern, Vocabulary, parse
from medqa.safety.reading import Mender
from medqa.safety.scopes import ScopeData
from medqa.types import SafetyLevel

RULE_FILES = (
    *("rules.toml", "general.toml", "redflags.toml", "mishaps.toml", "today.toml", "crisis.toml"),
    *("spanish.toml", "spanish_calm.toml"),
)
LEVELS = ("emergency", "crisis", "poison", "urgent", "none", "topic", "sign")
_RULE_KEYS = {
    "id", "level", "card", "reason", "seq", "near", "unless", "void", "within", "needs", "asks", "topic", "intent",
    "redirect"
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of `RULE_FILES`. `needs`: groups; of each, one sign, concept or wording must hold. `unless` voids a match
    that it is near to, `within` one that it shares a word with."""

    id: str
    level: str
    card: str
    reason: str
    patterns: tuple[Pattern, ...]
    unless: tuple[Pattern, ...]
    within: tuple[Pattern, ...]
    needs: tuple[tuple[str, ...], ...]
    asks: bool
    topic: bool
    intent: str
    redirect: bool


@dataclass(frozen=True, slots=True)
class RuleBook:
    """Everything triage reads. `rules` keep the order of the file, which is their rank within a level."""

    rules: tuple[Rule, ...]
    scopes: ScopeData
    vocabulary: Vocabulary
    mender: Mender
    numbers: Mapping[str, str]
    symptoms: tuple[str, ...]
    release: tuple[Pattern, ...]
    not_release: tuple[Pattern, ...]


def read_data(name: str) -> dict[str, Any]:
    """The TOML file `name` of this package. Raises `ConfigError` naming the file when it cannot be read."""
    try:
        return tomllib.loads((files("medqa.safety") / name).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(
            f"The data file {name} of medqa cannot be read: {error}.", remedy="Reinstall medqa with: make install"
        ) from error


@cache
def rule_book() -> RuleBook:
    """The rules that ship with medqa. Raises `ConfigError` for a rule that cannot be understood."""
    words = read_data("concepts.toml")
    scopes = read_data("scopes.toml")
    rows = [_voided(row, data.get("void", {})) for data in map(read_data, RULE_FILES) for row in data["rule"]]
    release = read_data("release.toml")
    numbers: dict[str, str] = words["numbers"]
    slang: dict[str, str] = {fold(word): fold(meaning) for word, meaning in words["slang"].items()}
    reader = _TermReader(numbers, slang)
    concepts = {name: tuple(reader.read(term) for term in terms) for name, terms in words["concept"].items()}
    concepts |= {name: tuple(reader.read(term) for term in terms) for name, terms in _medicine_concepts().items()}

    def compiled(kind: Any, lines: Sequence[str]) -> tuple[Pattern, ...]:
        return tuple(parse(kind, reader.read_pattern(line), concepts) for line in lines)

    rules = tuple(
        Rule(
            id=row["id"],
            level=row["level"],
            card=row.get("card", ""),
            reason=row.get("reason", ""),
            patterns=compiled("seq", row.get("seq", ())) + compiled("near", row.get("near", ())),
            unless=compiled("seq", row.get("unless", ())),
            within=compiled("seq", row.get("within", ())),
            needs=tuple(tuple(reader.read_need(need) for need in group) for group in row.get("needs", ())),
            asks=row.get("asks", False),
            topic=row.get("topic", True),
            intent=row.get("intent", ""),
            redirect=row.get("redirect", False),
        )
        for row in rows
    )
    _check(rows, rules, concepts)

    def listed(key: str) -> frozenset[str]:
        return frozenset(scopes[key])

    data = ScopeData(
        negators=listed("negators"),
        negation_fillers=listed("negation_fillers"),
        negation_cancels=listed("negation_cancels"),
        conditionals=listed("conditionals"),
        causatives=listed("causatives"),
        whether=listed("whether"),
        how=listed("how"),
        frames=compiled("seq", scopes["frames"]),
        fiction=compiled("seq", scopes["fiction"]),
        openers=listed("openers"),
        opener_stops=listed("opener_stops"),
        after=compiled("seq", scopes["after"]),
        personal=compiled("seq", scopes["personal"]),
        insistent=compiled("seq", scopes["insistent"]),
        past=compiled("seq", scopes["past"]),
        recent=listed("recent"),
    )
    released = compiled("seq", release["release"])
    not_released = compiled("seq", release["not_release"])
    needed = tuple(
        parse("seq", need if need.startswith("@") else need.replace(" ", "_"), concepts)
        for rule in rules
        for group in rule.needs
        for need in group
        if not need.startswith("sign.")
    )
    patterns = [p for rule in rules for p in (*rule.patterns, *rule.unless, *rule.within)]
    patterns += [*data.frames, *data.fiction, *data.after, *data.personal, *data.insistent, *data.past]
    patterns += [*released, *not_released, *needed]
    vocabulary = Vocabulary(concepts, patterns)
    return RuleBook(
        rules=rules,
        scopes=data,
        vocabulary=vocabulary,
        mender=Mender(vocabulary.words(), slang),
        numbers=numbers,
        symptoms=tuple(words["symptoms"]["concepts"]),
        release=released,
        not_release=not_released,
    )


def _voided(row: dict[str, Any], lists: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """`row` with the lists of its file that its `void` names put behind `unless`, and any that `within` names."""
    near, within = row.get("void", ()), row.get("within", ())
    missing = [name for name in (*near, *(line for line in within if " " not in line)) if name not in lists]
    if missing:
        raise ConfigError(f"The safety rule {row['id']!r} is voided by {missing[0]!r}, which does not exist.")
    return {
        **row,
        "unless": [*row.get("unless", ()), *(line for name in near for line in lists[name])],
        "within": [line for name in within for line in lists.get(name, [name])],
    }


@cache
def similar_rule(level: SafetyLevel) -> Rule:
    """What the second look finds, as a rule: it has no patterns, only a level and its card."""
    name = f"similar.{level.value}"
    reason = "reads like labelled messages of this level"
    return Rule(name, level.value, name.replace(".", "-"), reason, (), (), (), (), False, False, "", False)


@cache
def foreign_rule(language: str, level: str) -> Rule:
    """What words of danger in another language give, as a rule (`foreign.py`)."""
    reason = "words of danger in a language that is not read otherwise"
    return Rule(
        f"foreign.{language}.{level}", level, f"similar-{level}", reason, (), (), (), (), False, False, "", False
    )


@cache
def similar_intent(intent: str) -> Rule:
    """An intent that the second look finds, as a rule; it redirects where the rules for that intent do."""
    redirect = any(rule.redirect for rule in rule_book().rules if rule.intent == intent)
    reason = "reads like labelled messages of this intent"
    return Rule(f"similar.intent.{intent}", "none", "", reason, (), (), (), (), False, False, intent, redirect)


class _TermReader:
    """Puts the wordings of the data into the form in which messages are read."""

    def __init__(self, numbers: Mapping[str, str], slang: Mapping[str, str]) -> None:
        self._replaced = {**slang, **numbers}

    def read(self, term: str) -> str:
        if term.endswith("*"):
            return fold(term)
        words = fold(term).replace("-", " ").replace("/", " ").split()
        return " ".join(self._replaced.get(word, word) for word in words)

    def read_pattern(self, line: str) -> str:
        parts = []
        for part in line.split():
            if part.startswith("~"):
                parts.append(part)
                continue
            names = [
                name if name.startswith("@") else self.read(name.replace("_", " ")).replace(" ", "_")
                for name in part.split("|")
            ]
            parts.append("|".join(name for name in names if name))
        return " ".join(parts)

    def read_need(self, need: str) -> str:
        return need if need.startswith(("@", "sign.")) else self.read(need)


def _medicine_concepts() -> dict[str, list[str]]:
    """Every name of every medicine by class, and under ``medicine`` all of them."""
    lexicon = Lexicon.load()
    concepts: dict[str, list[str]] = {key: list(names) for key, names in lexicon.classes.items()}
    everything: set[str] = {name for names in lexicon.classes.values() for name in names}
    for medicine in lexicon.medicines.values():
        names = [medicine.name, *medicine.brands, *medicine.lay, *medicine.typos]
        plural = [f"{name}s" for name in names if " " not in name and not name.endswith("s")]
        for key in medicine.classes:
            concepts[key] += [*names, *plural]
        everything.update(names, plural)
    concepts["medicine"] = sorted(everything)
    return concepts


def _check(rows: Sequence[Mapping[str, Any]], rules: Sequence[Rule], concepts: Mapping[str, object]) -> None:
    cards = read_data("cards.toml")
    ids = [rule.id for rule in rules]
    for row, rule in zip(rows, rules, strict=True):
        unknown = set(row) - _RULE_KEYS
        problem = (
            f"has unknown keys {sorted(unknown)}" if unknown
            else "stands twice" if ids.count(rule.id) > 1
            else f"has the unknown level {rule.level!r}" if rule.level not in LEVELS
            else "has neither patterns nor needs" if not rule.patterns and not rule.needs
            else "gives no reason" if rule.level not in ("sign", "topic") and not rule.reason
            else f"has no card {rule.card!r}" if rule.card not in cards and rule.level not in ("sign", "none")
            else "has no intent" if rule.level == "none" and not rule.intent
            else ""
        )  # fmt: skip
        for need in (need for group in rule.needs for need in group):
            if (need.startswith("sign.") and need not in ids) or (need[0] == "@" and need[1:] not in concepts):
                problem = f"needs {need!r}, which does not exist"
        if problem:
            raise ConfigError(f"The safety rule {rule.id!r} {problem}.")
