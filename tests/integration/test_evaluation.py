"""`medqa eval` with the real engine, model and index, on a handful of invented articles."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from medqa.surfaces.cli import app
from tests.library import LIBRARY_FOLDER

STOPPING = {"article_id": "relaxol", "section_id": "stopping", "quote": "Do not stop relaxol suddenly.", "grade": 2}
HELPS = {"article_id": "stiff-back", "section_id": "treatments", "quote": "a warm shower", "grade": 1}
QUESTIONS: list[dict[str, Any]] = [
    {"id": "q1", "question": "Can I stop relaxol at once?", "tags": ["plain"], "gold": [STOPPING]},
    {"id": "q2", "question": "what helps a stiff back in the morning", "tags": ["plain"], "gold": [HELPS]},
    {"id": "q3", "question": "halting relaxoll abruptly", "tags": ["misspelt"], "gold": [STOPPING]},
    {"id": "q4", "question": "who won the cup final", "tags": ["off-topic"], "answerable": False},
]


class Bench:
    """A built index over a corpus, question sets beside it, and the command."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.where = ["--corpus", str(folder / "corpus"), "--index", str(folder / "index")]
        shutil.copytree(LIBRARY_FOLDER, folder / "corpus")
        assert CliRunner().invoke(app, ["index", *self.where]).exit_code == 0

    def questions(self, lines: Sequence[dict[str, Any]], name: str = "set.jsonl") -> str:
        path = self.folder / name
        path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
        return str(path)

    def run(self, *arguments: str, **environment: str) -> Result:
        return CliRunner().invoke(app, ["eval", *arguments, *self.where], env=environment)

    def ok(self, *arguments: str, **environment: str) -> str:
        result = self.run(*arguments, **environment)
        assert result.exit_code == 0, result.stderr or result.exception
        return result.stdout

    def json(self, *arguments: str, **environment: str) -> Any:
        return json.loads(self.ok(*arguments, "--json", **environment))


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("bench"))


# --- retrieval ---------------------------------------------------------------------------------------------


def test_figures_are_complete_and_stamped(bench: Bench) -> None:
    found = bench.json("retrieval", bench.questions(QUESTIONS))
    assert (found["questions"], found["scored"]) == (4, 3)
    assert set(found["measures"]) == {"article", "section", "passage"}
    assert found["measures"]["section"]["Success@3"] == {"value": 1.0, "low": 1.0, "high": 1.0, "n": 3}
    assert {tag: row["Success@3"]["n"] for tag, row in found["tags"].items()} == {"plain": 2, "misspelt": 1}
    assert found["latency_ms"]["n"] == 4
    stamp = found["stamp"]
    for name in ("corpus_sha256", "model", "chunking", "build_id", "medqa", "measured_at", "settings_sha256"):
        assert stamp[name], name
    assert stamp["settings"]["retrieval"]["lexical"] is True
    first = found["per_question"][0]
    assert first["hits"][0]["grade"] == {"article": 2, "section": 2, "passage": 2}
    assert first["relevant"]["section"] == {"relaxol#stopping": 2}


def test_settings_change_what_is_measured(bench: Bench) -> None:
    path = bench.questions(QUESTIONS)
    whole, words = bench.json("retrieval", path), bench.json("retrieval", path, MEDQA_RETRIEVAL__DENSE="false")
    scores = [[hit["score"] for q in found["per_question"] for hit in q["hits"]] for found in (whole, words)]
    assert scores[0] != scores[1]
    assert words["stamp"]["settings_sha256"] != whole["stamp"]["settings_sha256"]


def test_a_run_judged_from_its_file_gives_the_same_figures(bench: Bench) -> None:
    path = bench.questions(QUESTIONS)
    run, qrels = bench.folder / "out.trec", bench.folder / "out.qrels"
    direct = bench.json("retrieval", path, "--run-out", str(run), "--qrels-out", str(qrels))
    by_run = bench.json("retrieval", path, "--run", str(run))
    by_both = bench.json("retrieval", "--run", str(run), "--qrels", str(qrels))
    by_qrels = bench.json("retrieval", path, "--qrels", str(qrels))
    for other in (by_run, by_both, by_qrels):
        assert other["measures"]["section"] == direct["measures"]["section"]


def test_terminal_lines_are_short(bench: Bench) -> None:
    shown = bench.ok("retrieval", bench.questions(QUESTIONS))
    assert max(map(len, shown.splitlines())) <= 80
    assert "4 questions, 3 with an answer to find; 2 articles" in shown


