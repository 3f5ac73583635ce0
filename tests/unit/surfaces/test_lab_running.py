"""What a run's process reads of the server's settings, and a run that cannot even start."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from medqa.config import Settings, load_settings
from medqa.evaluation.kept_runs import KeptRuns, RunState
from medqa.surfaces.lab.running import MEASURED, OVERRIDES, Runner, environment_of
from medqa.surfaces.lab.runs import listed
from tests.lab_runs import MAIN, made


def read_by_another(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> Settings:
    monkeypatch.delenv("MEDQA_RETRIEVAL__DEPTH", raising=False)
    for name, value in variables.items():
        if name.startswith("MEDQA_"):
            monkeypatch.setenv(name, value)
    return load_settings()


def test_settings_of_a_file_or_an_option_reach_the_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The process is not started with the server's ``--config``: what it says must come by the environment."""
    file = tmp_path / "elsewhere.toml"
    file.write_text('[retrieval]\nfusion = "rrf"\nabstain_below = 0.25\n[chunking]\nmax_tokens = 99\n', "utf-8")
    monkeypatch.setenv("MEDQA_RETRIEVAL__DEPTH", "77")
    ours = load_settings(file, answering={"max_sentences": 4})
    theirs = read_by_another(monkeypatch, environment_of(ours, {}))
    for section in MEASURED:
        assert getattr(theirs, section) == getattr(ours, section)
    assert ours.retrieval.depth == 77


def test_what_a_run_changes_is_all_that_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = load_settings(retrieval={"depth": 77, "fusion": "rrf"})
    theirs = read_by_another(monkeypatch, environment_of(ours, {"MEDQA_RETRIEVAL__FUSION": "minmax"}))
    assert theirs.retrieval == ours.retrieval.model_copy(update={"fusion": "minmax"})


@pytest.mark.parametrize("name", OVERRIDES)
def test_every_offered_value_is_one_that_the_settings_take(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for value in OVERRIDES[name][1]:
        monkeypatch.setenv(name, value)
        assert load_settings()


def test_a_run_that_cannot_start_fails_with_its_cause_and_the_next_one_goes_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "evals" / "questions").mkdir(parents=True)
    (tmp_path / "evals" / "questions" / "few.jsonl").write_text("", "utf-8")
    monkeypatch.setattr("medqa.surfaces.lab.running.sys.executable", str(tmp_path / "no-such-python"))
    runner = Runner(load_settings(index_dir=tmp_path / "index", lab={"sets": tmp_path / "evals"}))
    runs = [runner.start("retrieval", "questions/few.jsonl", {}, by="tess") for _ in range(2)]
    until = time.monotonic() + 10
    while not all(runner.kept.read(run.id).state.is_over for run in runs):
        assert time.monotonic() < until
        time.sleep(0.02)
    for run in runs:
        found = runner.kept.read(run.id)
        assert found.state is RunState.FAILED
        assert "no-such-python" in found.said


def test_a_figure_that_no_question_measures_is_no_zero_in_the_list(tmp_path: Path) -> None:
    kept = KeptRuns(tmp_path)
    measured, nothing = made(kept, {"q1": 1.0, "q2": 0.5}), made(kept, {})
    assert listed(kept, kept.read(measured)).figures == ((MAIN, "0.750"),)
    assert listed(kept, kept.read(nothing)).figures == ()
