"""docs/safety.md says what holds each line of the policy: every rule, file, name and test that it names is there."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from medqa.safety.rules import rule_book

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "safety.md").read_text("utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.split("## Policy line by line")[1].split("\n## ")[0].splitlines()
    if line.startswith("|") and not line.startswith(("|---", "| policy"))
]
SOURCES = "\n".join(path.read_text("utf-8") for path in (ROOT / "src" / "medqa").rglob("*.py"))
TESTS = {path: path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py")}
NAMED_TESTS = {name for text in TESTS.values() for name in re.findall(r"^\s*def (test_\w+)", text, re.MULTILINE)}
RULES = {rule.id for rule in rule_book().rules}
LEVELS = ("emergency.", "crisis.", "poison.", "urgent.", "topic.", "intent.")


def ticked(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def is_there(name: str) -> bool:
    """A file of the package, a rule (with or without its level), or a name of the code."""
    if name.endswith((".toml", ".py", "/")):
        return any(True for _ in (ROOT / "src" / "medqa").rglob(name.rstrip("/").rsplit("/", 1)[-1]))
    if any(fnmatchcase(rule, pattern) for rule in RULES for pattern in (name, *(level + name for level in LEVELS))):
        return True
    return re.search(rf"\b{re.escape(name.rstrip('*').rsplit('.', 1)[-1])}\b", SOURCES) is not None


def test_the_table_is_read() -> None:
    assert len(ROWS) >= 25
    assert all(len(row) == 3 for row in ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:50])
def test_what_a_line_names_is_there(row: list[str]) -> None:
    _, code, tests = row
    assert [name for name in ticked(code) if not is_there(name)] == []
    named = [word for name in ticked(tests) for word in re.findall(r"test_\w+\*?", name)]
    modules = {path.stem for path in TESTS}
    missing = [
        name
        for name in named
        if name not in modules
        and not any(known == name or (name.endswith("*") and known.startswith(name[:-1])) for known in NAMED_TESTS)
    ]
    assert missing == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:50])
def test_every_line_has_something_that_holds_it(row: list[str]) -> None:
    assert ticked(row[1]) or ticked(row[2])
    assert re.search(r"test_\w+|the same|tests/", row[2]), "no test holds it"
