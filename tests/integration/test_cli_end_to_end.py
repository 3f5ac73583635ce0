"""The commands with the real engine, model and index, on a handful of invented articles."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from medqa.surfaces.cli import app
from tests.library import LIBRARY_FOLDER

SIDE_EFFECTS = "What are the side effects of relaxol?"


class Medqa:
    """The command line over one corpus and one index folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.corpus = folder / "corpus"
        self.index = folder / "index"
        shutil.copytree(LIBRARY_FOLDER, self.corpus)

    def run(self, *arguments: str, **environment: str) -> Result:
        command, *rest = arguments
        where = ["--corpus", str(self.corpus), "--index", str(self.index)]
        # the runner's stdin is empty, so that nothing waits for a person
        return CliRunner().invoke(app, [command, *rest, *where], env=environment)

    def ok(self, *arguments: str, **environment: str) -> str:
        result = self.run(*arguments, **environment)
        assert result.exit_code == 0, result.stderr or result.exception
        return result.stdout

    def json(self, *arguments: str, **environment: str) -> Any:
        return json.loads(self.ok(*arguments, "--json", **environment))

    def write(self, name: str, content: str) -> Path:
        path = self.folder / name
        path.write_text(content, encoding="utf-8")
        return path


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Medqa:
    """An index that no test changes."""
    medqa = Medqa(tmp_path_factory.mktemp("library"))
    medqa.ok("index")
    return medqa


@pytest.fixture
def fresh(tmp_path: Path) -> Medqa:
    """A corpus and an index of a test's own."""
    return Medqa(tmp_path)