def test_a_quote_that_no_longer_stands_stops_the_run(bench: Bench) -> None:
    broken = {"id": "q9", "question": "?", "gold": [{**STOPPING, "quote": "Relaxol cures everything."}]}
    path = bench.questions([*QUESTIONS, broken], "broken.jsonl")
    result = bench.run("retrieval", path)
    assert result.exit_code == 1
    assert "question 'q9'" in result.stderr
    assert "--skip-broken" in result.stderr
    found = bench.json("retrieval", path, "--skip-broken")
    assert found["questions"] == 4
    assert [b["id"] for b in found["labels"]["broken"]] == ["q9"]


def test_a_question_that_cannot_be_searched_for_counts_as_zero_and_is_named(bench: Bench) -> None:
    dots = {"id": "dots", "question": "...", "gold": [STOPPING]}
    result = bench.run("retrieval", bench.questions([QUESTIONS[0], dots], "dots.jsonl"))
    assert result.exit_code == 1
    assert "question 'dots': There are no words" in result.stderr
    (shown,) = [line.split() for line in result.stdout.splitlines() if line.startswith("Success@3")]
    assert shown[1] == "0.500"


def test_questions_without_an_answer_are_asked_too(bench: Bench) -> None:
    found = bench.json("retrieval", bench.questions(QUESTIONS), "--threshold", "2")
    abstaining = found["abstention"]
    assert abstaining["observed"]["caught"]["n"] == 1
    assert abstaining["observed"]["false_abstentions"]["n"] == 3
    (never,) = abstaining["given"]
    assert (never["caught"]["value"], never["false_abstentions"]["value"]) == (1.0, 1.0)
    replies = {q["id"]: q["reply"] for q in found["per_question"]}
    assert replies["q1"]["kind"] == "answered"
    assert replies["q4"]["kind"] == "abstained"
    assert replies["q1"]["evidence"] is not None
    shown = bench.ok("retrieval", bench.questions(QUESTIONS))
    assert "as it is configured" in shown
    only = bench.json("retrieval", bench.questions(QUESTIONS[:3], "answerable.jsonl"))
    assert only["abstention"] is None


def test_a_baseline_is_kept_and_compared_with(bench: Bench) -> None:
    path, kept = bench.questions(QUESTIONS), str(bench.folder / "baseline.json")
    bench.ok("retrieval", path, "--write-baseline", kept)
    same = bench.json("retrieval", path, "--baseline", kept, "--gate", "nDCG@10=baseline")
    assert same["baseline"]["cautions"] == []
    assert all(not c["won"] and not c["lost"] for c in same["baseline"]["changes"].values())
    assert [g["passed"] for g in same["gates"]] == [True]
    shown = bench.ok("retrieval", path, "--baseline", kept)
    assert "against the baseline of" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_a_missed_gate_is_exit_status_1_and_names_the_questions(bench: Bench) -> None:
    hopeless = {"id": "hopeless", "question": "sleepy breathing", "gold": [HELPS]}
    path = bench.questions([*QUESTIONS, hopeless], "hopeless.jsonl")
    result = bench.run("retrieval", path, "--gate", "Success@1=0.99", "--gate", "article:R@10=0.1")
    assert result.exit_code == 1
    missed = [line for line in result.stdout.splitlines() if line.startswith("gate missed")]
    assert len(missed) == 1
    assert "hopeless" in missed[0]
    assert bench.run("retrieval", path, "--gate", "nothing=1").exit_code == 1


def test_the_report_holds_the_worst_questions_in_full(bench: Bench) -> None:
    hopeless = {"id": "hopeless", "question": "sleepy breathing", "gold": [HELPS]}
    path, page = bench.questions([*QUESTIONS, hopeless], "hopeless.jsonl"), bench.folder / "report.html"
    bench.ok("retrieval", path, "--html", str(page))
    text = page.read_text(encoding="utf-8")
    for part in ("hopeless", "sleepy breathing", "a warm shower", "Risk over coverage", "corpus_sha256", "misspelt"):
        assert part in text
    assert "Alcohol and relaxol together can slow your breathing." in text, "what was found instead"


@pytest.mark.parametrize("options", [[], ["--run", "x"], ["set.jsonl", "--level", "chapter"]])
def test_wrong_usage_is_said_as_such(bench: Bench, options: list[str]) -> None:
    assert bench.run("retrieval", *options).exit_code == 2


# --- the safety check --------------------------------------------------------------------------------------


