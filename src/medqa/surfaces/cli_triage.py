"""The safety check from a command: it opens no index, and by the rules alone no model either."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from medqa.config import Settings
from medqa.engine.gate import SafetyGate, open_gate_model, open_settings_embedder, triage_only
from medqa.presentation import plain
from medqa.surfaces.cli_files import Line, print_json, read_history, to_json
from medqa.surfaces.cli_lines import each_line, error_line
from medqa.surfaces.terminal import print_plain, say
from medqa.types import SafetyVerdict, Turn

Judge = Callable[[str, Sequence[Turn]], SafetyVerdict]


def triage_one(settings: Settings, text: str, history: Path | None, *, as_json: bool, rules_only: bool) -> None:
    verdict = _judge(settings, rules_only=rules_only)(text, read_history(history))
    if as_json:
        print_json(
            {
                "level": verdict.level.value,
                "rule_id": verdict.rule_id,
                "message": verdict.message,
                "intent": verdict.intent,
                "redirects": verdict.redirects,
            }
        )
    else:
        _print(verdict)


def triage_all(settings: Settings, source: Path, target: Path, field: str, *, rules_only: bool) -> bool:
    """Judge every line of `source`. False when one could not be read: it gets ``{"id", "error"}``."""
    judge = _judge(settings, rules_only=rules_only)

    def judged(line: Line) -> list[str]:
        verdict = judge(line.text, line.history)
        fields = {"level": verdict.level.value, "rule_id": verdict.rule_id, "intent": verdict.intent}
        return [to_json({"id": line.id, **fields, "redirects": verdict.redirects})]

    return each_line(source, target, field, judged, failed=error_line)


def _judge(settings: Settings, *, rules_only: bool) -> Judge:
    region = settings.safety.region
    if rules_only:
        return partial(triage_only, region=region)
    gate = SafetyGate(region, partial(open_settings_embedder, settings), partial(open_gate_model, settings))

    def judge(text: str, history: Sequence[Turn]) -> SafetyVerdict:
        before = gate.problem
        verdict = gate.triage(text, history)
        if gate.problem != before:
            say(f"By the rules alone: {gate.problem}")
        return verdict

    return judge


def _print(verdict: SafetyVerdict) -> None:
    lines: list[str] = [f"level: {verdict.level.value}"]
    if verdict.rule_id:
        lines.append(f"rule: {verdict.rule_id}")
    if verdict.intent:
        lines.append(f"intent: {verdict.intent}")
    if verdict.message:
        lines += ["", plain(verdict.message)]
    print_plain("\n".join(lines))
