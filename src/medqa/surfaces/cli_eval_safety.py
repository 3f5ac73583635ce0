"""The work behind `medqa eval safety`."""

from __future__ import annotations

from pathlib import Path

from medqa.config import Settings
from medqa.evaluation.report import render
from medqa.evaluation.safety import Judged, Run, SafetyResult, evaluate_safety
from medqa.evaluation.safety_json import safety_card, safety_to_json
from medqa.evaluation.safety_report import safety_report
from medqa.evaluation.safety_sets import read_messages
from medqa.surfaces.cli_eval_verdict import cell, reach_verdicts, verdict_lines, verdicts_to_json
from medqa.surfaces.cli_files import print_json, writing
from medqa.surfaces.progress import stage_progress
from medqa.surfaces.terminal import print_plain, say
from medqa.types import SafetyLevel


def measure_safety(
    settings: Settings,
    files: tuple[Path, ...],
    *,
    rules_only: bool,
    misses: bool,
    baseline: Path | None,
    write_baseline: Path | None,
    gates: tuple[str, ...],
    html: Path | None,
    as_json: bool,
) -> bool:
    """False when a gate was missed, or the second look could not take part."""
    messages = read_messages(files)
    with stage_progress() as progress:
        result = evaluate_safety(
            settings,
            messages,
            rules_only=rules_only,
            progress=(lambda done, total: progress("messages", done, total)) if progress else None,
        )
    if result.problem:
        say(f"By the rules alone: {result.problem}")
    card = safety_card(result)
    verdicts = reach_verdicts(card, baseline=baseline, gates=gates, write_baseline=write_baseline)
    if html:
        with writing(html) as out:
            out.write(render(safety_report(result, verdicts.comparison), verdicts.gates))
    if as_json:
        print_json({**safety_to_json(result), **verdicts_to_json(verdicts)})
    else:
        lines = safety_lines(result) + (["", *miss_lines(result.main)] if misses else [])
        print_plain("\n".join([*lines, *verdict_lines(verdicts, card)]))
    return verdicts.passed and not result.problem


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
