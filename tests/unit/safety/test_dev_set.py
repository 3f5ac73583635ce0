"""The development messages: what the rules reach on them. They were written beside the rules, so this is a
floor against going backwards, no measure of how the gate does on messages that nobody here has seen."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from medqa.safety.triage import triage

DEV = Path(__file__).parents[3] / "evals" / "safety" / "dev.jsonl"


@pytest.fixture(scope="module")
def outcomes() -> list[tuple[dict[str, str], str, str | None]]:
    rows = [json.loads(line) for line in DEV.read_text(encoding="utf-8").splitlines()]
    verdicts = [triage(row["text"]) for row in rows]
    return [(row, str(v.level), v.intent) for row, v in zip(rows, verdicts, strict=True)]


def test_the_set_is_large_and_near_misses_are_many(outcomes: list[tuple[dict[str, str], str, str | None]]) -> None:
    levels = Counter(row["level"] for row, _, _ in outcomes)
    assert sum(levels.values()) >= 150
    assert levels["none"] >= 100
    assert len({row["id"] for row, _, _ in outcomes}) == len(outcomes)


@pytest.mark.parametrize(("level", "floor"), [("emergency", 0.98), ("crisis", 0.98), ("poison", 0.9), ("urgent", 0.9)])
def test_sensitivity(outcomes: list[tuple[dict[str, str], str, str | None]], level: str, floor: float) -> None:
    wanted = [(row["text"], got) for row, got, _ in outcomes if row["level"] == level]
    missed = [text for text, got in wanted if got != level]
    assert 1 - len(missed) / len(wanted) >= floor, missed


def test_false_alarms(outcomes: list[tuple[dict[str, str], str, str | None]]) -> None:
    calm = [(row["text"], got) for row, got, _ in outcomes if row["level"] == "none"]
    alarms = [text for text, got in calm if got != "none"]
    assert len(alarms) / len(calm) <= 0.02, alarms


def test_intents(outcomes: list[tuple[dict[str, str], str, str | None]]) -> None:
    wrong = [
        (row["text"], intent)
        for row, _, intent in outcomes
        if row["cause"].startswith("intent:") and intent != row["cause"].removeprefix("intent:")
    ]
    assert wrong == []
