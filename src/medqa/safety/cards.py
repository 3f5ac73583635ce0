"""The wording of what a person reads: cards, lines above an answer, kind refusals. Numbers go by region."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

from medqa.errors import ConfigError
from medqa.safety.language import Language
from medqa.safety.rules import Rule, read_data

Region = Literal["us", "uk", "eu", "au", "ca"]


@cache
def _data(name: str) -> dict[str, Any]:
    return read_data(name)


def numbers(region: str, language: Language = "en") -> dict[str, str]:
    """The region's ``emergency``, ``crisis`` and ``poison`` wordings. Raises `ConfigError` for another region."""
    rows = _data("regions.toml")
    if region not in rows:
        raise ConfigError(
            f"The safety region {region!r} is not known.", remedy=f"Set [safety] region to one of: {', '.join(rows)}."
        )
    row = rows[region]
    suffix = "_es" if language == "es" else ""
    return {
        "emergency": row["emergency"],
        "crisis": row[f"crisis{suffix}"],
        "poison": row[f"poison{suffix}"],
    }


def _fill(template: str, values: dict[str, str]) -> str:
    for _ in range(2):  # a card's own text may hold numbers too
        for key, value in values.items():
            template = template.replace("{" + key + "}", value)
    return template


def card(rule: Rule, region: str, language: Language = "en") -> str:
    """The whole card of a rule as Markdown: the action line, what to do meanwhile, when it becomes an emergency."""
    suffix = "_es" if language == "es" else ""
    row, frame = _data("cards.toml")[rule.card], _data("policy.toml")["frame"]
    level = rule.level if rule.level != "topic" else "emergency"
    values = {**numbers(region, language), "say": row[f"say{suffix}"]}
    parts = [frame[f"{level}{suffix}"], row[f"wait{suffix}"], frame[f"{level}_tail{suffix}"]]
    if rule.id.startswith("foreign."):
        parts.insert(0, f"**{_data('foreign.toml')[rule.id.split('.')[1]]['line']}**")
    return "\n\n".join(_fill(part, values) for part in parts)


def first_line(rule: Rule, region: str, language: Language = "en") -> str:
    """The action line of a rule's card alone."""
    return card(rule, region, language).split("\n\n", 1)[0]


def subject_line(rule: Rule, region: str) -> str:
    """What stands above the answer to a question about an emergency."""
    row, frame = _data("cards.toml")[rule.card], _data("policy.toml")["frame"]
    kind = rule.card if rule.card == "crisis" else "crisis" if rule.level == "crisis" else rule.level
    level = {"topic": "emergency"}.get(kind, kind)
    return _fill(frame[f"topic_{level}"], {**numbers(region), "line": row["line"]}).strip()


def frame_text(name: str, region: str, language: Language = "en") -> str:
    """A wording of ``policy.toml`` [frame], in Spanish where it has one."""
    frame = _data("policy.toml")["frame"]
    text = frame.get(f"{name}_es", frame[name]) if language == "es" else frame[name]
    return _fill(str(text), numbers(region, language))


def intent_text(intent: str, region: str, language: Language = "en") -> str:
    """What a person reads who asks for advice that is not given."""
    table = _data("policy.toml")["intents_es" if language == "es" else "intents"]
    return _fill(str(table[intent]), numbers(region, language))


def disclaimer(region: str, language: Language = "en") -> str:
    """The sentence that stands with every answer."""
    numbers(region)
    if language == "es":
        return _fill(str(_data("policy.toml")["frame"]["disclaimer_es"]), numbers(region, language))
    return str(_data("policy.toml")["disclaimer"][region])
