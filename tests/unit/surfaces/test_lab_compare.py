"""Compare and Gate on runs whose figures are known, without an engine."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response
from fastapi.testclient import TestClient

from medqa.config import load_settings
from medqa.evaluation.compare import not_comparable
from medqa.evaluation.intervals import mean_interval
from medqa.evaluation.kept_runs import KeptRuns
from medqa.evaluation.scorecard import Figure, Scorecard
from medqa.state import AuditTrail, Person, Role
from medqa.surfaces.content_policy import ROOM, policy_for
from medqa.surfaces.lab.comparing import PLOTLY_PATH, compare_routes
from medqa.surfaces.lab.each_question import gold_of, questions_of, side_of, text_of
from medqa.surfaces.lab.gate import gate_routes
from medqa.surfaces.lab.plots import gains, latency, percentile, plotly_js, risk, trend
from medqa.surfaces.lab.running import Runner
from tests.lab_runs import BEFORE, MAIN, NOW, STAMP, made, row


@pytest.fixture
def kept(tmp_path: Path) -> KeptRuns:
    return KeptRuns(tmp_path)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    app = FastAPI()
    runner = Runner(load_settings(index_dir=tmp_path))
    app.include_router(compare_routes(runner))
    app.include_router(gate_routes(runner))

    @app.middleware("http")
    async def signed_in(request: Request, call_next: Any) -> Response:
        roles = frozenset(Role(name) for name in request.headers.get("x-roles", "").split())
        if roles:
            request.state.person = Person("tess", roles)
        return await call_next(request)  # type: ignore[no-any-return]

    with TestClient(app, follow_redirects=False, headers={"x-roles": "tester", "accept": "text/html"}) as client:
        yield client


def test_a_comparison_tells_every_figure_question_and_plot_with_its_table(client: TestClient, kept: KeptRuns) -> None:
    chosen = {"before": made(kept, BEFORE), "now": made(kept, NOW, ms=9.0)}
    page = client.post("/lab/compare", data=chosen)
    assert page.status_code == 200
    assert "-0.6667" in page.text
    assert ">worse<" in page.text
    assert "0 / 8 / 4" in page.text
    assert "sciatica#causes (grade 2)" in page.text, "the gold"
    assert "1. sciatica#causes (relevant, grade 2)" in page.text
    assert "1. gabapentin#uses" in page.text
    assert page.text.count('type="application/json"') == page.text.count("as a table</summary>") == 4
    assert "<b>q01</b> why" not in page.text, "a question is text and not markup"
    figures = page.text.split('class="figure">')[1:]
    assert all(json.loads(part.split("</script>")[0])["data"] for part in figures)
    exported = client.post("/lab/compare/html", data=chosen).text
    assert "<svg" in exported
    assert "src=" not in exported
    rows = list(csv.reader(io.StringIO(client.post("/lab/compare/csv", data=chosen).text)))
    assert [r[1] for r in rows if r and r[0] in NOW] == ["-1.0"] * 8


@pytest.mark.parametrize(
    ("stamp", "said"),
    [
        ({"questions": {"few.jsonl": "bb"}}, "other questions"),
        ({"corpus_sha256": "dd"}, "other articles"),
        ({"field": "standalone"}, "another field"),
        ({"kind": "answers"}, "one measured retrieval, the other answers"),
    ],
)
def test_what_says_nothing_is_refused_in_words(
    client: TestClient, kept: KeptRuns, stamp: dict[str, Any], said: str
) -> None:
    chosen = {"before": made(kept, BEFORE), "now": made(kept, NOW, **stamp)}
    for path in ("", "/csv", "/html"):
        answer = client.post(f"/lab/compare{path}", data=chosen)
        assert answer.status_code == 409
        assert said in answer.text
        assert "-0.6667" not in answer.text


def test_settings_model_and_commit_are_what_one_compares() -> None:
    assert not_comparable(STAMP, {**STAMP, "settings": {"x": 1}, "model": "other", "commit": "fff"}) == ()


def test_the_trend_holds_only_what_can_be_compared_oldest_first(client: TestClient, kept: KeptRuns) -> None:
    first, other = made(kept, BEFORE, commit="c0ffee"), made(kept, BEFORE, corpus_sha256="dd", commit="0ther")
    last = made(kept, NOW, commit="beef")
    (kept.folder(made(kept, NOW, commit="damaged")) / "card.json").write_text("{", "utf-8")
    page = client.post("/lab/compare", data={"before": first, "now": last}).text
    table = page[page.index("over the runs of these questions, as a table") :]
    assert "0ther" not in table
    assert "damaged" not in table
    assert "0.3333" in table
    assert other


def test_plots_say_in_their_tables_what_they_draw() -> None:
    rows = {item: row(item, 0, 1.0) for item in ("a", "b", "c")}
    assert [r[0] for r in gains("x", {"a": -0.5, "b": 0.25, "c": 0.0}, rows).rows] == ["b", "a"]
    reports = [{"per_question": [row(str(n), 0, float(n)) for n in range(1, 102)]}] * 2
    found = latency((reports[0], reports[1]))
    assert found is not None
    assert {r[0]: r[1] for r in found.rows}["95 of 100 within"] == "96.0", "of 1 to 101"
    assert percentile([1.0, 2.0, 3.0, 4.0, 5.0], 50) == 3.0
    assert percentile([7.0], 95) == 7.0
    assert risk(({"abstention": None}, {"abstention": None})) is None
    assert latency(({"per_question": []}, {"per_question": []})) is None
    assert trend("x", []) is None


def test_every_kind_of_report_tells_its_questions() -> None:
    safety = {"id": "s1", "text": "chest pain", "level": "emergency", "cause": "heart", "intent": None, "ms": 1.0}
    safety["got"] = {"level": "none", "rule_id": "", "intent": None}
    turn = {"id": "t1", "user": "and for how long?", "standalone": "how long does sciatica last"}
    turn["interpreted_question"] = "how long"
    answer = {"id": "a1", "question": "why", "kind": "answered", "missing": ["a nerve"], "forbidden": []}
    answer["reply"] = {"answer": [{"text": "A nerve is pressed.", "citations": [1]}]}
    for report, text, gold, line in (
        ({"messages": [safety]}, "chest pain", "emergency (heart)", "none"),
        ({"per_turn": [turn]}, "and for how long?", "read as: how long does sciatica last", "read as: how long"),
        ({"per_question": [answer]}, "why", None, "A nerve is pressed. [1]"),
    ):
        ((item, found),) = questions_of(report).items()
        card = Scorecard("answers", {}, {"f": Figure(mean_interval([1.0]), {item: 1.0})})
        assert text_of(found) == text
        assert gold_of(found) == ((gold,) if gold else ())
        side = side_of(found, card, "f", item)
        assert side.value == "1.000"
        assert line in side.lines


def test_only_the_page_with_plots_lets_styles_be_written() -> None:
    assert "'unsafe-inline'" in policy_for("/lab/compare")
    assert "'unsafe-inline'" not in policy_for("/lab/compare").split("style-src")[0]
    assert "unsafe-eval" not in policy_for("/lab/compare")
    for path in ("/lab", "/lab/gate", "/lab/compare/html", "/staff"):
        assert policy_for(path) == ROOM


def test_the_script_of_plotly_is_for_testers_alone(client: TestClient) -> None:
    assert plotly_js() is not None, "pip install 'medqa[test]'"
    answer = client.get(PLOTLY_PATH)
    assert answer.status_code == 200
    assert "plotly.js v" in answer.text[:200]
    for roles, status in (("staff", 403), ("", 401)):
        for path in (PLOTLY_PATH, "/lab/compare", "/lab/gate"):
            assert client.get(path, headers={"x-roles": roles}).status_code == status
        assert client.post("/lab/gate", data={"act": "choose"}, headers={"x-roles": roles}).status_code == status


def test_a_baseline_tells_who_chose_it_and_its_gates_are_kept(
    client: TestClient, kept: KeptRuns, tmp_path: Path
) -> None:
    first, worse = made(kept, BEFORE), made(kept, NOW)
    assert client.post("/lab/gate", data={"act": "choose", "run": first}).status_code == 303
    gates = f"{MAIN}=baseline\n{MAIN}=0.9"
    assert client.post("/lab/gate", data={"act": "keep", "run": first, "gates": f"{MAIN}=high"}).status_code == 409
    assert client.post("/lab/gate", data={"act": "keep", "run": first, "gates": gates}).status_code == 303
    page = client.post("/lab/gate", data={"run": worse}).text
    assert gates in page, "what was kept is offered again"
    assert page.count(">missed<") == 2
    assert "q00" in page
    assert "why &lt;/script&gt; does it hurt" in page, "what broke is named in words"
    assert "tess" in page
    kept_file = client.get("/lab/gate/retrieval-questions-few.gates.txt")
    assert kept_file.text.split() == gates.split()
    acts = [(entry.actor, entry.action) for entry in AuditTrail(tmp_path).entries("retrieval-questions-few.json")]
    assert acts == [("tess", "gates changed"), ("tess", "baseline chosen")]
