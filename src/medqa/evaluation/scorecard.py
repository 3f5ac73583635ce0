"""A measurement in the form that can be kept, compared and held to a gate: figures, and what each question gave.

A kept scorecard is called a baseline. Its file is JSON with the stamp of the measurement, so that it says itself
what it was measured on.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TextIO

from pydantic import BaseModel, ConfigDict, ValidationError

from medqa.errors import InputFileError
from medqa.evaluation.intervals import Estimate

Kind = Literal["retrieval", "answers", "safety"]
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure with its interval. `less_is_better` for shares of mistakes and for milliseconds.

    `items` holds what each question or message gave, where the figure is a mean of that; else it is empty.
    """

    estimate: Estimate
    items: Mapping[str, float]
    less_is_better: bool = False


@dataclass(frozen=True, slots=True)
class Scorecard:
    """Figures by name. `main` is what stands before a name that is given without a prefix (``section:``)."""

    kind: Kind
    stamp: Mapping[str, Any]
    figures: Mapping[str, Figure]
    main: str = ""

    def find(self, name: str) -> str | None:
        """The full name of a figure, given in full or without the main prefix; None when there is none."""
        for candidate in (name, f"{self.main}{name}"):
            if candidate in self.figures:
                return candidate
        return None


class _FigureFile(BaseModel):
    model_config = ConfigDict(extra="ignore")
    value: float
    low: float
    high: float
    n: int
    less_is_better: bool = False
    items: dict[str, float] = {}


class _File(BaseModel):
    model_config = ConfigDict(extra="ignore")
    format: Literal[1]
    kind: Kind
    main: str
    stamp: dict[str, Any]
    figures: dict[str, _FigureFile]


def write_scorecard(out: TextIO, card: Scorecard) -> None:
    """One line a figure, so that a difference between two baselines can be read."""
    lines = []
    for name, figure in card.figures.items():
        e = figure.estimate
        entry: dict[str, Any] = {"value": _short(e.value), "low": _short(e.low), "high": _short(e.high), "n": e.n}
        if figure.less_is_better:
            entry["less_is_better"] = True
        if figure.items:
            entry["items"] = {item: _short(value) for item, value in figure.items.items()}
        lines.append(f"  {json.dumps(name)}: {json.dumps(entry, ensure_ascii=False)}")
    head = {"format": FORMAT, "kind": card.kind, "main": card.main, "stamp": dict(card.stamp)}
    out.write(json.dumps(head, ensure_ascii=False, indent=1)[:-2] + ',\n "figures": {\n')
    out.write(",\n".join(lines) + "\n }\n}\n")


def read_scorecard(path: Path) -> Scorecard:
    """A baseline. Raises `InputFileError` when it is none."""
    remedy = "Make one with: medqa eval ... --write-baseline FILE"
    try:
        found = _File.model_validate_json(path.read_bytes())
    except OSError as error:
        raise InputFileError(f"The baseline {path} cannot be read: {error.strerror}.", remedy=remedy) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise InputFileError(f"{path} is not a baseline: {where}: {first['msg']}.", remedy=remedy) from error
    figures = {
        name: Figure(Estimate(f.value, f.low, f.high, f.n), f.items, f.less_is_better)
        for name, f in found.figures.items()
    }
    return Scorecard(found.kind, found.stamp, figures, found.main)


def _short(value: float) -> float:
    """Six significant digits are more than any figure here carries."""
    return value if value == 0 or not math.isfinite(value) else float(f"{value:.6g}")
