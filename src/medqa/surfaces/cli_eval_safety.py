"""The work behind `medqa eval safety`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from medqa.config import Settings
from medqa.evaluation.safety import Judged, Run, SafetyResult, evaluate_safety
from medqa.evaluation.safety_json import safety_card, safety_to_json
from medqa.evaluation.safety_report import safety_report
from medqa.evaluation.safety_sets import read_messages
from medqa.surfaces.cli_eval_verdict import Ending, cell, conclude
from medqa.surfaces.progress import counting
from medqa.surfaces.terminal import say
from medqa.types import SafetyLevel


def measure_safety(
    settings: Settings, files: tuple[Path, ...], ending: Ending, *, rules_only: bool, misses: bool
) -> bool:
    """False when a gate was missed, or the second look could not take part."""
    messages = read_messages(files)
    with counting("messages") as progress:
        result = evaluate_safety(settings, messages, rules_only=rules_only, progress=progress)
    if result.problem:
        say(f"By the rules alone: {result.problem}")
        if ending.write_baseline:
            say(f"{ending.write_baseline} is not written: it would be a baseline of half of the check.")
            ending = replace(ending, write_baseline=None)
    passed = conclude(
        ending,
        safety_card(result),
        lines=lambda: safety_lines(result) + (["", *miss_lines(result.main)] if misses else []),
        values=lambda: safety_to_json(result),
        report=lambda comparison: safety_report(result, comparison),
    )
    return passed and not result.problem


def safety_lines(result: SafetyResult) -> list[str]:
    runs = [run for run in (result.rules, result.whole) if run]
    lines = [
        f"{len(result.rules.judged)} messages" + (f"; {result.left_out} lines left out" if result.left_out else "")
    ]
    lines += ["", f"{'caught: that level or graver':<31}{'n':>5}" + "".join(f"{run.name:>24}" for run in runs)]
    for index, row in enumerate(result.rules.levels):
        if row.level is SafetyLevel.NONE or not row.enough.n:
            continue
        cells = "".join(f"{cell(run.levels[index].enough):>24}" for run in runs)
        lines.append(f"{row.level.value:<31}{row.enough.n:>5}{cells}")
    lines.append("")
    for name, field in (
        ("false alarms", "false_alarms"),
        ("no-advice requests seen", "intents"),
        ("harmless, yet sent away", "refused_wrongly"),
        ("dialogues right throughout", "dialogues"),
    ):
        shares = [getattr(run, field) for run in runs]
        if shares[0].n:
            lines.append(f"{name:<31}{shares[0].n:>5}" + "".join(f"{cell(share):>24}" for share in shares))
    times = "".join(f"{f'{run.latency.p50:.2f} / {run.latency.p95:.2f}':>24}" for run in runs)
    lines += [f"{'milliseconds, p50 / p95':<36}{times}", "", *confusion_lines(result.main)]
    return lines


def confusion_lines(run: Run) -> list[str]:
    levels = list(SafetyLevel)
    lines = [f"{'must be (down), got (across)':<31}" + "".join(f"{level.value:>11}" for level in levels)]
    for wanted in levels:
        counts = [run.confusion.get((wanted, got), 0) for got in levels]
        if any(counts):
            lines.append(f"{wanted.value:<31}" + "".join(f"{count or '.':>11}" for count in counts))
    return lines


def miss_lines(run: Run) -> list[str]:
    """Every miss and false alarm, one line each."""
    return [f"{len(run.wrong)} wrong, {run.name}:", *(_miss(judged) for judged in run.wrong)]


def _miss(judged: Judged) -> str:
    message, verdict = judged.message, judged.verdict
    wanted = message.level.value + (f"/{message.intent}" if message.intent else "")
    got = verdict.level.value + (f"/{verdict.intent}" if verdict.intent else "")
    return f"{message.id}  {wanted} -> {got} ({message.cause})  {' '.join(message.text.split())}"
