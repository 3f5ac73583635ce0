"""The testers' lab with the real engine and real evaluations of a few questions."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from medqa.config import load_settings
from medqa.errors import ConfigError, InputFileError
from medqa.evaluation.kept_runs import KeptRuns, RunState
from medqa.evaluation.scorecard import read_scorecard
from medqa.state import AuditTrail
from medqa.surfaces.lab.running import Runner
from medqa.surfaces.lab.trying import with_overrides
from tests.desk import Desk, desk, text_of

QUESTIONS = (
    ("q1", "can i stop gabapentin suddenly", "gabapentin", "stopping", ("plain",)),
    ("q2", "wat is siatica", "sciatica", "what-it-is", ("misspelt",)),
    ("q3", "can i drink alcohol with baclofen", "baclofen", "interactions", ("plain",)),
)
WAIT_S = 90.0
DENSE_ALONE = {"MEDQA_RETRIEVAL__LEXICAL": "false", "MEDQA_RETRIEVAL__RERANK": "none"}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("lab")
    sets = folder / "evals" / "questions"
    sets.mkdir(parents=True)
    lines = [{"id": i, "question": q, "tags": tags, "relevant": {f"{a}#{s}": 2}} for i, q, a, s, tags in QUESTIONS]
    (sets / "few.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    with desk(folder) as made:
        yield made


@pytest.fixture(scope="module")
def tess(lab: Desk) -> Iterator[TestClient]:
    with lab.client("tess") as client:
        yield client


def started(tess: TestClient, **settings: str) -> str:
    answer = tess.post("/lab/runs", data={"set": "retrieval:questions/few.jsonl", "note": "a test", **settings})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"]).rsplit("/", 1)[1]


def ended(tess: TestClient, run_id: str) -> str:
    """The run's page once it is over."""
    until = time.monotonic() + WAIT_S
    while tess.get(f"/lab/runs/{run_id}/progress").json()["running"]:
        assert time.monotonic() < until, text_of(tess.get(f"/lab/runs/{run_id}"))
        time.sleep(0.2)
    return text_of(tess.get(f"/lab/runs/{run_id}"))


@pytest.fixture(scope="module")
def two(tess: TestClient) -> tuple[str, str]:
    """Two runs of the set, with the server's settings and with dense search alone."""
    runs = started(tess), started(tess, **DENSE_ALONE)
    for run in runs:
        assert ">done<" in ended(tess, run)
    return runs


def test_one_question_through_two_configurations(tess: TestClient) -> None:
    page = text_of(
        tess.post("/lab", data={"question": "can i stop gabbentine suddenly", "b:MEDQA_RETRIEVAL__RERANK": "none"})
    )
    assert page.count('class="card side"') == 2
    assert "gabbentine read as gabapentin" in page
    assert "Rerank: none" in page
    assert "Do not stop gabapentin suddenly" in page
    assert "titles and headings #1" in page
    assert "ms in all" in page


def test_only_offered_settings_can_be_tried(lab: Desk, tess: TestClient) -> None:
    settings = lab.engine.settings
    changed = with_overrides(settings, {"MEDQA_RETRIEVAL__LEXICAL_WEIGHT": "0.7", "MEDQA_RETRIEVAL__DENSE": "false"})
    assert changed.retrieval.lexical_weight == 0.7
    assert changed.retrieval.dense is False
    assert settings.retrieval.dense is True
    for bad in ({"MEDQA_INDEX_DIR": "/"}, {"MEDQA_RETRIEVAL__DENSE": "perhaps"}):
        with pytest.raises(ConfigError):
            with_overrides(settings, bad)


def test_a_run_keeps_its_figures_with_their_stamp(tess: TestClient, lab: Desk, two: tuple[str, str]) -> None:
    page = text_of(tess.get(f"/lab/runs/{two[0]}"))
    assert "section:nDCG@10" in page
    assert lab.engine.index_info().build_id in page
    assert "started by tess" in page
    kept = KeptRuns(lab.folder / "index")
    report = kept.report(two[1])
    assert report["stamp"]["settings"]["retrieval"]["lexical"] is False
    assert [q["id"] for q in report["per_question"]] == ["q1", "q2", "q3"]
    assert "<html" in text_of(tess.get(f"/lab/runs/{two[0]}/report.html"))
    assert tess.get(f"/lab/runs/{two[0]}/run.json").status_code == 409, "only what is meant to be read"
    assert kept.progress(two[0])[:2] == (3, 3)
    assert "section:nDCG@10" in text_of(tess.get("/lab/runs"))


