"""What the bot says in words of its own: easy to read, and it never sets, stops or reassures."""

from __future__ import annotations

import re

import pytest

from medqa.knowledge.reading_grade import measure
from medqa.safety.cards import card, frame_text, intent_text
from medqa.safety.rules import read_data, rule_book, similar_rule
from medqa.types import SafetyLevel

MAX_GRADE = 8.0
NEVER = re.compile(
    r"\byou have (?:a|an|the) (?!right|plan|pen|pump|crew|line)\w+ (?:attack|infection|disease)\b|\byou are having\b"
    r"|\b(?:stop|start|restart|skip|halve|double) (?:taking )?(?:your|the|this) (?:medicine|dose|tablets?|pills?)\b"
    r"|\btake (?:two|three|\d+) |\b(?:it is|you are|that is) (?:fine|harmless|normal|nothing)\b"
    r"|\b(?:nothing to worry|do not worry|don't worry|no need to worry|no risk|lethal dose)\b",
    re.IGNORECASE,
)


def own_words() -> dict[str, str]:
    carded = {
        rule.card: rule for rule in rule_book().rules if rule.level in ("emergency", "crisis", "poison", "urgent")
    }
    similar = (similar_rule(level) for level in SafetyLevel if level is not SafetyLevel.NONE)
    texts = {rule.card: card(rule, "us") for rule in [*carded.values(), *similar]}
    policy = read_data("policy.toml")
    texts |= {
        f"frame {name}": frame_text(name, "us")
        for name, line in policy["frame"].items()
        if "_es" not in name and "{line}" not in line
    }
    texts |= {f"intent {name}": intent_text(name, "us") for name in policy["intents"]}
    return {name: text for name, text in texts.items() if len(text.split()) > 3}


@pytest.mark.parametrize("name", own_words())
def test_own_words_are_easy_and_give_no_orders_about_medicines(name: str) -> None:
    text = own_words()[name]
    sentences = [part for part in re.split(r"(?<=[.!?:])\s+|\n+", re.sub(r"[*_#>`]", "", text)) if part.strip()]
    grade = measure(sentences, {"acetaminophen", "intrathecal", "baclofen", "naloxone", "epinephrine"}).grade
    assert grade is not None
    assert grade <= MAX_GRADE, grade
    assert NEVER.search(text) is None, NEVER.search(text)
