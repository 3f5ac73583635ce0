"""The command line as such: help, wrong usage, exit statuses, errors as one line. No index is opened here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from medqa import __version__
from medqa.errors import IndexMissingError
from medqa.surfaces.cli import app

runner = CliRunner()
command = typer.main.get_command(app)
COMMANDS = ("index", "ask", "search", "show", "triage", "doctor", "audit", "train", "serve", "eval", "state", "user")
MEASURING = ("retrieval", "safety", "answers", "init", "sweep")
PEOPLE = ("add", "list", "remove")
LEAVES = (
    *COMMANDS[:-3],
    *(f"eval {name}" for name in MEASURING),
    "state backup",
    *(f"user {name}" for name in PEOPLE),
)


def leaf(name: str) -> typer.core.TyperCommand:
    """The command of that name, of a group where it has two words."""
    found = command
    for part in name.split():
        found = found.get_command(typer.Context(found), part)  # type: ignore[attr-defined]
    return found  # type: ignore[return-value]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_every_command_of_the_contract_is_there_and_no_other() -> None:
    assert sorted(command.list_commands(typer.Context(command))) == sorted(COMMANDS)  # type: ignore[attr-defined]
    assert tuple(leaf("eval").list_commands(typer.Context(leaf("eval")))) == MEASURING  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", LEAVES)
def test_every_command_and_option_says_what_it_does(name: str) -> None:
    one = leaf(name)
    assert one.short_help
    assert len(one.short_help) <= 45, "a longer one is cut in the list of commands"
    assert f"medqa {name}" in one.help, "the manual needs an example"
    for parameter in one.params:
        assert parameter.help.endswith((".", ")")), f"{name}: {parameter.name} lacks a help sentence"


@pytest.mark.parametrize("name", LEAVES)
def test_every_command_takes_corpus_index_and_config(name: str) -> None:
    one = leaf(name)
    options = {option for parameter in one.params for option in parameter.opts}
    assert {"--corpus", "--index", "--config"} <= options


@pytest.mark.parametrize("name", LEAVES)
def test_help_is_shown_with_its_example(name: str) -> None:
    result = runner.invoke(app, [*name.split(), "--help"], env={"COLUMNS": "200"})
    assert result.exit_code == 0
    assert f"medqa {name}" in result.stdout


def test_version() -> None:
    result = runner.invoke(app, ["--version"])
    assert (result.exit_code, result.stdout) == (0, f"medqa {__version__}\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["nosuch"],
        ["ask"],
        ["ask", "q", "--input", "x.jsonl"],
        ["ask", "--input", "x.jsonl"],
        ["ask", "q", "--output", "x.jsonl"],
        ["ask", "--input", "x.jsonl", "--output", "y.jsonl", "--history", "h.json"],
        ["search"],
        ["search", "q", "-k", "0"],
        ["search", "q", "--unit", "section"],
        ["search", "--input", "x.jsonl", "--run", "y.trec", "--unit", "paragraph"],
        ["search", "--input", "x.jsonl", "--run", "y.trec", "--json"],
        ["search", "--input", "x.jsonl"],
        ["show"],
        ["show", "baclofen", "--list"],
        ["triage"],
        ["triage", "--input", "x.jsonl"],
        ["index", "--rollback", "--purge"],
        ["index", "--dry-run", "--rollback"],
        ["serve", "--port", "70000"],
        ["ask", "q", "--nosuch"],
    ],
)
def test_wrong_usage_ends_with_2_and_says_so_on_stderr(arguments: list[str]) -> None:
    result = runner.invoke(app, arguments)
    assert result.exit_code == 2
    assert "Usage:" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("arguments", [["ask", "What is baclofen?"], ["search", "x"], ["show", "--list"]])
def test_a_missing_index_is_one_line_with_the_next_command(arguments: list[str]) -> None:
    result = runner.invoke(app, [*arguments, "--index", "none"])
    assert result.exit_code == 1
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: ")
    assert "medqa index" in line


def test_debug_shows_where_an_error_came_from() -> None:
    result = runner.invoke(app, ["--debug", "show", "--list", "--index", "none"])
    assert isinstance(result.exception, IndexMissingError)


def test_an_unexpected_failure_is_one_line_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr("medqa.surfaces.cli_options.load_settings", broken)
    result = runner.invoke(app, ["triage", "hello"])
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert "ZeroDivisionError: a defect" in line
    assert "--debug" in line
    assert isinstance(runner.invoke(app, ["--debug", "triage", "hello"]).exception, ZeroDivisionError)


def test_a_wrong_setting_names_its_key() -> None:
    Path("mine.toml").write_text("[retrieval]\nlexicall = false\n", encoding="utf-8")
    result = runner.invoke(app, ["triage", "hello", "--config", "mine.toml"])
    assert result.exit_code == 1
    assert "retrieval.lexicall" in result.stderr


def test_a_missing_configuration_is_an_error() -> None:
    result = runner.invoke(app, ["triage", "hello", "--config", "none.toml"])
    assert result.exit_code == 1
    assert "none.toml" in result.stderr


def test_an_emergency_is_told_without_an_index() -> None:
    result = runner.invoke(app, ["triage", "I took all of my pills at once and want to die", "--json"])
    assert result.exit_code == 0
    verdict = json.loads(result.stdout)
    assert verdict["level"] in ("emergency", "crisis", "poison")
    assert verdict["rule_id"]
    assert verdict["message"]
    assert verdict["redirects"] is True


def test_a_plain_question_is_no_emergency() -> None:
    verdict = json.loads(runner.invoke(app, ["triage", "How does baclofen work?", "--json"]).stdout)
    assert (verdict["level"], verdict["rule_id"], verdict["redirects"]) == ("none", None, False)


def test_triage_of_many_goes_on_after_a_bad_line() -> None:
    lines = ['{"id": "a", "text": "How does baclofen work?"}', "{oops", '{"id": "c"}', '{"id": 4, "text": ""}']
    Path("t.jsonl").write_text("\n".join(lines), encoding="utf-8")
    result = runner.invoke(app, ["triage", "--input", "t.jsonl", "--output", "o.jsonl"])
    assert result.exit_code == 1
    written = [json.loads(line) for line in Path("o.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["id"] for line in written] == ["a", "c", 4]
    assert written[0]["level"] == "none"
    assert 'no text in "text"' in written[1]["error"]
    assert "t.jsonl:2: not JSON" in result.stderr
    assert "t.jsonl:3:" in result.stderr


def test_triage_knows_the_conversation() -> None:
    history = [
        {"role": "user", "content": "I took all of my pills at once and want to die"},
        {"role": "assistant", "content": "Call now."},
    ]
    Path("talk.json").write_text(json.dumps(history), encoding="utf-8")
    result = runner.invoke(app, ["triage", "how long until it works?", "--history", "talk.json", "--json"])
    assert json.loads(result.stdout)["redirects"] is True


def test_without_an_input_no_output_is_begun() -> None:
    result = runner.invoke(app, ["triage", "--input", "none.jsonl", "--output", "o.jsonl"])
    assert result.exit_code == 1
    assert "none.jsonl cannot be read" in result.stderr
    assert not Path("o.jsonl").exists()


def test_the_input_is_never_written_over() -> None:
    Path("t.jsonl").write_text('{"id": "a", "text": "hello"}\n', encoding="utf-8")
    result = runner.invoke(app, ["triage", "--input", "t.jsonl", "--output", "t.jsonl"])
    assert result.exit_code == 1
    assert Path("t.jsonl").read_text(encoding="utf-8").startswith('{"id": "a"')


def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[bytes]:
    """The installed command in a process of its own."""
    environment = {**os.environ, **more}
    return subprocess.run(
        [sys.executable, "-m", "medqa.surfaces.cli", *arguments], capture_output=True, env=environment, check=False
    )


def test_triage_by_rules_loads_neither_models_nor_databases_nor_the_page() -> None:
    code = (
        "import sys\nsys.argv = ['medqa', 'triage', 'hello', '--rules-only', '--json']\n"
        "from medqa.surfaces.cli import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        "heavy = {'numpy', 'bm25s', 'torch', 'gradio', 'chromadb', 'openvino', 'onnxruntime', 'transformers'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_json_is_utf8_whatever_the_locale() -> None:
    done = run("triage", "sciatica – ½ tablet", "--json", LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert done.returncode == 0, done.stderr
    json.loads(done.stdout.decode("utf-8"))


def test_a_reader_that_leaves_early_is_no_failure_to_report(tmp_path: Path) -> None:
    done = subprocess.run(
        f"'{sys.executable}' -m medqa.surfaces.cli triage hello | true", shell=True, capture_output=True, check=False
    )
    assert b"unexpected" not in done.stderr
    assert b"Traceback" not in done.stderr
