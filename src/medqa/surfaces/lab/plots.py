"""The plots of a comparison: each as SVG, as a figure for plotly.js, and as the table that says the same.

A page shows the SVG; where plotly.js is there (``pip install 'medqa[lab]'``), a script of ours draws the figure in its
place, so that one can point at it and zoom. A figure names colours by their role (``one``, ``won`` ...); the script
takes them from the page, in light and in dark.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import fmean, quantiles
from typing import Any

from markupsafe import Markup

from medqa.evaluation.charts import Mark, Series, curve, histogram, shares_with_intervals, waterfall
from medqa.evaluation.intervals import Estimate
from medqa.surfaces.lab.each_question import Row, questions_of, text_of

Report = Mapping[str, Any]
SIDES = (("before", "two"), ("now", "one"))
MOST_CHARS = 90


@dataclass(frozen=True, slots=True)
class Plot:
    """`figure` holds the ``data`` and ``layout`` of plotly.js; `head` and `rows` are the table beside it, whose first
    `words` columns are text."""

    id: str
    title: str
    drawn: Markup
    figure: Mapping[str, Any]
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: int = 1


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure in one run of the trend."""

    run_id: str
    at: str
    commit: str
    settings: str
    estimate: Estimate


def plotly_js() -> Path | None:
    """The script of the installed plotly; None without it. The package itself is never imported."""
    spec = find_spec("plotly")
    path = Path(spec.origin).parent / "package_data" / "plotly.min.js" if spec and spec.origin else None
    return path if path is not None and path.is_file() else None


def gains(name: str, values: Mapping[str, float], rows: Mapping[str, Row]) -> Plot:
    """By how much each question changed, the greatest gain first."""
    ordered = sorted(values.items(), key=lambda pair: (-pair[1], pair[0]))
    texts = {item: text_of(rows.get(item, {}))[:MOST_CHARS] for item, _ in ordered}
    figure = {
        "data": [
            {
                "type": "bar",
                "x": list(range(1, len(ordered) + 1)),
                "y": [round(gain, 4) for _, gain in ordered],
                "customdata": [[item, _broken(texts[item])] for item, _ in ordered],
                "hovertemplate": "<b>%{customdata[0]}</b> %{y:+.3f}<br>%{customdata[1]}<extra></extra>",
                "marker": {"color": ["won" if gain > 0 else "lost" for _, gain in ordered]},
            }
        ],
        "layout": {"xaxis": {"title": "questions, the greatest gain first"}, "yaxis": {"title": "gain"}, "bargap": 0.1},
    }
    return Plot(
        "gains",
        "What each question gained or lost",
        waterfall(list(values.values()), says=f"{name}: by how much each question changed"),
        figure,
        ("Question", "In words", "Gain"),
        tuple((item, texts[item], f"{gain:+.3f}") for item, gain in ordered if gain),
        words=2,
    )


def risk(reports: tuple[Report, Report]) -> Plot | None:
    """Risk over coverage of both; None where a run did not weigh unanswerable questions."""
    found = [report.get("abstention") for report in reports]
    if not all(found):
        return None
    sides = [(name, colour, side) for (name, colour), side in zip(SIDES, found, strict=True) if side]
    data = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": f"{name} (area {side['aurc']:.3f})",
            "x": [point[0] for point in side["curve"]],
            "y": [point[1] for point in side["curve"]],
            "line": {"color": colour, "dash": "dot" if name == "before" else "solid"},
            "hovertemplate": "coverage %{x:.2f}, risk %{y:.3f}<extra></extra>",
        }
        for name, colour, side in sides
    ]
    drawn = Markup("").join(
        curve(
            [(x, y) for x, y in side["curve"]],
            [Mark(side["observed"]["coverage"], side["observed"]["risk"], name)],
            says=f"{name}: risk over coverage, area {side['aurc']:.3f}",
            x="coverage",
            y="risk",
        )
        for name, _, side in sides
    )
    rows = []
    for share in (0.25, 0.5, 0.75, 1.0):
        at = [next((y for x, y in side["curve"] if x >= share), None) for _, _, side in sides]
        rows.append((f"Risk at coverage {share:.0%}", *("" if y is None else f"{y:.3f}" for y in at)))
    rows.append(("Area under the curve", *(f"{side['aurc']:.4f}" for _, _, side in sides)))
    for name in ("coverage", "risk"):
        rows.append((f"As configured: {name}", *(f"{side['observed'][name]:.3f}" for _, _, side in sides)))
    layout = {
        "xaxis": {"title": "coverage", "range": [0, 1]},
        "yaxis": {"title": "risk", "rangemode": "tozero"},
    }
    return Plot(
        "risk", "Risk over coverage", drawn, {"data": data, "layout": layout}, ("", "Before", "Now"), tuple(rows)
    )


