"""The whole gate with the real model, on messages kept out of its training: a floor against going backwards."""

from __future__ import annotations

import hashlib
import json
from functools import partial
from pathlib import Path

import pytest

from medqa.config import load_settings
from medqa.engine.gate import SafetyGate, open_gate_model, open_settings_embedder
from medqa.types import SafetyLevel, Turn

TRAIN = Path(__file__).parents[2] / "evals" / "safety" / "train1.jsonl"


@pytest.fixture(scope="module")
def judged() -> list[tuple[dict[str, str], SafetyLevel]]:
    """Every second message of the fifth that `benchmarks/safety_vectors.py` keeps out, by hash of the id."""
    rows = [json.loads(line) for line in TRAIN.read_text("utf-8").splitlines()]
    kept_out = [row for row in rows if hashlib.sha256(row["id"].encode()).digest()[0] % 5 == 0][::2]
    settings = load_settings()
    gate = SafetyGate("us", partial(open_settings_embedder, settings), partial(open_gate_model, settings))
    verdicts = [gate.triage(row["text"], [Turn(**turn) for turn in row.get("history") or ()]) for row in kept_out]
    assert gate.problem == "", "the second look must have taken part"
    return [(row, verdict.level) for row, verdict in zip(kept_out, verdicts, strict=True)]


def test_emergencies_of_the_held_out_messages(judged: list[tuple[dict[str, str], SafetyLevel]]) -> None:
    missed = [row["text"][:80] for row, level in judged if row["level"] == "emergency" and level is SafetyLevel.NONE]
    wanted = sum(row["level"] == "emergency" for row, _ in judged)
    assert wanted >= 40
    assert 1 - len(missed) / wanted >= 0.88, missed


def test_false_cards_of_the_held_out_messages(judged: list[tuple[dict[str, str], SafetyLevel]]) -> None:
    alarms = [row["text"][:80] for row, level in judged if row["level"] == "none" and level is not SafetyLevel.NONE]
    assert len(alarms) / sum(row["level"] == "none" for row, _ in judged) <= 0.08, alarms


def test_a_model_that_cannot_be_opened_leaves_the_rules() -> None:
    settings = load_settings(embedding={"model": "no/such-model"})
    gate = SafetyGate("us", partial(open_settings_embedder, settings), partial(open_gate_model, settings))
    assert gate.triage("I have crushing chest pain").level is SafetyLevel.EMERGENCY
    assert gate.problem == "", "a rule's emergency asks for no model"
    assert gate.triage("What helps a stiff back?").level is SafetyLevel.NONE
    assert "no/such-model" in gate.problem
