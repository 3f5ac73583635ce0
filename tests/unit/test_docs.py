"""What the documents say is so: links lead somewhere, commands and make targets exist, examples are read."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import typer
from packaging.requirements import Requirement

from medqa.config import Settings
from medqa.corpus import read_corpus
from medqa.surfaces.cli import app
from medqa.types import SectionId

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
_LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)[^)]*\)")
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(page: str, language: str) -> list[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return [body for kind, body in _BLOCK.findall(text) if kind == language]


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_lead_to_files_that_are_there(page: Path) -> None:
    targets = _LINK.findall(page.read_text(encoding="utf-8"))
    assert [t for t in targets if not (page.parent / t).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_commands_and_targets_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    command = typer.main.get_command(app)
    known = set(command.list_commands(typer.Context(command))) | {"COMMAND"}  # type: ignore[attr-defined]
    shown = "\n".join(blocks(named(page), "console"))
    quoted = re.findall(r"`([^`\n]+)`", text)
    written = set(re.findall(r"^(?:\.venv/bin/)?medqa (?!-)(\w+)", "\n".join([shown, *quoted]), re.MULTILINE))
    assert written <= known
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"^make ([a-z-]+)", "\n".join([shown, *quoted]), re.MULTILINE)) <= targets


@pytest.mark.parametrize("name", [page.name for page in PAGES if page.parent.name == "decisions"])
def test_a_decision_is_named_by_its_number(name: str) -> None:
    title = (ROOT / "docs" / "decisions" / name).read_text(encoding="utf-8").splitlines()[0]
    assert title.startswith(f"# {name[:4]}")


def test_each_decision_has_a_number_of_its_own() -> None:
    numbers = [page.name[:4] for page in PAGES if page.parent.name == "decisions"]
    assert len(numbers) == len(set(numbers))


def test_each_dependency_has_its_reasons_written_down() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [Requirement(text).name for text in (*project["dependencies"], *project["optional-dependencies"]["test"])]
    records = "".join(p.read_text(encoding="utf-8").lower() for p in PAGES if p.parent.name == "decisions")
    # a package is named as it is installed, imported or known
    known_as = {"chromadb": "chroma"}
    assert [name for name in wanted if known_as.get(name, name).lower() not in records] == []


def test_files_of_the_reading_order_are_there() -> None:
    text = (ROOT / "docs" / "reading-order.md").read_text(encoding="utf-8")
    places = [ROOT, ROOT / "src" / "medqa"]
    files = re.findall(r"`([\w/]+(?:\.py|\.toml|/))`", text)
    assert len(files) > 20
    folders = {f.rsplit("/", 1)[0] for f in files if "/" in f}
    inside = [ROOT / "src" / "medqa" / folder for folder in folders]
    assert [f for f in files if not any((place / f).exists() for place in (*places, *inside))] == []


def test_the_example_article_is_read_as_described(tmp_path: Path) -> None:
    (example,) = blocks("docs/articles.md", "markdown")
    (tmp_path / "example.md").write_text(example, encoding="utf-8")
    reading = read_corpus([tmp_path], max_file_bytes=10_000)
    assert not reading.problems
    (document,) = reading.documents
    assert (document.id, document.sources[0].fact) == ("hot-water-bottle", "What was taken from it.")
    assert document.section(SectionId("risks")).heading == "When should I not use it?"


def test_the_example_line_is_read_as_described(tmp_path: Path) -> None:
    (example,) = blocks("docs/articles.md", "json")
    assert json.loads(example)["sections"]
    (tmp_path / "example.jsonl").write_text(example, encoding="utf-8")
    (document,) = read_corpus([tmp_path], max_file_bytes=10_000).documents
    assert document.sections[0].docid == "what"


def test_the_settings_in_the_readme_are_the_defaults() -> None:
    (example,) = blocks("README.md", "toml")
    shown = tomllib.loads(example)
    defaults = Settings().model_dump(mode="json")
    for section, values in shown.items():
        if isinstance(values, dict):
            assert {key: defaults[section][key] for key in values} == values
        else:
            assert defaults[section] == values


def test_make_help_lists_the_targets() -> None:
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    for target in ("run", "test", "test-slow", "test-faults", "lint", "format", "index", "clean"):
        assert re.search(rf"^make {target} ", done.stdout, re.MULTILINE)
