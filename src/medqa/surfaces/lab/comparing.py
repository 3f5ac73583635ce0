"""Compare: two runs of the same questions, figure by figure and question by question; the trend over commits."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response
from markupsafe import Markup

from medqa.evaluation.charts import Series, histogram, waterfall
from medqa.evaluation.compare import Change, Comparison, compare
from medqa.evaluation.kept_runs import KeptRuns, Run, RunState
from medqa.evaluation.scorecard import Scorecard
from medqa.state import Role
from medqa.surfaces.lab.running import Runner
from medqa.surfaces.markup import page
from medqa.surfaces.rooms.forms import Form, form_of
from medqa.surfaces.rooms.shell import room_page, room_router

MOST_NAMED = 15
TREND = 12


@dataclass(frozen=True, slots=True)
class Side:
    """One question in one run: what it was worth, and what was found or said, as lines."""

    value: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Moved:
    """A question that did better or worse; `gain` above 0 is better."""

    id: str
    question: str
    gain: float
    before: Side
    now: Side


@dataclass(frozen=True, slots=True)
class Compared:
    before: Run
    now: Run
    comparison: Comparison
    figure: str
    won: tuple[Moved, ...]
    lost: tuple[Moved, ...]
    tags: tuple[tuple[str, str, str], ...]
    bars: Markup
    latency: Markup

    @property
    def change(self) -> Change:
        return self.comparison.changes[self.figure]


def compare_routes(runner: Runner) -> APIRouter:
    """``/lab/compare``; the CSV and the HTML of a comparison below it."""
    routes = room_router(Role.TESTER)
    kept = runner.kept

    def shown(request: Request, form: Form) -> HTMLResponse:
        runs = [run for run in runner.runs()[0] if run.state is RunState.DONE]
        found = compared(kept, form) if form.get("before") and form.get("now") else None
        figure = found.figure if found else ""
        return room_page(
            request,
            "lab/compare.html",
            runs=runs,
            before=form.get("before"),
            now=form.get("now"),
            found=found,
            trend=trend(kept, runs, found.now, figure) if found else [],
        )

    @routes.get("/lab/compare")
    def first(request: Request) -> HTMLResponse:
        return shown(request, Form(()))

    @routes.post("/lab/compare")
    async def chosen(request: Request) -> HTMLResponse:
        return await run_in_threadpool(shown, request, await form_of(request))

    @routes.post("/lab/compare/csv")
    async def as_csv(request: Request) -> Response:
        found = await run_in_threadpool(compared, kept, await form_of(request))
        headers = {"content-disposition": 'attachment; filename="comparison.csv"'}
        return Response(written(found), media_type="text/csv; charset=utf-8", headers=headers)

    @routes.post("/lab/compare/html")
    async def as_html(request: Request) -> Response:
        found = await run_in_threadpool(compared, kept, await form_of(request))
        headers = {"content-disposition": 'attachment; filename="comparison.html"'}
        return Response(page("lab/export.html", found=found), media_type="text/html", headers=headers)

    return routes


def compared(kept: KeptRuns, form: Form) -> Compared:
    """Raises `InputFileError` for two runs that measured other things."""
    before, now = kept.read(form.get("before")), kept.read(form.get("now"))
    cards = kept.card(before.id), kept.card(now.id)
    comparison = compare(*cards)
    figure = form.get("figure") if form.get("figure") in comparison.changes else _main(comparison)
    change = comparison.changes[figure]
    reports = kept.report(before.id), kept.report(now.id)
    sides = _questions(reports[0]), _questions(reports[1])
    moved = {
        item: Moved(
            item,
            str(sides[1].get(item, sides[0].get(item, {})).get("question") or sides[1].get(item, {}).get("text") or ""),
            change.gains[item],
            _side(sides[0].get(item, {}), cards[0], figure, item),
            _side(sides[1].get(item, {}), cards[1], figure, item),
        )
        for item in (*change.won[:MOST_NAMED], *change.lost[:MOST_NAMED])
    }
    return Compared(
        before,
        now,
        comparison,
        figure,
        won=tuple(moved[item] for item in change.won[:MOST_NAMED]),
        lost=tuple(moved[item] for item in change.lost[:MOST_NAMED]),
        tags=_tags(reports, cards, figure),
        bars=waterfall(list(change.gains.values()), says=f"{figure}: by how much each question changed"),
        latency=_latency(reports),
    )


def trend(kept: KeptRuns, runs: Sequence[Run], like: Run, figure: str) -> list[tuple[Run, str, str]]:
    """The figure in the runs of the same kind and set, oldest first: (run, commit, value with its interval)."""
    rows = []
    for run in runs:
        if (run.kind, run.questions) != (like.kind, like.questions):
            continue
        card = kept.card(run.id)
        if figure in card.figures:
            e = card.figures[figure].estimate
            rows.append((run, str(card.stamp.get("commit", "")), f"{e.value:.4f} [{e.low:.3f}, {e.high:.3f}]"))
    return rows[:TREND][::-1]


def written(found: Compared) -> str:
    """Every figure of the comparison, then every question that changed in the chosen one."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(
        ["figure", "before", "now", "difference", "low", "high", "p_permutation", "p_t", "won", "lost", "n"]
    )
    for name, c in found.comparison.changes.items():
        d = c.difference
        writer.writerow(
            [name, c.before, c.now, d.value, d.low, d.high, c.p_permutation, c.p_t, len(c.won), len(c.lost), d.n]
        )
    writer.writerow([])
    writer.writerow([f"question ({found.figure})", "gain"])
    for item, gain in sorted(found.change.gains.items(), key=lambda pair: pair[1]):
        if gain:
            writer.writerow([item, gain])
    return out.getvalue()


