"""Small charts as inline SVG: nothing to load, nothing to run, and their words can be read by a screen reader.

Coordinates are those of a drawing 360 wide, which a page shows at up to half its width. Colours come from the
page's own style sheet, so that a chart follows light and dark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from medqa.evaluation.intervals import Estimate

WIDTH = 360
TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
_ROW = 22
_LABEL = 132
_RIGHT = 48
_PLOT_TOP, _PLOT_HEIGHT, _PLOT_LEFT = 10, 150, 42


@dataclass(frozen=True, slots=True)
class Series:
    """A named group of values, drawn in the colour of that class (`one` or `two`)."""

    name: str
    values: tuple[float, ...]
    colour: str = "one"


@dataclass(frozen=True, slots=True)
class Mark:
    """A point of a curve that has a name."""

    x: float
    y: float
    name: str


def shares_with_intervals(rows: Sequence[tuple[str, Estimate]], *, says: str) -> Markup:
    """One line a row: its interval, its value as a dot and as a number. Values in [0, 1]."""
    height = _ROW * len(rows) + 22
    plot = WIDTH - _LABEL - _RIGHT
    parts = [
        Markup('<line class="grid" x1="{0:.1f}" y1="0" x2="{0:.1f}" y2="{1}"/>').format(_LABEL + plot * t, height - 16)
        for t in TICKS
    ]
    for n, (name, e) in enumerate(rows):
        y = _ROW * n + 12
        parts.append(
            Markup(
                '<text class="end" x="{0}" y="{1}">{2}</text>'
                '<line class="interval" x1="{3:.1f}" y1="{4}" x2="{5:.1f}" y2="{4}"/>'
                '<circle class="dot" cx="{6:.1f}" cy="{4}" r="4"/>'
                '<text class="number" x="{7}" y="{1}">{8:.3f}</text>'
            ).format(
                _LABEL - 8,
                y + 4,
                _cut(name, 20),
                _LABEL + plot * e.low,
                y,
                _LABEL + plot * e.high,
                _LABEL + plot * e.value,
                WIDTH - _RIGHT + 10,
                e.value,
            )
        )
    parts += [_text(_LABEL + plot * t, height - 2, f"{t:g}", "middle") for t in TICKS]
    return _svg(parts, height, says)


def histogram(groups: Sequence[Series], *, says: str, bins: int = 20, unit: str = "") -> Markup:
    """How many values of each group fall where; the groups side by side in each bin."""
    values = [value for group in groups for value in group.values]
    if not values:
        return Markup("")
    low, high = min(values), max(values)
    low, high = (low - 0.5, low + 0.5) if high == low else (low, high)
    counts = {g.name: _binned(g.values, low, high, bins) for g in groups}
    most = max(max(row) for row in counts.values())
    plot = WIDTH - _PLOT_LEFT - 10
    width = plot / bins / len(groups)
    parts = _axes(low, high, most, unit)
    for index, group in enumerate(groups):
        for n, count in enumerate(counts[group.name]):
            if count:
                tall = _PLOT_HEIGHT * count / most
                x = _PLOT_LEFT + plot * n / bins + width * index
                parts.append(
                    Markup('<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>').format(
                        group.colour, x, _PLOT_TOP + _PLOT_HEIGHT - tall, max(width - 1, 1), tall
                    )
                )
    height = _PLOT_TOP + _PLOT_HEIGHT + 22
    if len(groups) > 1:
        parts += _legend(groups, height + 14)
        height += 26
    return _svg(parts, height, says)


def curve(points: Sequence[tuple[float, float]], marks: Sequence[Mark], *, says: str, x: str, y: str) -> Markup:
    """A line through `points`, both axes from 0 to 1."""
    parts = _axes(0.0, 1.0, 1.0, "")
    path = " ".join(f"{_x(px):.1f},{_y(py):.1f}" for px, py in points)
    parts.append(Markup('<polyline class="curve" points="{}"/>').format(path))
    for mark in marks:
        parts.append(
            Markup('<circle class="mark" cx="{:.1f}" cy="{:.1f}" r="5"/>').format(_x(mark.x), _y(mark.y))
            + _text(_x(mark.x) - 8, _y(mark.y) - 8, mark.name, "end")
        )
    height = _PLOT_TOP + _PLOT_HEIGHT + 40
    parts.append(_text(_x(0.5), height - 6, f"across: {x}; up: {y}", "middle"))
    return _svg(parts, height, says)


def waterfall(differences: Sequence[float], *, says: str) -> Markup:
    """One bar a question, the greatest gain first: wins above the line, losses below."""
    ordered = sorted(differences, reverse=True)
    reach = max((abs(d) for d in ordered), default=0.0) or 1.0
    plot, half = WIDTH - _PLOT_LEFT - 10, _PLOT_HEIGHT / 2
    middle = _PLOT_TOP + half
    width = plot / max(len(ordered), 1)
    parts = [
        _text(_PLOT_LEFT - 4, _PLOT_TOP + 8, f"+{reach:.2g}", "end"),
        _text(_PLOT_LEFT - 4, _PLOT_TOP + _PLOT_HEIGHT, f"-{reach:.2g}", "end"),
        Markup('<line class="axis" x1="{0}" y1="{1}" x2="{2}" y2="{1}"/>').format(_PLOT_LEFT, middle, WIDTH - 10),
    ]
    for n, d in enumerate(ordered):
        tall = half * abs(d) / reach
        if tall:
            parts.append(
                Markup('<rect class="{}" x="{:.2f}" y="{:.1f}" width="{:.2f}" height="{:.1f}"/>').format(
                    "won" if d > 0 else "lost",
                    _PLOT_LEFT + width * n,
                    middle - (tall if d > 0 else 0),
                    max(width * 0.9, 0.6),
                    tall,
                )
            )
    return _svg(parts, _PLOT_TOP + _PLOT_HEIGHT + 8, says)


def _axes(low: float, high: float, most: float, unit: str) -> list[Markup]:
    bottom = _PLOT_TOP + _PLOT_HEIGHT
    parts = [
        Markup('<line class="axis" x1="{0}" y1="{1}" x2="{2}" y2="{1}"/>').format(_PLOT_LEFT, bottom, WIDTH - 10),
        _text(_PLOT_LEFT - 4, bottom, "0", "end"),
        _text(_PLOT_LEFT - 4, _PLOT_TOP + 8, f"{most:g}", "end"),
    ]
    for t in (0.0, 0.5, 1.0):
        anchor = "start" if t == 0 else "end" if t == 1 else "middle"
        value = low + (high - low) * t
        parts.append(_text(_x(t), bottom + 16, f"{value:.3g}{unit}", anchor))
    return parts


def _legend(groups: Sequence[Series], y: float) -> list[Markup]:
    parts, at = [], float(_PLOT_LEFT)
    for group in groups:
        parts.append(Markup('<rect class="{}" x="{}" y="{}" width="10" height="10"/>').format(group.colour, at, y - 9))
        parts.append(_text(at + 15, y, f"{group.name} ({len(group.values)})", "start"))
        at += 150
    return parts


def _binned(values: Sequence[float], low: float, high: float, bins: int) -> list[int]:
    counts = [0] * bins
    for value in values:
        counts[min(int((value - low) / (high - low) * bins), bins - 1)] += 1
    return counts


def _x(share: float) -> float:
    return _PLOT_LEFT + (WIDTH - _PLOT_LEFT - 10) * share


def _y(share: float) -> float:
    return _PLOT_TOP + _PLOT_HEIGHT * (1.0 - share)


def _text(x: float, y: float, text: str, anchor: str) -> Markup:
    return Markup('<text class="{}" x="{:.1f}" y="{:.1f}">{}</text>').format(anchor, x, y, text)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _svg(parts: Sequence[Markup], height: float, says: str) -> Markup:
    head = Markup('<svg viewBox="0 0 {} {:.0f}" role="img" aria-label="{}">').format(WIDTH, height, says)
    return head + Markup("").join(parts) + Markup("</svg>")


__all__ = ["Mark", "Series", "curve", "histogram", "shares_with_intervals", "waterfall"]
