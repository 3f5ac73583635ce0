"""The development messages: what the rules reach on them. They were written beside the rules, so this is a
floor against going backwards, no measure of how the gate does on messages that nobody here has seen."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from medqa.safety.triage import triage

SETS = Path(__file__).parents[3] / "evals" / "safety"
DEV, DEV2 = SETS / "dev.jsonl", SETS / "dev2.jsonl"


def read(path: Path) -> list[tuple[dict[str, str], str, str | None]]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    verdicts = [triage(row["text"]) for row in rows]
    return [(row, str(v.level), v.intent) for row, v in zip(rows, verdicts, strict=True)]


@pytest.fixture(scope="module")
def outcomes() -> list[tuple[dict[str, str], str, str | None]]:
    return read(DEV)


@pytest.fixture(scope="module")
def second() -> list[tuple[dict[str, str], str, str | None]]:
    return read(DEV2)


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


@pytest.mark.parametrize(
    ("level", "floor"), [("emergency", 0.98), ("crisis", 0.94), ("poison", 0.94), ("urgent", 0.94)]
)
def test_sensitivity_on_the_second_set(
    second: list[tuple[dict[str, str], str, str | None]], level: str, floor: float
) -> None:
    wanted = [(row["text"], got) for row, got, _ in second if row["level"] == level]
    missed = [text for text, got in wanted if got != level]
    assert 1 - len(missed) / len(wanted) >= floor, missed


def test_false_alarms_on_the_second_set(second: list[tuple[dict[str, str], str, str | None]]) -> None:
    calm = [(row["text"], got) for row, got, _ in second if row["level"] == "none"]
    alarms = [text for text, got in calm if got != "none"]
    assert len(alarms) / len(calm) <= 0.015, alarms


def test_no_ordinary_question_raises_a_card() -> None:
    rows = [json.loads(line) for line in (SETS.parent / "questions" / "dev.jsonl").read_text("utf-8").splitlines()]
    alarms = [row["question"] for row in rows if triage(row["question"]).level != "none"]
    assert alarms == []
