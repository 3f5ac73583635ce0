"""The rules as data (``rules.toml``): severity, reason, what to do, source; and the figures they measure with."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from medqa.audit.findings import Severity
from medqa.errors import ConfigError
from medqa.knowledge.claims import claim_reasons


@dataclass(frozen=True, slots=True)
class Rule:
    """What is checked. `sourced`: only a warning in an article that names its sources."""

    id: str
    group: str
    severity: Severity
    title: str
    reason: str
    action: str
    source: str
    source_url: str
    sourced: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """The figures of the rules. Grades are Flesch-Kincaid grades; `unverified_overlap` is a percentage."""

    grade_article: float
    grade_section: float
    grade_min_words: int
    sentence_words: int
    paragraph_words: int
    paragraph_sentences: int
    words_min: int
    words_max: int
    sources_min: int
    expired_after_days: int
    unverified_overlap: int


@dataclass(frozen=True, slots=True)
class RuleBook:
    """All rules by id, in the order of the file, and their limits."""

    rules: dict[str, Rule]
    limits: Limits


def read_table(name: str) -> dict[str, Any]:
    """The TOML file `name` of this package. Raises `ConfigError` naming the file when it cannot be read."""
    resource = files("medqa.audit") / name
    try:
        return tomllib.loads(resource.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(
            f"The data file {name} of the audit cannot be read: {error}.", remedy="Reinstall medqa with: make install"
        ) from error


@cache
def load_rules() -> RuleBook:
    """The rules that ship with medqa. Raises `ConfigError` for a rule that cannot be used."""
    data = read_table("rules.toml")
    claims = claim_reasons()
    rules: dict[str, Rule] = {}
    for row in data["rule"]:
        try:
            source = data["sources"][row["source"]]
            rule = Rule(
                id=row["id"],
                group=row["group"],
                severity=Severity(row["severity"]),
                title=row["title"],
                reason=row["reason"] if "reason" in row else claims[row["claim"]],
                action=row["action"],
                source=source["name"],
                source_url=source["url"],
                sourced=row.get("sourced", False),
            )
        except (KeyError, ValueError) as error:
            raise ConfigError(f"A rule in rules.toml is malformed: {row.get('id')!r}, {error!r}.") from error
        if rule.id in rules:
            raise ConfigError(f"The rule {rule.id!r} stands twice in rules.toml.")
        rules[rule.id] = rule
    missing = sorted(set(claims) - {row.get("claim") for row in data["rule"]})
    if missing:
        raise ConfigError(f"Claims without a rule in rules.toml: {missing}.")
    try:
        return RuleBook(rules, Limits(**data["limits"]))
    except TypeError as error:
        raise ConfigError(f"The limits in rules.toml are malformed: {error}.") from error
