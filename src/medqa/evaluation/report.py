"""A measurement as one HTML file that holds everything: it loads nothing and runs nothing.

A report is made of tiles, charts, tables and cases; what stands in them is decided by the module of each kind of
measurement. Every text is escaped by the template.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from markupsafe import Markup

from medqa.evaluation.compare import Comparison
from medqa.evaluation.gates import Verdict
from medqa.evaluation.intervals import Estimate

if TYPE_CHECKING:
    from jinja2 import Template

Tone = Literal["right", "near", "wrong", ""]


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure that is seen first."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    title: str
    svg: Markup
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """`rows` are texts; the first column names the row. `folded` tables open on request."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that was found or said, with what it was worth."""

    title: str
    text: str
    tone: Tone = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """One question or message in full."""

    id: str
    text: str
    tags: tuple[str, ...] = ()
    note: str = ""
    wanted: tuple[Item, ...] = ()
    found: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Cases:
    title: str
    cases: tuple[Case, ...]
    caption: str = ""
    wanted: str = "What answers it"
    found: str = "What was found"


@dataclass(frozen=True, slots=True)
class Report:
    title: str
    lead: str
    stamp: Mapping[str, Any]
    tiles: tuple[Tile, ...]
    charts: tuple[Chart, ...]
    tables: tuple[Table, ...]
    cases: tuple[Cases, ...]


def render(report: Report, gates: Sequence[Verdict] = ()) -> str:
    """The whole page."""
    return _template().render(report=report, gates=gates, stamp=_stamp_rows(report.stamp))


def interval(estimate: Estimate) -> str:
    """``.912 [.880, .940]``"""
    if not estimate.n:
        return "–"
    return f"{estimate.value:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"


def change_table(comparison: Comparison, main: str) -> Table:
    """The main figures before and now."""
    rows = [
        (
            change.name.removeprefix(main),
            f"{change.before:.3f}",
            f"{change.now:.3f}",
            f"{change.difference.value:+.3f} [{change.difference.low:+.3f}, {change.difference.high:+.3f}]",
            f"{change.p_permutation:.3f}",
            f"{len(change.won)} / {len(change.lost)} / {change.same}",
        )
        for change in comparison.changes.values()
        if change.name.startswith((main, "abstention"))
    ]
    caption = "p: permutation test over questions. " + "; ".join(f"Beware: {c}" for c in comparison.cautions)
    head = ("figure", "before", "now", "difference", "p", "better / worse / same")
    return Table("Against the baseline", head, tuple(rows), caption.strip())


def _stamp_rows(stamp: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for key, value in stamp.items():
        if isinstance(value, Mapping):
            rows += _stamp_rows(value, f"{prefix}{key}.")
        elif value not in ("", None):
            rows.append((f"{prefix}{key}", str(value)))
    return rows


@cache
def _template() -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    environment = Environment(
        loader=PackageLoader("medqa.evaluation"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html")
