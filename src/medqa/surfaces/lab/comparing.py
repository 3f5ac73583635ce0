"""Compare: two runs of the same questions, figure by figure and question by question; the trend over commits."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, HTMLResponse, Response

from medqa.errors import InputFileError
from medqa.evaluation.compare import Change, Comparison, compare, not_comparable
from medqa.evaluation.kept_runs import KeptRuns, Run, RunState
from medqa.evaluation.scorecard import Scorecard
from medqa.state import Role
from medqa.state.csv_cells import cell
from medqa.surfaces.lab import plots
from medqa.surfaces.lab.each_question import Moved, gold_of, questions_of, side_of, tag_means, text_of
from medqa.surfaces.lab.plots import Measured, Plot, plotly_js
from medqa.surfaces.lab.running import Runner
from medqa.surfaces.markup import page
from medqa.surfaces.rooms.forms import Form, form_of
from medqa.surfaces.rooms.shell import attachment, room_page, room_router

MOST_NAMED = 15
TREND = 12
PLOTLY_PATH = "/lab/compare/plotly.min.js"
_MAIN = ("section:nDCG@10", "key-facts", "follow-up", "sensitivity:emergency")


@dataclass(frozen=True, slots=True)
class Compared:
    """Two runs side by side. `won` and `lost` hold the greatest changes in `figure`; `tags` its mean for each tag."""

    before: Run
    now: Run
    cards: tuple[Scorecard, Scorecard]
    comparison: Comparison
    figure: str
    won: tuple[Moved, ...]
    lost: tuple[Moved, ...]
    tags: tuple[tuple[str, ...], ...]
    plots: tuple[Plot, ...]

    @property
    def change(self) -> Change:
        return self.comparison.changes[self.figure]


def compare_routes(runner: Runner) -> APIRouter:
    """``/lab/compare``; the CSV and the HTML of a comparison, and plotly's script, below it."""
    routes = room_router(Role.TESTER)
    kept = runner.kept

    def shown(request: Request, form: Form) -> HTMLResponse:
        runs = [run for run in runner.runs()[0] if run.state is RunState.DONE]
        found, refused = None, ""
        if form.get("before") and form.get("now"):
            try:
                found = compared(kept, form, runs)
            except InputFileError as error:
                refused = str(error)
        return room_page(
            request,
            "lab/compare.html",
            status=409 if refused else 200,
            runs=runs,
            before=form.get("before") or (runs[1].id if len(runs) > 1 else ""),
            now=form.get("now"),
            found=found,
            refused=refused,
            plotly=PLOTLY_PATH if found and plotly_js() else "",
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
        return attachment(written(found), "text/csv; charset=utf-8", "comparison.csv")

    @routes.post("/lab/compare/html")
    async def as_html(request: Request) -> Response:
        form = await form_of(request)

        def made() -> str:
            runs = [run for run in kept.list()[0] if run.state is RunState.DONE]
            return page("lab/export.html", found=compared(kept, form, runs))

        return attachment(await run_in_threadpool(made), "text/html", "comparison.html")

    @routes.get(PLOTLY_PATH)
    def script() -> Response:
        path = plotly_js()
        if path is None:
            raise InputFileError("plotly is not installed.", remedy="pip install 'medqa[lab]'")
        return FileResponse(path, media_type="text/javascript", headers={"cache-control": "private, max-age=86400"})

    return routes


def compared(kept: KeptRuns, form: Form, runs: Sequence[Run] = ()) -> Compared:
    """The runs that the form names, and the trend over `runs`.

    Raises `InputFileError` for two runs of which a difference would say nothing.
    """
    before, now = kept.read(form.get("before")), kept.read(form.get("now"))
    cards = kept.card(before.id), kept.card(now.id)
    causes = not_comparable(cards[0].stamp, cards[1].stamp) if cards[0].kind == cards[1].kind else ()
    if cards[0].kind != cards[1].kind:
        causes = (f"one measured {before.kind}, the other {now.kind}",)
    if causes:
        raise InputFileError(
            f"These two runs cannot be compared: {'; '.join(causes)}.",
            remedy="Run the set of one again as things are now, and compare with that.",
        )
    comparison = compare(*cards)
    figure = form.get("figure") if form.get("figure") in comparison.changes else _main(comparison)
    change = comparison.changes[figure]
    reports = kept.report(before.id), kept.report(now.id)
    rows = questions_of(reports[0]), questions_of(reports[1])

    def moved(item: str) -> Moved:
        row = rows[1].get(item, {})
        sides = [side_of(found.get(item, {}), card, figure, item) for found, card in zip(rows, cards, strict=True)]
        return Moved(item, text_of(row), change.gains[item], gold_of(row), sides[0], sides[1])

    drawn = (
        plots.gains(figure, change.gains, rows[1]),
        plots.risk(reports),
        plots.latency(reports),
        plots.trend(figure, trend(kept, runs, cards[1], figure)),
    )
    return Compared(
        before,
        now,
        cards,
        comparison,
        figure,
        won=tuple(moved(item) for item in change.won[:MOST_NAMED]),
        lost=tuple(moved(item) for item in change.lost[:MOST_NAMED]),
        tags=tuple(tag_means(rows[1], cards[0].figures[figure].items, cards[1].figures[figure].items)),
        plots=tuple(plot for plot in drawn if plot is not None),
    )


def trend(kept: KeptRuns, runs: Sequence[Run], like: Scorecard, figure: str) -> list[Measured]:
    """The figure in the newest `TREND` of `runs` that can be compared with `like`, oldest first."""
    found: list[Measured] = []
    for run in runs:
        try:
            card = kept.card(run.id)
        except InputFileError:  # a damaged file of another run is told where that run is opened
            continue
        if card.kind == like.kind and figure in card.figures and not not_comparable(card.stamp, like.stamp):
            settings = ", ".join(run.settings)
            estimate = card.figures[figure].estimate
            found.append(Measured(run.id, run.at, str(card.stamp.get("commit", "")), settings, estimate))
    return sorted(found, key=lambda one: one.at)[-TREND:]


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
            writer.writerow([cell(item), gain])
    return out.getvalue()


def _main(comparison: Comparison) -> str:
    return next((name for name in _MAIN if name in comparison.changes), next(iter(comparison.changes)))
