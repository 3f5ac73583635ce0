"""Runs and qrels are read as trec_eval reads them, and survive the way out and in."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medqa.errors import InputFileError
from medqa.evaluation.measures import measure
from medqa.evaluation.trec_files import read_qrels, read_run, write_qrels, write_run

names = st.text(st.characters(codec="utf-8", categories=("L", "N", "P")), min_size=1, max_size=8)


@given(st.dictionaries(names, st.lists(names, unique=True, min_size=1, max_size=6), min_size=1, max_size=4))
def test_a_run_keeps_its_order(tmp_path_factory: pytest.TempPathFactory, rankings: dict[str, list[str]]) -> None:
    path = tmp_path_factory.mktemp("run") / "out.trec"
    out = io.StringIO()
    write_run(out, {q: [(unit, 1 / n) for n, unit in enumerate(units, 1)] for q, units in rankings.items()})
    path.write_text(out.getvalue(), encoding="utf-8")
    assert {q: [unit for unit, _ in units] for q, units in read_run(path).items()} == rankings


def test_qrels_come_back(tmp_path: Path) -> None:
    grades = {"q1": {"a": 2, "b": 0}, "q2": {"c": 1}}
    out = io.StringIO()
    write_qrels(out, grades)
    assert out.getvalue() == "q1 0 a 2\nq1 0 b 0\nq2 0 c 1\n"
    (tmp_path / "qrels").write_text(out.getvalue(), encoding="utf-8")
    assert read_qrels(tmp_path / "qrels") == grades


def test_the_score_counts_and_not_the_rank_column(tmp_path: Path) -> None:
    path = tmp_path / "run"
    path.write_text("q Q0 low 1 0.1 x\nq Q0 high 2 0.9 x\n", encoding="utf-8")
    run = read_run(path)
    assert [unit for unit, _ in run["q"]] == ["high", "low"]
    assert measure(run, {"q": {"high": 1}})["Success@1"]["q"] == 1.0


@pytest.mark.parametrize(("text", "cause"), [("q Q0 a 1 0.5", "5 columns"), ("q Q0 a 1 best x", "not a number")])
def test_a_bad_line_of_a_run_is_named(tmp_path: Path, text: str, cause: str) -> None:
    (tmp_path / "run").write_text(f"q Q0 a 1 1 x\n{text}\n", encoding="utf-8")
    with pytest.raises(InputFileError, match=rf"run:2: .*{cause}"):
        read_run(tmp_path / "run")


def test_an_id_with_a_space_cannot_be_written() -> None:
    with pytest.raises(InputFileError, match="has a space"):
        write_run(io.StringIO(), {"q": [("two words", 1.0)]})
