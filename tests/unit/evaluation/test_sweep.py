"""Grids are read or refused, settings take their places, and the Pareto front is what it says."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medqa.config import Settings
from medqa.errors import InputFileError
from medqa.evaluation.gold import Level
from medqa.evaluation.intervals import Estimate
from medqa.evaluation.retrieval import Latency
from medqa.evaluation.sweep import Point, configured, pareto, read_grid


def written(folder: Path, text: str) -> Path:
    (folder / "grid.toml").write_text(text, encoding="utf-8")
    return folder / "grid.toml"


def point(quality: float, ms: float, error: str = "") -> Point:
    return Point({}, Estimate(quality, quality, quality, 9), Latency(ms, ms, ms, 9), error=error)


def test_every_combination_is_tried(tmp_path: Path) -> None:
    text = 'measure = "AP"\nlevel = "article"\n[grid]\n"retrieval.depth" = [10, 20]\n[grid.chunking]\nmax_tokens = [64]'
    grid = read_grid(written(tmp_path, text))
    assert grid.points() == [
        {"retrieval.depth": 10, "chunking.max_tokens": 64},
        {"retrieval.depth": 20, "chunking.max_tokens": 64},
    ]
    assert (grid.measure, grid.level) == ("AP", Level.ARTICLE)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("x = ", "not TOML"),
        ("[other]", r"no table \[grid\]"),
        ("[grid.retrieval]\ndepth = 10", "not a list"),
        ("speed = 1\n[grid.retrieval]\ndepth = [10]", "speed is not understood"),
        ('measure = "beauty"\n[grid.retrieval]\ndepth = [10]', "not a measure"),
        ('level = "chapter"\n[grid.retrieval]\ndepth = [10]', "level is one of"),
        (f"[grid.retrieval]\ndepth = {list(range(1, 600))}", "at most 500"),
    ],
)
def test_a_bad_grid_is_refused(tmp_path: Path, text: str, cause: str) -> None:
    with pytest.raises(InputFileError, match=cause):
        read_grid(written(tmp_path, text))


def test_settings_take_their_places() -> None:
    tried = configured(Settings(), {"retrieval.depth": 7, "chunking.max_tokens": 64})
    assert (tried.retrieval.depth, tried.chunking.max_tokens) == (7, 64)
    assert tried.retrieval.lexical == Settings().retrieval.lexical


@pytest.mark.parametrize(
    ("chosen", "cause"),
    [
        ({"retrieval.dept": 7}, "retrieval.dept is not a setting"),
        ({"depth": 7}, "depth is not a setting"),
        ({"retrieval.depth": 0}, "retrieval.depth = 0"),
        ({"retrieval.fusion": "magic"}, "retrieval.fusion = 'magic'"),
    ],
)
def test_a_wrong_setting_is_named(chosen: dict[str, object], cause: str) -> None:
    with pytest.raises(InputFileError, match=cause):
        configured(Settings(), chosen)


def test_the_front_by_hand() -> None:
    points = [point(0.5, 10), point(0.6, 20), point(0.55, 30), point(0.4, 5), point(0.5, 12), point(0.9, 1, "broken")]
    assert pareto(points) == {0, 1, 3}


@given(st.lists(st.builds(point, st.integers(0, 5), st.integers(1, 5)), min_size=1, max_size=12))
def test_everything_off_the_front_is_beaten_by_something_on_it(points: list[Point]) -> None:
    best = pareto(points)
    assert best
    for n, p in enumerate(points):
        if n not in best:
            assert any(
                points[m].quality.value >= p.quality.value and points[m].latency.p50 <= p.latency.p50 for m in best
            )
