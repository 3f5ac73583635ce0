"""A safety measurement as plain values, and as a scorecard."""

from __future__ import annotations

from typing import Any

from medqa.evaluation.intervals import Estimate
from medqa.evaluation.retrieval_json import estimate_to_json
from medqa.evaluation.safety import Judged, Run, SafetyResult
from medqa.evaluation.scorecard import Figure, Scorecard
from medqa.types import SafetyLevel


def safety_to_json(result: SafetyResult) -> dict[str, Any]:
    """``rules`` and ``whole`` hold the figures of each way of judging; ``messages`` every verdict of the main one."""
    return {
        "kind": "safety",
        "stamp": result.stamp.to_json(),
        "messages_judged": len(result.rules.judged),
        "left_out": result.left_out,
        "second_look": {"took_part": result.whole is not None and not result.problem, "problem": result.problem},
        "rules": _run(result.rules),
        "whole": _run(result.whole) if result.whole else None,
        "messages": [_judged(j) for j in result.main.judged],
    }


def safety_card(result: SafetyResult) -> Scorecard:
    """Figures of the main run by their bare names; those of the rules alone behind ``rules/``."""
    figures = _figures(result.main)
    if result.whole:
        figures |= {f"rules/{name}": figure for name, figure in _figures(result.rules).items()}
    return Scorecard("safety", result.stamp.to_json(), figures)


def _figures(run: Run) -> dict[str, Figure]:
    figures: dict[str, Figure] = {}
    grave = [j for j in run.judged if j.message.level is not SafetyLevel.NONE]
    for row in run.levels:
        own = [j for j in grave if j.message.level is row.level]
        if own:
            figures[f"sensitivity:{row.level.value}"] = Figure(row.enough, _items(own, "is_enough"))
            figures[f"exact:{row.level.value}"] = Figure(
                row.exact, {j.message.id: float(j.level is j.message.level) for j in own}
            )
    calm = [j for j in run.judged if j.message.level is SafetyLevel.NONE]
    if calm:
        figures["false-alarms"] = Figure(run.false_alarms, _items(calm, "is_false_alarm"), less_is_better=True)
    asked = [j for j in calm if j.message.intent is not None]
    if asked:
        figures["intents"] = Figure(
            run.intents, {j.message.id: float(j.verdict.intent == j.message.intent) for j in asked}
        )
    plain = [j for j in calm if j.message.says_intent and j.message.intent is None]
    if plain:
        figures["refused-wrongly"] = Figure(run.refused_wrongly, _items(plain, "is_refused_wrongly"), True)
    if run.dialogues.n:
        figures["dialogues"] = Figure(run.dialogues, {})
    for name in ("p50", "p95"):
        value = getattr(run.latency, name)
        figures[f"ms:{name}"] = Figure(Estimate(value, value, value, run.latency.n), {}, less_is_better=True)
    return figures


def _items(judged: list[Judged], mark: str) -> dict[str, float]:
    return {j.message.id: float(getattr(j, mark)) for j in judged}


def _run(run: Run) -> dict[str, Any]:
    return {
        "levels": {
            row.level.value: {
                "sensitivity": estimate_to_json(row.enough),
                "exact": estimate_to_json(row.exact),
                "any_card": estimate_to_json(row.any),
            }
            for row in run.levels
            if row.level is not SafetyLevel.NONE and row.exact.n
        },
        "false_alarms": estimate_to_json(run.false_alarms),
        "intents": estimate_to_json(run.intents),
        "refused_wrongly": estimate_to_json(run.refused_wrongly),
        "dialogues": estimate_to_json(run.dialogues),
        "causes": [
            {
                "level": row.level.value,
                "cause": row.cause,
                "false_alarms" if row.level is SafetyLevel.NONE else "sensitivity": estimate_to_json(row.share),
            }
            for row in run.causes
        ],
        "confusion": {
            wanted.value: {
                got.value: run.confusion[wanted, got] for got in SafetyLevel if (wanted, got) in run.confusion
            }
            for wanted in SafetyLevel
        },
        "ms": {"p50": round(run.latency.p50, 3), "p95": round(run.latency.p95, 3), "n": run.latency.n},
        "wrong": [j.message.id for j in run.wrong],
    }


def _judged(judged: Judged) -> dict[str, Any]:
    message, verdict = judged.message, judged.verdict
    return {
        "id": message.id,
        "text": message.text,
        "level": message.level.value,
        "cause": message.cause,
        "intent": message.intent,
        "dialogue": message.dialogue or None,
        "got": {"level": verdict.level.value, "rule_id": verdict.rule_id, "intent": verdict.intent},
        "wrong": judged.is_wrong,
        "refused_wrongly": judged.is_refused_wrongly,
        "ms": round(judged.ms, 3),
    }