def test_two_runs_are_compared_figure_by_figure_and_question_by_question(
    tess: TestClient, two: tuple[str, str]
) -> None:
    chosen = {"before": two[0], "now": two[1], "figure": "section:Success@1"}
    page = text_of(tess.post("/lab/compare", data=chosen))
    assert "section:nDCG@10" in page
    assert "the settings are not the same" in page
    assert "<svg" in page
    assert "<td>misspelt</td>" in page
    rows = list(csv.reader(io.StringIO(text_of(tess.post("/lab/compare/csv", data=chosen)))))
    assert rows[0][:4] == ["figure", "before", "now", "difference"]
    by_name = {row[0]: row for row in rows[1:] if len(row) > 4}
    assert float(by_name["section:nDCG@10"][1]) >= float(by_name["section:nDCG@10"][2])
    exported = text_of(tess.post("/lab/compare/html", data=chosen))
    assert "<svg" in exported
    assert "src=" not in exported


def test_a_run_compared_with_itself_changes_nothing(tess: TestClient, two: tuple[str, str]) -> None:
    page = text_of(tess.post("/lab/compare", data={"before": two[0], "now": two[0]}))
    assert "0 / 0 / 3" in page
    assert ">better<" not in page
    assert ">worse<" not in page


def test_a_baseline_holds_the_next_run_and_names_what_broke(tess: TestClient, lab: Desk, two: tuple[str, str]) -> None:
    assert tess.post("/lab/gate", data={"act": "choose", "run": two[0]}).headers["location"] == "/lab/gate"
    name = "retrieval-questions-few.json"
    assert name in text_of(tess.get("/lab/gate"))
    path = lab.folder / "baseline.json"
    path.write_text(text_of(tess.get(f"/lab/gate/{name}")), "utf-8")
    assert read_scorecard(path).kind == "retrieval"
    assert AuditTrail(lab.folder / "index").entries(name)[0].actor == "tess"
    passed = text_of(tess.post("/lab/gate", data={"run": two[0], "gates": "section:nDCG@10=baseline"}))
    assert ">passed<" in passed
    missed = text_of(tess.post("/lab/gate", data={"run": two[1], "gates": "section:nDCG@10=1.01"}))
    assert ">missed<" in missed
    assert "Questions that broke:" in missed
    assert tess.post("/lab/gate", data={"run": two[0], "gates": "nonsense=1"}).status_code == 409
    for bad in ("..%2Fstate.sqlite", "x.json", "retrieval-.json"):
        assert tess.get(f"/lab/gate/{bad}").status_code in (404, 409)


def test_a_cancelled_run_ends_its_process_and_keeps_no_figures(tess: TestClient, lab: Desk) -> None:
    running, waiting = started(tess), started(tess)
    tess.post(f"/lab/runs/{waiting}", data={"act": "cancel"})
    tess.post(f"/lab/runs/{running}", data={"act": "cancel"})
    for run in (running, waiting):
        assert ">cancelled<" in ended(tess, run)
    with pytest.raises(InputFileError):
        KeptRuns(lab.folder / "index").card(running)
    assert tess.post(f"/lab/runs/{running}", data={"act": "remove"}).headers["location"] == "/lab/runs"
    assert running not in text_of(tess.get("/lab/runs"))


def test_a_set_that_cannot_be_read_fails_with_its_cause(tess: TestClient, lab: Desk) -> None:
    broken = lab.folder / "evals" / "questions" / "broken.jsonl"
    broken.write_text("not json\n", "utf-8")
    answer = tess.post("/lab/runs", data={"set": "retrieval:questions/broken.jsonl"})
    page = ended(tess, str(answer.headers["location"]).rsplit("/", 1)[1])
    assert ">failed<" in page
    assert "broken.jsonl:1" in page


def test_only_offered_sets_and_settings_start_a_run(tess: TestClient) -> None:
    for bad in ("retrieval:../secret.jsonl", "retrieval:questions/none.jsonl", "rm:questions/few.jsonl", ""):
        assert tess.post("/lab/runs", data={"set": bad}).status_code == 409
    chosen = {"set": "retrieval:questions/few.jsonl", "MEDQA_RETRIEVAL__FUSION": "evil"}
    assert tess.post("/lab/runs", data=chosen).status_code == 409


def test_a_run_of_a_server_that_is_gone_is_told_as_failed_and_a_broken_folder_named(tmp_path: Path) -> None:
    kept = KeptRuns(tmp_path)
    run = kept.new("retrieval", "questions/few.jsonl", {}, by="tess", note="", owner="a server before")
    kept.changed(run, state=RunState.RUNNING)
    (kept.root / "20260101-000000-abcdef").mkdir()
    runs, broken = Runner(load_settings(index_dir=tmp_path)).runs()
    assert [(r.id, r.state) for r in runs] == [(run.id, RunState.FAILED)]
    assert broken == ("20260101-000000-abcdef",)
    with pytest.raises(InputFileError):
        kept.read("../../etc")
