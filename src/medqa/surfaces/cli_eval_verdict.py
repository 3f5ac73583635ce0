"""What every measurement may end with: a comparison with a baseline, gates, and a new baseline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medqa.evaluation.compare import Change, Comparison, compare
from medqa.evaluation.gates import Verdict, judge, parse_gates
from medqa.evaluation.intervals import Estimate
from medqa.evaluation.report import Report, render
from medqa.evaluation.scorecard import Scorecard, read_scorecard, write_scorecard
from medqa.surfaces.cli_files import print_json, writing
from medqa.surfaces.terminal import print_plain

MOST_NAMED = 8


@dataclass(frozen=True, slots=True)
class Ending:
    """The options that every measurement has: what to compare with, what to reach, and in which form to say it."""

    baseline: Path | None
    write_baseline: Path | None
    gates: tuple[str, ...]
    html: Path | None
    as_json: bool


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What came of `--baseline` and `--gate`."""

    comparison: Comparison | None
    gates: tuple[Verdict, ...]
    baseline: Scorecard | None = None

    @property
    def passed(self) -> bool:
        return all(verdict.passed for verdict in self.gates)


def conclude(
    ending: Ending,
    card: Scorecard,
    *,
    lines: Callable[[], list[str]],
    values: Callable[[], dict[str, Any]],
    report: Callable[[Comparison | None], Report],
) -> bool:
    """Compare, judge, and write everything that was asked for. False when a gate was missed.

    Raises `InputFileError` for a baseline that is none and a gate on nothing that was measured.
    """
    before = read_scorecard(ending.baseline) if ending.baseline else None
    comparison = compare(before, card) if before else None
    gates = judge(parse_gates(ending.gates, card, has_baseline=before is not None), card, comparison)
    verdicts = Verdicts(comparison, tuple(gates), before)
    if ending.write_baseline:
        with writing(ending.write_baseline) as out:
            write_scorecard(out, card)
    if ending.html:
        with writing(ending.html) as out:
            out.write(render(report(comparison), verdicts.gates))
    if ending.as_json:
        print_json({**values(), **verdicts_to_json(verdicts)})
    else:
        print_plain("\n".join([*lines(), *verdict_lines(verdicts, card)]))
    return verdicts.passed


def verdicts_to_json(verdicts: Verdicts) -> dict[str, Any]:
    """``baseline`` and ``gates``, to stand beside the figures."""
    comparison = verdicts.comparison
    return {
        "baseline": {
            "stamp": dict(verdicts.baseline.stamp) if verdicts.baseline else {},
            "cautions": list(comparison.cautions),
            "changes": {name: _change_to_json(change) for name, change in comparison.changes.items()},
        }
        if comparison
        else None,
        "gates": [
            {
                "name": v.gate.name,
                "passed": v.passed,
                "value": round(v.value, 4),
                "limit": round(v.limit, 4),
                "less_is_better": v.less_is_better,
                "broken": list(v.broken),
            }
            for v in verdicts.gates
        ],
    }


def verdict_lines(verdicts: Verdicts, card: Scorecard) -> list[str]:
    """The changes of the main figures, then the gates."""
    lines: list[str] = []
    if verdicts.comparison and verdicts.baseline:
        stamp = verdicts.baseline.stamp
        when = str(stamp.get("measured_at", ""))[:10]
        lines += [
            "",
            f"against the baseline of {when}" + (f", commit {stamp['commit']}" if stamp.get("commit") else ""),
        ]
        lines += [f"  beware: {caution}" for caution in verdicts.comparison.cautions]
        shown = [c for n, c in verdicts.comparison.changes.items() if n.startswith((card.main, "abstention"))]
        lines.append(f"{'':<20}{'before':>8}{'now':>8}{'difference':>24}{'p':>7}  {'+ / - / =':>11}")
        lines += [_change_line(change, card) for change in shown]
        lost = next((change.lost for change in shown if change.lost), ())
        if lost:
            more = f" and {len(lost) - MOST_NAMED} more" if len(lost) > MOST_NAMED else ""
            lines.append(f"lost most by {_bare(shown, lost, card)}: {', '.join(lost[:MOST_NAMED])}{more}")
    if verdicts.gates:
        lines += ["", *map(str, verdicts.gates)]
    return lines


def _bare(shown: list[Change], lost: tuple[str, ...], card: Scorecard) -> str:
    return next(change.name for change in shown if change.lost == lost).removeprefix(card.main)


def _change_line(change: Change, card: Scorecard) -> str:
    d = change.difference
    difference = f"{d.value:+.3f} [{d.low:+.3f}, {d.high:+.3f}]"
    counts = f"{len(change.won)} / {len(change.lost)} / {change.same}"
    p = "-" if not (change.won or change.lost) else f"{change.p_permutation:.3f}"
    name = change.name.removeprefix(card.main)
    return f"{name:<20}{change.before:>8.3f}{change.now:>8.3f}{difference:>24}{p:>7}  {counts:>11}"


def _change_to_json(change: Change) -> dict[str, Any]:
    d = change.difference
    return {
        "before": round(change.before, 4),
        "now": round(change.now, 4),
        "difference": {"value": round(d.value, 4), "low": round(d.low, 4), "high": round(d.high, 4), "n": d.n},
        "p_permutation": round(change.p_permutation, 5),
        "p_t": round(change.p_t, 5),
        "won": list(change.won),
        "lost": list(change.lost),
        "same": change.same,
        "less_is_better": change.less_is_better,
    }


def cell(estimate: Estimate) -> str:
    """``0.912 [0.880, 0.940]``"""
    return f"{estimate.value:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]" if estimate.n else "-"
