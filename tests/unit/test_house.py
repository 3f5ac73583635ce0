"""The house rules that no other tool holds."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src" / "medqa").rglob("*.py"))
MOST_LINES = 400

HEAVY = ("torch", "gradio", "chromadb", "openvino", "onnxruntime", "nncf", "transformers", "sentence_transformers")


def loaded_by(code: str) -> list[str]:
    """Which heavy libraries a fresh process has loaded after `code`."""
    check = f"{code}\nimport sys\nprint(*sorted(set({HEAVY!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.parametrize("module", ["medqa", "medqa.engine", "medqa.surfaces.cli", "medqa.doctor", "medqa.testing"])
def test_importing_loads_no_heavy_library(module: str) -> None:
    assert loaded_by(f"import {module}") == []


def test_the_layers_hold() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def exported(path: Path) -> list[str] | None:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets):
            return list(ast.literal_eval(node.value))
    return None


def isort_order(name: str) -> tuple[int, str]:
    """Constants, then classes, then the rest: the order in which ruff keeps `__all__`."""
    kind = 0 if name.isupper() else 1 if name[0].isupper() else 2
    return kind, name


@pytest.mark.parametrize("path", [p for p in SOURCES if exported(p)], ids=lambda p: p.relative_to(ROOT).as_posix())
def test_what_a_module_exports_is_sorted(path: Path) -> None:
    names = exported(path)
    assert names is not None
    assert names == sorted(names, key=isort_order)
    assert len(names) == len(set(names))


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_a_file_is_one_idea_and_says_which(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MOST_LINES
    assert path.stem not in ("utils", "helpers", "misc", "common")
    if text.strip():
        assert ast.get_docstring(ast.parse(text)), "a module starts by saying what it is"


def test_no_failure_is_swallowed() -> None:
    """`except Exception` stands where a person is told, and nowhere else: the end of a command, of a chat's turn."""
    allowed = {"cli_errors.py", "conversing.py"}
    found = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ExceptHandler) and isinstance(node.type, ast.Name):
                reraises = any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
                if node.type.id in ("Exception", "BaseException") and not reraises:
                    found.add(path.name)
    assert found <= allowed
