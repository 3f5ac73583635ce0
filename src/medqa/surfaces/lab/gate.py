"""Gate: a run becomes the baseline that later ones are held against, here and in CI."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response

from medqa.engine.paths import state_root
from medqa.errors import InputFileError
from medqa.evaluation.compare import compare
from medqa.evaluation.gates import Verdict, judge, parse_gates
from medqa.evaluation.kept_runs import KeptRuns, Run, RunState
from medqa.evaluation.scorecard import read_scorecard
from medqa.state import AuditTrail, Role
from medqa.surfaces.lab.running import Runner
from medqa.surfaces.rooms.forms import Form, form_of
from medqa.surfaces.rooms.shell import person_of, room_page, room_router, see_other

BASELINES = Path("state") / "baselines"
DEFAULT_GATES = {
    "retrieval": "section:nDCG@10=baseline",
    "answers": "key-facts=baseline\nquotes-exact=1",
    "safety": "sensitivity:emergency=baseline\nfalse-alarms=baseline",
}
_NAME = re.compile(r"[a-z]+-[A-Za-z0-9_.-]+\.json")


@dataclass(frozen=True, slots=True)
class Baseline:
    """A baseline file; `commit` and `at` are of the run that it was."""

    name: str
    commit: str
    at: str


def gate_routes(runner: Runner) -> APIRouter:
    """``/lab/gate``; ``/lab/gate/{name}`` is the file for ``medqa eval --baseline``."""
    routes = room_router(Role.TESTER)
    kept = runner.kept
    settings = runner.settings
    folder = settings.index_dir / BASELINES
    trail = AuditTrail(state_root(settings))

    def shown(request: Request, form: Form) -> HTMLResponse:
        done = [run for run in runner.runs()[0] if run.state is RunState.DONE]
        wanted = form.get("run")
        gates = form.text("gates").strip()
        verdicts: list[Verdict] = []
        if wanted:
            run = kept.read(wanted)
            gates = gates or DEFAULT_GATES.get(run.kind, "")
            verdicts = verdicts_of(kept, folder, run, gates)
        return room_page(
            request,
            "lab/gate.html",
            runs=done,
            wanted=wanted,
            gates=gates,
            verdicts=verdicts,
            baselines=baselines(folder),
            command=command_of(kept.read(wanted), gates) if wanted else "",
        )

    @routes.get("/lab/gate")
    def first(request: Request) -> HTMLResponse:
        return shown(request, Form(()))

    @routes.post("/lab/gate")
    async def act(request: Request) -> Response:
        form = await form_of(request)
        if form.get("act") != "choose":
            return await run_in_threadpool(shown, request, form)
        await run_in_threadpool(_choose, kept.read(form.get("run")), person_of(request).name)
        return see_other("/lab/gate")

    def _choose(run: Run, by: str) -> None:
        kept.card(run.id)  # what cannot be read as figures is no baseline
        folder.mkdir(parents=True, exist_ok=True)
        name = baseline_name(run)
        part = folder / f".{name}.part"
        part.write_bytes((kept.folder(run.id) / "card.json").read_bytes())
        part.replace(folder / name)
        trail.add(by, "baseline chosen", name, run=run.id)

    @routes.get("/lab/gate/{name}")
    def file(name: str) -> Response:
        path = folder / name
        if not _NAME.fullmatch(name) or not path.is_file():
            raise InputFileError(f"There is no baseline {name!r}.", remedy="Choose a run as one first.")
        headers = {"content-disposition": f'attachment; filename="{name}"'}
        return Response(path.read_bytes(), media_type="application/json", headers=headers)

    return routes


def baseline_name(run: Run) -> str:
    """One baseline for each kind and set: ``retrieval-questions-dev.json``."""
    return f"{run.kind}-{re.sub(r'[^A-Za-z0-9_.]+', '-', run.questions.removesuffix('.jsonl'))}.json"


def baselines(folder: Path) -> list[Baseline]:
    found = []
    for path in sorted(folder.glob("*.json")):
        stamp = read_scorecard(path).stamp
        found.append(Baseline(path.name, str(stamp.get("commit", "")), str(stamp.get("measured_at", ""))))
    return found


def verdicts_of(kept: KeptRuns, folder: Path, run: Run, gates: str) -> list[Verdict]:
    """What the gates say of a run. Raises `InputFileError` for a gate that is none."""
    card = kept.card(run.id)
    path = folder / baseline_name(run)
    baseline = read_scorecard(path) if path.is_file() else None
    wanted = parse_gates(gates.split(), card, has_baseline=baseline is not None)
    return judge(wanted, card, compare(baseline, card) if baseline is not None else None)


def command_of(run: Run, gates: str) -> str:
    """The same check for CI."""
    options = "".join(f" --gate {gate}" for gate in gates.split())
    return f"medqa eval {run.kind} evals/{run.questions} --baseline {baseline_name(run)}{options}"
