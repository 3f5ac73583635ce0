"""Gates: a figure that must be reached, for checks that run by themselves.

``section:nDCG@10=0.6`` must be reached or passed; a figure of which less is better must not be above. With
``=baseline`` it must not be worse than the baseline's by more than chance explains (permutation test, p < .05).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from medqa.errors import InputFileError
from medqa.evaluation.compare import Comparison
from medqa.evaluation.scorecard import Scorecard

SIGNIFICANT = 0.05
MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class Gate:
    """`limit` None: the baseline's figure."""

    name: str
    limit: float | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a gate was passed; `broken` names questions that explain why not, the worst first."""

    gate: Gate
    passed: bool
    value: float
    limit: float
    broken: tuple[str, ...]
    less_is_better: bool

    def __str__(self) -> str:
        sign = "<=" if self.less_is_better else ">="
        said = f"{self.gate.name} {self.value:.4f}, wanted {sign} {self.limit:.4f}"
        if self.passed:
            return f"gate passed: {said}"
        named = ", ".join(self.broken[:MOST_NAMED])
        more = f" and {len(self.broken) - MOST_NAMED} more" if len(self.broken) > MOST_NAMED else ""
        return f"gate missed: {said}" + (f"; look at: {named}{more}" if named else "")


def parse_gates(texts: Sequence[str], card: Scorecard, *, has_baseline: bool) -> list[Gate]:
    """Raises `InputFileError` for a figure that is not measured or a value that is none."""
    gates = []
    for text in texts:
        name, sign, value = text.rpartition("=")
        full = card.find(name)
        if not sign or full is None:
            raise InputFileError(
                f"--gate {text}: there is no figure {name or text!r}.",
                remedy=f"Write NAME=VALUE with one of: {', '.join(card.figures)}.",
            )
        if value == "baseline":
            if not has_baseline:
                raise InputFileError(f"--gate {text} needs a --baseline.", remedy="Give one, or a number.")
            gates.append(Gate(full, None))
            continue
        try:
            gates.append(Gate(full, float(value)))
        except ValueError as error:
            raise InputFileError(
                f"--gate {text}: {value!r} is not a number.", remedy="Write NAME=VALUE or NAME=baseline."
            ) from error
    return gates


def judge(gates: Sequence[Gate], card: Scorecard, comparison: Comparison | None) -> list[Verdict]:
    return [_judge(gate, card, comparison) for gate in gates]


def _judge(gate: Gate, card: Scorecard, comparison: Comparison | None) -> Verdict:
    figure = card.figures[gate.name]
    less, value = figure.less_is_better, figure.estimate.value
    change = comparison.changes.get(gate.name) if comparison else None
    if gate.limit is not None:
        limit = gate.limit
        passed = value <= limit if less else value >= limit
    elif change is None:
        raise InputFileError(f"--gate {gate.name}=baseline: the baseline has no {gate.name} for these questions.")
    else:
        limit, value = change.before, change.now
        is_worse = value > limit if less else value < limit
        passed = not (is_worse and change.p_permutation < SIGNIFICANT)
    broken: tuple[str, ...] = ()
    if not passed:
        broken = change.lost if change is not None and change.lost else _below(card, gate.name, limit)
    return Verdict(gate, passed, value, limit, broken, less)


def _below(card: Scorecard, name: str, limit: float) -> tuple[str, ...]:
    """Questions on the wrong side of the limit themselves, the worst first."""
    figure = card.figures[name]
    sign = -1.0 if figure.less_is_better else 1.0
    below = [(sign * value, item) for item, value in figure.items.items() if sign * (value - limit) < 0]
    return tuple(item for _, item in sorted(below))
