"""The safety check from a command: it opens no index and no model, and imports nothing that could."""

from __future__ import annotations

from pathlib import Path

from medqa.config import Settings
from medqa.engine.gate import triage_only
from medqa.presentation import plain
from medqa.surfaces.cli_files import Line, print_json, read_history, to_json
from medqa.surfaces.cli_lines import each_line, error_line
from medqa.surfaces.terminal import print_plain
from medqa.types import SafetyVerdict


def triage_one(settings: Settings, text: str, history: Path | None, *, as_json: bool) -> None:
    verdict = triage_only(text, read_history(history), region=settings.safety.region)
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


def triage_all(settings: Settings, source: Path, target: Path, field: str) -> bool:
    """Judge every line of `source`. False when one could not be read: it gets ``{"id", "error"}``."""
    region = settings.safety.region

    def judged(line: Line) -> list[str]:
        verdict = triage_only(line.text, line.history, region=region)
        fields = {"level": verdict.level.value, "rule_id": verdict.rule_id, "intent": verdict.intent}
        return [to_json({"id": line.id, **fields, "redirects": verdict.redirects})]

    return each_line(source, target, field, judged, failed=error_line)


def _print(verdict: SafetyVerdict) -> None:
    lines: list[str] = [f"level: {verdict.level.value}"]
    if verdict.rule_id:
        lines.append(f"rule: {verdict.rule_id}")
    if verdict.intent:
        lines.append(f"intent: {verdict.intent}")
    if verdict.message:
        lines += ["", plain(verdict.message)]
    print_plain("\n".join(lines))