def _main(comparison: Comparison) -> str:
    wanted = ("section:nDCG@10", "key-facts", "follow-up", "sensitivity:emergency")
    return next((name for name in wanted if name in comparison.changes), next(iter(comparison.changes)))


def _questions(report: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """What each question gave, by its id, in any of the kinds."""
    rows = next((report[name] for name in ("per_question", "per_turn", "per_message") if report.get(name)), ())
    return {str(row["id"]): row for row in rows}


def _side(row: Mapping[str, Any], card: Scorecard, figure: str, item: str) -> Side:
    value = card.figures[figure].items.get(item)
    lines: list[str] = [
        f"{hit['rank']}. {hit.get('section') or hit.get('article_id')}" for hit in list(row.get("hits", ()))[:5]
    ]
    answer = row.get("answer") or row.get("read") or row.get("interpreted_question") or ""
    if isinstance(answer, str) and answer:
        lines.append(answer)
    lines += [f"{name}: {row[name]}" for name in ("level", "rule_id", "missing", "kind") if row.get(name)]
    return Side("" if value is None else f"{value:.3f}", tuple(lines))


def _tags(
    reports: tuple[Mapping[str, Any], Mapping[str, Any]], cards: tuple[Scorecard, Scorecard], figure: str
) -> tuple[tuple[str, str, str], ...]:
    """The mean of the figure over the questions of each tag, before and now."""
    rows = _questions(reports[1])
    tags: dict[str, list[str]] = {}
    for item, row in rows.items():
        for tag in row.get("tags", ()):
            tags.setdefault(str(tag), []).append(item)
    old, new = (card.figures[figure].items for card in cards)
    found = []
    for tag, items in sorted(tags.items()):
        both = [item for item in items if item in old and item in new]
        if both:
            means = [sum(values[item] for item in both) / len(both) for values in (old, new)]
            found.append((f"{tag} ({len(both)})", f"{means[0]:.3f}", f"{means[1]:.3f}"))
    return tuple(found)


def _latency(reports: tuple[Mapping[str, Any], Mapping[str, Any]]) -> Markup:
    """How long the questions took in each run; empty where a kind does not measure it."""
    groups = [
        Series(name, tuple(float(row["ms"]) for row in _questions(report).values() if row.get("ms")), colour)
        for name, report, colour in (("before", reports[0], "two"), ("now", reports[1], "one"))
    ]
    if not all(group.values for group in groups):
        return Markup("")
    return histogram(groups, says="milliseconds of each question, before and now", unit=" ms")