def latency(reports: tuple[Report, Report]) -> Plot | None:
    """How long the questions took in each run; None where one did not measure it for every question."""
    values = [[float(row["ms"]) for row in questions_of(report).values() if row.get("ms")] for report in reports]
    if not all(values):
        return None
    groups = [Series(name, tuple(ms), colour) for (name, colour), ms in zip(SIDES, values, strict=True)]
    data = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": group.name,
            "x": sorted(group.values),
            "y": [round(n / len(group.values), 4) for n in range(1, len(group.values) + 1)],
            "line": {"color": group.colour, "shape": "hv", "dash": "dot" if group.name == "before" else "solid"},
            "hovertemplate": "%{y:.0%} within %{x:.1f} ms<extra></extra>",
        }
        for group in groups
    ]
    rows: list[tuple[str, ...]] = [("Questions", *(str(len(ms)) for ms in values))]
    rows.append(("Mean", *(f"{fmean(ms):.1f}" for ms in values)))
    for share in (50, 95):
        rows.append((f"{share} of 100 within", *(f"{percentile(ms, share):.1f}" for ms in values)))
    rows.append(("Longest", *(f"{max(ms):.1f}" for ms in values)))
    layout = {"xaxis": {"title": "ms", "type": "log"}, "yaxis": {"title": "share answered by then", "range": [0, 1.02]}}
    return Plot(
        "latency",
        "Milliseconds of a question",
        histogram(groups, says="milliseconds of each question, before and now", unit=" ms"),
        {"data": data, "layout": layout},
        ("ms", "Before", "Now"),
        tuple(rows),
    )


def trend(name: str, runs: Sequence[Measured]) -> Plot | None:
    """`name` in the runs of the same questions and articles, oldest first; None for fewer than two."""
    if len(runs) < 2:
        return None
    values = [run.estimate for run in runs]
    labels = [f"{number}. {run.commit or run.at[:16]}" for number, run in enumerate(runs, start=1)]
    figure = {
        "data": [
            {
                "type": "scatter",
                "mode": "lines+markers",
                "x": labels,
                "y": [e.value for e in values],
                "error_y": {
                    "type": "data",
                    "array": [e.high - e.value for e in values],
                    "arrayminus": [e.value - e.low for e in values],
                    "color": "one",
                    "thickness": 1,
                },
                "line": {"color": "one"},
                "customdata": [[run.at[:16].replace("T", " "), run.settings] for run in runs],
                "hovertemplate": "%{y:.4f}<br>%{customdata[0]} %{customdata[1]}<extra></extra>",
            }
        ],
        "layout": {"yaxis": {"title": name}, "xaxis": {"type": "category", "title": "commit"}},
    }
    shares = all(e.low >= 0 and e.high <= 1 for e in values)
    drawn = shares_with_intervals(list(zip(labels, values, strict=True)), says=f"{name} over the runs")
    return Plot(
        "trend",
        f"{name} over the runs of these questions",
        drawn if shares else Markup(""),
        figure,
        ("Run (UTC)", "Commit", "Settings", "Value", "95% interval"),
        tuple(
            (r.at[:16].replace("T", " "), r.commit, r.settings, f"{e.value:.4f}", f"{e.low:.3f} to {e.high:.3f}")
            for r, e in zip(runs, values, strict=True)
        ),
        words=3,
    )


def percentile(values: Sequence[float], share: int) -> float:
    """The value below which `share` of 100 fall, interpolated between neighbours as numpy does."""
    return values[0] if len(values) == 1 else quantiles(values, n=100, method="inclusive")[share - 1]


def _broken(text: str) -> str:
    """For a hover text, which plotly.js reads as markup of its own."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