def lines_of(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


# --- asking and showing ----------------------------------------------------------------------------------


def test_an_answer_is_made_of_quotes_that_slice_back_out_of_the_text(library: Medqa) -> None:
    reply = library.json("ask", SIDE_EFFECTS)
    assert reply["kind"] == "answered"
    assert reply["answer"]
    assert reply["citations"]
    assert reply["disclaimer"]
    quotes = {}
    for citation in reply["citations"]:
        text = library.json("show", citation["article_id"])["text"]
        assert text[citation["start"] : citation["end"]] == citation["quote"]
        quotes[citation["n"]] = citation["quote"]
    for sentence in reply["answer"]:
        assert sentence["text"].strip() in {quotes[n].strip() for n in sentence["citations"]}
    assert any("½ day" in sentence["text"] for sentence in reply["answer"]), "the whole list is given"


def test_the_index_that_answered_is_named(library: Medqa) -> None:
    reply = library.json("ask", SIDE_EFFECTS)
    build = (library.index / "CURRENT").read_text(encoding="utf-8").strip()
    assert reply["index"]["build_id"] == build
    assert reply["index"]["articles"] == 2
    assert reply["index"]["chunks"] > 2


def test_plain_text_has_answer_sources_and_disclaimer(library: Medqa) -> None:
    text = library.ok("ask", SIDE_EFFECTS)
    reply = library.json("ask", SIDE_EFFECTS)
    assert "sleepiness [" in text
    assert "Sources" in text
    assert "not clinically reviewed" in text
    assert reply["disclaimer"] in text
    assert "\x1b" not in text, "no colours in a pipe"


def test_what_no_article_says_is_not_answered(library: Medqa) -> None:
    reply = library.json("ask", "Which wine goes well with grilled trout?")
    assert reply["kind"] == "abstained"
    assert (reply["answer"], reply["citations"]) == ([], [])


def test_an_emergency_gets_a_card_and_no_article(library: Medqa) -> None:
    reply = library.json("ask", "My husband took too much relaxol and I cannot wake him up")
    assert reply["kind"] == "redirected"
    assert reply["safety"]["level"] == "emergency"
    assert reply["safety"]["message"]
    assert (reply["answer"], reply["citations"]) == ([], [])


def test_a_follow_up_is_understood_from_the_conversation(library: Medqa) -> None:
    talk = [
        {"role": "user", "content": "What is baclofen used for?"},
        {"role": "assistant", "content": "The articles do not say."},
    ]
    history = library.write("talk.json", json.dumps(talk))
    assert "baclofen" not in library.json("ask", "Can I drink alcohol with it?")["interpreted_question"]
    reply = library.json("ask", "Can I drink alcohol with it?", "--history", str(history))
    assert "baclofen" in reply["interpreted_question"]


def test_show_gives_the_text_and_its_sections(library: Medqa) -> None:
    article = library.json("show", "relaxol")
    assert article["review"]["state"] == "unreviewed"
    for section in article["sections"]:
        assert article["text"][section["start"] : section["end"]].strip()
    assert [s["id"] for s in article["sections"]][-1] == "stopping"
    assert article["text"] in library.ok("show", "relaxol")


def test_withdrawn_articles_are_not_in_the_list(library: Medqa) -> None:
    assert {entry["id"] for entry in library.json("show", "--list")} == {"relaxol", "stiff-back"}
    assert "relaxol" in library.ok("show", "--list")
    result = library.run("show", "old-advice")
    assert result.exit_code == 1
    assert "medqa show --list" in result.stderr


# --- searching -------------------------------------------------------------------------------------------


def test_hits_have_their_place_and_their_scores(library: Medqa) -> None:
    hits = library.json("search", "relaxol alcohol", "-k", "3")
    assert [hit["rank"] for hit in hits] == list(range(1, len(hits) + 1))
    assert len(hits) <= 3
    assert hits[0]["section_id"] == "interactions"
    text = library.json("show", hits[0]["article_id"])["text"]
    assert text[hits[0]["start"] : hits[0]["end"]] == hits[0]["text"]
    assert set(hits[0]["scores"]) == {"dense", "lexical", "fused", "rerank"}
    assert hits[0]["text"].splitlines()[0] in library.ok("search", "relaxol alcohol")


def test_settings_switch_the_stages(library: Medqa) -> None:
    config = library.write("dense.toml", '[retrieval]\nlexical = false\nunderstanding = false\nrerank = "none"\n')
    (dense, *_) = library.json("search", "relaxol alcohol", "--config", str(config))
    assert (dense["scorer"], dense["scores"]["lexical"]) == ("dense", None)
    words = {"MEDQA_RETRIEVAL__DENSE": "false", "MEDQA_RETRIEVAL__RERANK": "none"}
    (lexical, *_) = library.json("search", "relaxol alcohol", **words)
    assert (lexical["scorer"], lexical["scores"]["dense"]) == ("lexical", None)
    (fast, *_) = library.json("search", "relaxol alcohol")
    assert fast["scorer"] == "fast"
    assert fast["scores"]["rerank"] == pytest.approx(fast["score"])


@pytest.mark.parametrize(
    ("unit", "first"), [("article", "relaxol"), ("section", "relaxol#interactions"), ("chunk", "relaxol:")]
)
def test_a_run_ranks_units_once_each(library: Medqa, unit: str, first: str) -> None:
    source = library.write(
        "q.jsonl", '{"id": "q1", "question": "relaxol alcohol"}\n{"id": 2, "question": "stiff back"}\n'
    )
    run = library.folder / f"{unit}.trec"
    library.ok("search", "--input", str(source), "--run", str(run), "--unit", unit)
    rows = [line.split(" ") for line in run.read_text(encoding="utf-8").splitlines()]
    assert {len(row) for row in rows} == {6}
    assert {(row[1], row[5]) for row in rows} == {("Q0", "medqa")}
    for qid in ("q1", "2"):
        mine = [row for row in rows if row[0] == qid]
        assert [int(row[3]) for row in mine] == list(range(1, len(mine) + 1))
        assert len({row[2] for row in mine}) == len(mine)
        scores = [float(row[4]) for row in mine]
        assert scores == sorted(set(scores), reverse=True)
    assert rows[0][2].startswith(first)


def test_a_run_can_read_another_field(library: Medqa) -> None:
    source = library.write(
        "mq.jsonl", '{"id": "q", "question": "' + "well " * 2000 + '", "summary": "relaxol alcohol"}\n'
    )
    run = library.folder / "summary.trec"
    library.ok(
        "search", "--input", str(source), "--run", str(run), "--unit", "section", "--field", "summary", "-k", "1"
    )
    assert run.read_text(encoding="utf-8").split()[2] == "relaxol#interactions"
    result = library.run("search", "--input", str(source), "--run", str(run))
    assert result.exit_code == 1
    assert "mq.jsonl:1" in result.stderr


# --- many at once ----------------------------------------------------------------------------------------


def test_many_questions_go_on_after_one_that_fails(library: Medqa) -> None:
    source = library.write(
        "many.jsonl",
        "\n".join(
            [
                json.dumps({"id": "good", "question": SIDE_EFFECTS}),
                "{broken",
                json.dumps({"id": "empty", "question": "   "}),
                json.dumps({"id": "half", "question": "What is relaxol\ud800 used for?"}),
                json.dumps(
                    {"id": 5, "question": "and with alcohol?", "history": [{"role": "user", "content": "relaxol?"}]}
                ),
            ]
        ),
    )
    target = library.folder / "answers.jsonl"
    result = library.run("ask", "--input", str(source), "--output", str(target))
    assert result.exit_code == 1
    answers = {line["id"]: line for line in lines_of(target)}
    assert list(answers) == ["good", "empty", "half", 5]
    assert answers["good"]["kind"] == "answered"
    assert "error" in answers["empty"]
    assert answers["half"]["kind"] == "answered"
    assert "alcohol" in answers[5]["interpreted_question"].lower()
    assert "many.jsonl:2: not JSON" in result.stderr


def test_without_an_index_a_batch_fails_once(fresh: Medqa) -> None:
    source = fresh.write("q.jsonl", '{"id": 1, "question": "x"}\n{"id": 2, "question": "y"}\n')
    result = fresh.run("ask", "--input", str(source), "--output", str(fresh.folder / "a.jsonl"))
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert "medqa index" in line
    assert not (fresh.folder / "a.jsonl").exists()


# --- building --------------------------------------------------------------------------------------------


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_an_index_is_built_left_alone_refreshed_and_rolled_back(fresh: Medqa) -> None:
    first = fresh.json("index")
    assert (first["changed"], first["articles"]) == (True, 2)
    assert first["embedded"] == first["chunks"] > 0

    again = fresh.json("index")
    assert (again["changed"], again["build_id"], again["embedded"]) == (False, first["build_id"], 0)

    edit(fresh.corpus / "relaxol.md", "dry mouth", "dry eyes")
    edit(fresh.corpus / "stiff-back.md", "status: published", "status: withdrawn")
    plan = fresh.json("index", "--dry-run")
    assert (plan["changed"], plan["edited"], plan["build_id"]) == (True, ["relaxol"], first["build_id"])
    assert "medqa index would build anew" in fresh.ok("index", "--dry-run")

    second = fresh.ok("index")
    for line in ("articles            1", "embeddings new      1", "edited: relaxol"):
        assert line in second
    assert "dry eyes" in fresh.json("show", "relaxol")["text"]

    assert fresh.json("index", "--rollback")["build_id"] == first["build_id"]
    assert "dry mouth" in fresh.json("show", "relaxol")["text"]
    assert [entry["id"] for entry in fresh.json("show", "--list")] == ["relaxol"], "what was withdrawn stays hidden"
    result = fresh.run("index", "--rollback")
    assert result.exit_code == 1
    assert "medqa index" in result.stderr


def test_a_purge_leaves_no_trace_of_a_deleted_text(fresh: Medqa) -> None:
    article = fresh.corpus / "secret.md"
    article.write_text("# A secret\n\nZebrafish wear purple hats on Tuesdays.\n", encoding="utf-8")
    fresh.ok("index")
    words = b"Zebrafish wear purple"
    assert holding(fresh.index, words)
    article.unlink()
    assert fresh.json("index")["removed"] == ["secret"]
    assert "secret" not in {entry["id"] for entry in fresh.json("show", "--list")}
    assert len(fresh.json("index", "--purge")["removed"]) == 1
    assert holding(fresh.index, words) == []


def holding(folder: Path, words: bytes) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and words in path.read_bytes()]


