"""Runs: start an evaluation, watch it, cancel it, and look at what it measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, JSONResponse, Response

from medqa.errors import InputFileError
from medqa.evaluation.kept_runs import KeptRuns, Run, RunState
from medqa.evaluation.scorecard import Scorecard
from medqa.state import Role
from medqa.surfaces.lab.running import KINDS, OVERRIDES, Runner
from medqa.surfaces.rooms.forms import Form, form_of
from medqa.surfaces.rooms.shell import attachment, person_of, room_page, room_router, see_other

MAX_NOTE_CHARS = 120
SHOWN_FIRST = {
    "retrieval": ("section:nDCG@10", "section:Success@3"),
    "answers": ("key-facts", "citation-precision"),
    "conversations": ("follow-up", "difference"),
    "safety": ("sensitivity:emergency", "false-alarms"),
}
"""Figures that stand in the list of runs; those that a run lacks are left out."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A run in the list: `done` of `total` while it runs, its first `figures` when it is done."""

    run: Run
    done: int
    total: int
    figures: tuple[tuple[str, str], ...]


def runs_routes(runner: Runner) -> APIRouter:
    """``/lab/runs`` and a page for each run."""
    routes = room_router(Role.TESTER)
    kept = runner.kept

    @routes.get("/lab/runs")
    def runs(request: Request) -> HTMLResponse:
        found, broken = runner.runs()
        return room_page(
            request,
            "lab/runs.html",
            runs=[listed(kept, run) for run in found],
            broken=broken,
            sets=runner.sets(),
            overrides=OVERRIDES,
            kinds=KINDS,
            waiting=any(not run.state.is_over for run in found),
        )

    @routes.post("/lab/runs")
    async def start(request: Request) -> Response:
        form, by = await form_of(request), person_of(request).name
        kind, _, questions = form.get("set").partition(":")
        note = form.get("note")[:MAX_NOTE_CHARS]
        run = await run_in_threadpool(runner.start, kind, questions, overrides_from(form), by=by, note=note)
        return see_other(f"/lab/runs/{run.id}")

    @routes.get("/lab/runs/{run_id}")
    def one(request: Request, run_id: str) -> HTMLResponse:
        run = runner.run(run_id)
        done, total, stage = kept.progress(run_id)
        card = kept.card(run_id) if run.state is RunState.DONE else None
        return room_page(
            request,
            "lab/run.html",
            run=run,
            done=done,
            total=total,
            stage=stage,
            figures=figures_of(card) if card is not None else [],
            stamp=card.stamp if card is not None else {},
            overrides=named(run),
        )

    @routes.get("/lab/runs/{run_id}/progress", response_class=JSONResponse)
    def progress(run_id: str) -> dict[str, Any]:
        run = kept.read(run_id)
        done, total, stage = kept.progress(run_id)
        return {"running": not run.state.is_over, "stage": stage or run.state, "done": done, "total": total}

    @routes.post("/lab/runs/{run_id}")
    async def change(request: Request, run_id: str) -> Response:
        form = await form_of(request)
        if form.get("act") == "cancel":
            await run_in_threadpool(runner.cancel, run_id)
            return see_other(f"/lab/runs/{run_id}")
        if not kept.read(run_id).state.is_over:
            raise InputFileError("This run is not over.", remedy="Cancel it first.")
        await run_in_threadpool(kept.remove, run_id)
        return see_other("/lab/runs")

    @routes.get("/lab/runs/{run_id}/{name}")
    def file(run_id: str, name: str) -> Response:
        media = {"report.json": "application/json", "card.json": "application/json", "report.html": "text/html"}
        path = kept.folder(run_id) / name
        if name not in media or not path.is_file():
            raise InputFileError(f"The run has no file {name}.", remedy="Choose a run that is done.")
        return attachment(path.read_bytes(), media[name], f"{run_id}-{name}")

    return routes


def overrides_from(form: Form) -> dict[str, str]:
    """What the form sets; an empty value leaves the server's."""
    return {name: value for name in OVERRIDES if (value := form.get(name))}


def listed(kept: KeptRuns, run: Run) -> Listed:
    done, total, _ = kept.progress(run.id) if run.state is RunState.RUNNING else (0, 0, "")
    figures: tuple[tuple[str, str], ...] = ()
    if run.state is RunState.DONE:
        try:
            card = kept.card(run.id)
        except InputFileError:
            figures = (("figures", "cannot be read"),)
        else:
            wanted = SHOWN_FIRST.get(card.kind, ())
            told = {name: f"{f.estimate.value:.3f}" for name, f in card.figures.items() if f.estimate.n}
            figures = tuple((name, told[name]) for name in wanted if name in told) or tuple(told.items())[:2]
    return Listed(run, done, total, figures)


def figures_of(card: Scorecard) -> list[tuple[str, float, float, float, int]]:
    """(name, value, low, high, n) of each figure."""
    return [(n, f.estimate.value, f.estimate.low, f.estimate.high, f.estimate.n) for n, f in card.figures.items()]


def named(run: Run) -> list[tuple[str, str]]:
    """What was set for this run, in words."""
    return [(OVERRIDES[name][0] if name in OVERRIDES else name, value) for name, value in run.overrides.items()]