def test_safety_is_measured_by_rules_and_model(bench: Bench) -> None:
    messages = [
        {"id": "m1", "text": "crushing chest pain and my left arm is numb", "level": "emergency", "cause": "heart"},
        {"id": "m2", "text": "what is relaxol used for?", "level": "none", "cause": "asking", "intent": None},
        {"id": "m3", "text": "purple monkeys in the garden", "level": "poison", "cause": "nonsense"},
    ]
    path, page = bench.questions(messages, "messages.jsonl"), bench.folder / "safety.html"
    found = bench.json("safety", path, "--html", str(page))
    assert found["second_look"] == {"took_part": True, "problem": ""}
    assert found["stamp"]["model"]
    assert found["whole"]["levels"]["emergency"]["sensitivity"]["value"] == 1.0
    assert found["rules"]["false_alarms"]["value"] == 0.0
    assert [m["id"] for m in found["messages"] if m["wrong"]] == ["m3"]
    assert "purple monkeys in the garden" in page.read_text(encoding="utf-8")
    shown = bench.run("safety", path, "--rules-only", "--misses", "--gate", "sensitivity:poison=0.5")
    assert shown.exit_code == 1
    assert "m3  poison -> none (nonsense)  purple monkeys in the garden" in shown.stdout
    assert "gate missed: sensitivity:poison 0.0000, wanted >= 0.5000; look at: m3" in shown.stdout


def test_half_of_the_check_is_no_baseline(bench: Bench) -> None:
    path = bench.questions([{"id": "m1", "text": "what is relaxol?", "level": "none"}], "one.jsonl")
    kept = bench.folder / "half.json"
    result = bench.run("safety", path, "--write-baseline", str(kept), MEDQA_EMBEDDING__MODEL=str(bench.folder))
    assert result.exit_code == 1
    assert "By the rules alone" in result.stderr
    assert not kept.exists()


# --- answers -----------------------------------------------------------------------------------------------


def test_answers_are_marked(bench: Bench) -> None:
    facts = [{**QUESTIONS[0], "key_facts": ["not stop", "sing a song"], "must_not": ["seizure"]}, *QUESTIONS[1:]]
    path, page = bench.questions(facts, "facts.jsonl"), bench.folder / "answers.html"
    kept = str(bench.folder / "answers-baseline.json")
    found = bench.json("answers", path, "--html", str(page), "--write-baseline", kept)
    assert found["measures"]["quotes-exact"]["value"] == 1.0
    assert found["measures"]["key-facts"] == {"value": 0.5, "low": 0.5, "high": 0.5, "n": 1}
    first = found["per_question"][0]
    assert first["missing"] == ["sing a song"]
    assert first["reply"]["answer"][0]["text"] == "Do not stop relaxol suddenly."
    assert found["per_question"][3]["values"] == {"caught": 1.0}
    assert "sing a song" in page.read_text(encoding="utf-8")
    result = bench.run("answers", path, "--baseline", kept, "--gate", "key-facts=0.9", "--gate", "words:median=500")
    assert result.exit_code == 1
    assert "gate missed: key-facts 0.5000, wanted >= 0.9000; look at: q1" in result.stdout
    assert "gate passed: words:median" in result.stdout


# --- sets and settings -------------------------------------------------------------------------------------


def test_a_drafted_set_can_be_measured_at_once(bench: Bench) -> None:
    drafted = bench.folder / "drafted.jsonl"
    bench.ok("init", str(drafted), "--questions", "8")
    assert bench.json("retrieval", str(drafted))["measures"]["section"]["Success@3"]["value"] > 0.5
    again = bench.run("init", str(drafted))
    assert again.exit_code == 1
    assert "--force" in again.stderr


def test_a_sweep_builds_what_it_needs_and_marks_the_best(bench: Bench) -> None:
    grid = bench.folder / "grid.toml"
    grid.write_text("[grid.chunking]\nmax_tokens = [64, 254]\n[grid.retrieval]\nlexical = [true, false]", "utf-8")
    path = bench.questions(QUESTIONS)
    found = bench.json("sweep", path, "--grid", str(grid), "--work", str(bench.folder / "sweep"))
    assert [p["settings"]["chunking.max_tokens"] for p in found["points"]] == [64, 64, 254, 254]
    assert {p["quality"]["n"] for p in found["points"]} == {3}
    assert any(p["is_best"] for p in found["points"])
    builds = sorted((bench.folder / "sweep").glob("*/CURRENT"))
    assert len(builds) == 1, "the index that is there serves 254"
    before = builds[0].read_text("utf-8")
    shown = bench.ok("sweep", path, "--grid", str(grid), "--work", str(bench.folder / "sweep"))
    assert builds[0].read_text("utf-8") == before, "nothing changed: nothing is built"
    assert "max_tokens" in shown