def test_bad_files_are_named_and_nothing_indexed_is_lost(fresh: Medqa) -> None:
    fresh.ok("index")
    (fresh.corpus / "empty.md").write_text("", encoding="utf-8")
    (fresh.corpus / "latin.md").write_bytes("# Caf\xe9\n\nText.\n".encode("latin-1"))
    (fresh.corpus / "relaxol.md").write_bytes(b"\xff\xfe\x00broken")
    edit(fresh.corpus / "stiff-back.md", "a warm shower", "a hot shower")
    result = fresh.run("index")
    assert result.exit_code == 1
    for name in ("empty.md", "latin.md", "relaxol.md"):
        assert name in result.stderr
    assert "articles            2" in result.stdout
    assert "kept as they were: relaxol" in result.stdout
    assert "a hot shower" in fresh.json("show", "stiff-back")["text"]
    assert fresh.json("ask", SIDE_EFFECTS)["kind"] == "answered"
    again = fresh.run("index", "--json")
    assert again.exit_code == 1, "also when nothing changed since"
    report = json.loads(again.stdout)
    assert (report["changed"], report["kept"], len(report["problems"])) == (False, ["relaxol"], 3)


def test_no_articles_at_all_is_an_error_that_helps(fresh: Medqa) -> None:
    shutil.rmtree(fresh.corpus)
    result = fresh.run("index")
    assert result.exit_code == 1
    assert str(fresh.corpus) in result.stderr


def test_an_index_that_does_not_fit_or_is_damaged_is_refused_and_mended(fresh: Medqa) -> None:
    fresh.ok("index")
    stale = fresh.run("ask", SIDE_EFFECTS, MEDQA_CHUNKING__MAX_TOKENS="64")
    assert (stale.exit_code, stale.stdout) == (1, "")
    assert "medqa index" in stale.stderr
    (store,) = fresh.index.glob("builds/*/store.sqlite")
    with store.open("r+b") as file:
        file.seek(2000)
        file.write(b"\x00garbage\x00")
    damaged = fresh.run("ask", SIDE_EFFECTS)
    assert (damaged.exit_code, damaged.stdout) == (1, "")
    assert "medqa index" in damaged.stderr
    assert fresh.json("index")["changed"] is True, "the remedy that was named mends it"
    assert fresh.json("ask", SIDE_EFFECTS)["kind"] == "answered"


def test_asking_from_cold_does_not_import_torch(library: Medqa) -> None:
    code = (
        "import sys\nfrom medqa.surfaces.cli import main\n"
        f"sys.argv = ['medqa', 'ask', {SIDE_EFFECTS!r}, '--json', '--index', {str(library.index)!r}]\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        "print('torch' in sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["kind"] == "answered"
    assert done.stderr.strip().splitlines()[-1] == "False"
