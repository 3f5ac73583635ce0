"""Gate: a run becomes the baseline that later ones are held against, here and in CI.

Beside a baseline lie its gates, one a line as ``medqa eval --gate`` takes them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
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
from medqa.evaluation.scorecard import Scorecard, read_scorecard
from medqa.state import AuditTrail, Role
from medqa.surfaces.lab.each_question import questions_of, text_of
from medqa.surfaces.lab.running import Runner
from medqa.surfaces.rooms.forms import Form, form_of
from medqa.surfaces.rooms.shell import attachment, person_of, room_page, room_router, see_other

BASELINES = Path("state") / "baselines"
DEFAULT_GATES = {
    "retrieval": "section:nDCG@10=baseline",
    "answers": "key-facts=baseline\nquotes-exact=1",
    "safety": "sensitivity:emergency=baseline\nfalse-alarms=baseline",
}
CHOSEN = "baseline chosen"
GATES = ".gates.txt"
MOST_BROKEN = 30
_NAME = re.compile(r"[a-z]+-[A-Za-z0-9_.-]+(?:\.json|\.gates\.txt)")


@dataclass(frozen=True, slots=True)
class Baseline:
    """A baseline file; `commit` and `measured` are of the run that it was, `gates` what it is asked to hold."""

    name: str
    commit: str
    measured: str
    by: str
    at: str
    gates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Broke:
    """A question behind a missed gate: what it was worth in the baseline (empty without one) and in the run."""

    id: str
    question: str
    before: str
    now: str


@dataclass(frozen=True, slots=True)
class Held:
    """What the gates say of a run; `broke` goes with the verdicts, `against` is the run that was the baseline."""

    verdicts: tuple[Verdict, ...]
    broke: tuple[tuple[Broke, ...], ...]
    cautions: tuple[str, ...]
    against: str


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
        gates, held, command = "", None, ""
        if wanted:
            run = kept.read(wanted)
            was = form.get("was")
            same = not was or baseline_name(kept.read(was)) == baseline_name(run)
            gates = (form.text("gates").strip() if same else "") or gates_of(folder, run)
            held = held_against(kept, folder, trail, run, gates)
            command = command_of(run, gates)
        return room_page(
            request,
            "lab/gate.html",
            runs=done,
            wanted=wanted,
            gates=gates,
            held=held,
            most=MOST_BROKEN,
            baselines=baselines(folder, trail),
            command=command,
        )

    @routes.get("/lab/gate")
    def first(request: Request) -> HTMLResponse:
        return shown(request, Form(()))

    @routes.post("/lab/gate")
    async def act(request: Request) -> Response:
        form = await form_of(request)
        change = {"choose": _choose, "keep": _keep}.get(form.get("act"))
        if change is None:
            return await run_in_threadpool(shown, request, form)
        await run_in_threadpool(change, form, person_of(request).name)
        return see_other("/lab/gate")

    def _choose(form: Form, by: str) -> None:
        run = kept.read(form.get("run"))
        kept.card(run.id)  # what cannot be read as figures is no baseline
        _put(baseline_name(run), (kept.folder(run.id) / "card.json").read_bytes())
        trail.add(by, CHOSEN, baseline_name(run), run=run.id)

    def _keep(form: Form, by: str) -> None:
        run = kept.read(form.get("run"))
        lines = form.text("gates").split()
        parse_gates(lines, kept.card(run.id), has_baseline=True)
        _put(gates_name(run), "".join(f"{line}\n" for line in lines).encode())
        trail.add(by, "gates changed", baseline_name(run), gates=" ".join(lines))

    def _put(name: str, content: bytes) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / f".{name}.part"
        part.write_bytes(content)
        part.replace(folder / name)

    @routes.get("/lab/gate/{name}")
    def file(name: str) -> Response:
        path = folder / name
        if not _NAME.fullmatch(name) or not path.is_file():
            raise InputFileError(f"There is no file {name!r}.", remedy="Choose a run as the baseline first.")
        media = "text/plain; charset=utf-8" if name.endswith(GATES) else "application/json"
        return attachment(path.read_bytes(), media, name)

    return routes


def baseline_name(run: Run) -> str:
    """One baseline for each kind and set: ``retrieval-questions-dev.json``."""
    return f"{run.kind}-{re.sub(r'[^A-Za-z0-9_.]+', '-', run.questions.removesuffix('.jsonl'))}.json"


def gates_name(run: Run) -> str:
    return baseline_name(run).removesuffix(".json") + GATES


def gates_of(folder: Path, run: Run) -> str:
    """The gates kept for the run's kind and set, one a line; the usual ones where none are."""
    path = folder / gates_name(run)
    usual = DEFAULT_GATES.get(run.kind, "")
    if path.is_file():
        return path.read_text(encoding="utf-8").strip()
    # a gate against a baseline cannot be asked before there is one
    return usual if (folder / baseline_name(run)).is_file() else ""


def baselines(folder: Path, trail: AuditTrail) -> list[Baseline]:
    found = []
    for path in sorted(folder.glob("*.json")):
        stamp = read_scorecard(path).stamp
        chosen = next((entry for entry in trail.entries(path.name) if entry.action == CHOSEN), None)
        kept = path.with_name(path.name.removesuffix(".json") + GATES)
        found.append(
            Baseline(
                path.name,
                str(stamp.get("commit", "")),
                str(stamp.get("measured_at", "")),
                chosen.actor if chosen else "",
                chosen.at if chosen else "",
                tuple(kept.read_text(encoding="utf-8").split()) if kept.is_file() else (),
            )
        )
    return found


def held_against(kept: KeptRuns, folder: Path, trail: AuditTrail, run: Run, gates: str) -> Held:
    """What the gates say of a run. Raises `InputFileError` for a gate that is none."""
    card = kept.card(run.id)
    path = folder / baseline_name(run)
    baseline = read_scorecard(path) if path.is_file() else None
    wanted = parse_gates(gates.split(), card, has_baseline=baseline is not None)
    comparison = compare(baseline, card) if baseline is not None else None
    verdicts = tuple(judge(wanted, card, comparison))
    texts = {item: text_of(row) for item, row in questions_of(kept.report(run.id)).items()}
    chosen = next((entry for entry in trail.entries(path.name) if entry.action == CHOSEN), None)
    against = str(chosen.detail.get("run", "")) if chosen else ""
    return Held(
        verdicts,
        tuple(_broke(verdict, card, baseline, texts) for verdict in verdicts),
        comparison.cautions if comparison else (),
        against if against in {one.id for one in kept.list()[0]} else "",
    )


def _broke(
    verdict: Verdict, card: Scorecard, baseline: Scorecard | None, texts: Mapping[str, str]
) -> tuple[Broke, ...]:
    name = verdict.gate.name
    now = card.figures[name].items
    before = baseline.figures[name].items if baseline is not None and name in baseline.figures else {}
    return tuple(
        Broke(
            item,
            texts.get(item, ""),
            f"{before[item]:.3f}" if item in before else "",
            f"{now[item]:.3f}" if item in now else "",
        )
        for item in (verdict.broken if not verdict.passed else ())
    )


def command_of(run: Run, gates: str) -> str:
    """The same check for CI."""
    options = "".join(f" --gate {gate}" for gate in gates.split())
    return f"medqa eval {run.kind} evals/{run.questions} --baseline {baseline_name(run)}{options}"
