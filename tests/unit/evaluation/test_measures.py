"""Figures worked by hand, and what a question without results counts."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medqa.errors import InputFileError
from medqa.evaluation.intervals import mean_interval, share_interval
from medqa.evaluation.measures import DEFAULT, check_measures, measure


def test_measures_worked_by_hand() -> None:
    run = {"q": [("wrong", 1.0), ("good", 0.5), ("best", 1 / 3)]}
    grades = {"q": {"best": 2, "good": 1, "never": 1}}
    values = {name: per["q"] for name, per in measure(run, grades).items()}
    gain = 1 / math.log2(3) + 2 / math.log2(4)
    ideal = 2 / math.log2(2) + 1 / math.log2(3) + 1 / math.log2(4)
    assert values["nDCG@10"] == pytest.approx(gain / ideal)
    assert values["AP"] == pytest.approx((1 / 2 + 2 / 3) / 3)
    assert values["RR"] == pytest.approx(1 / 2)
    assert values["R@10"] == pytest.approx(2 / 3)
    assert (values["Success@1"], values["Success@3"]) == (0.0, 1.0)


def test_a_question_without_results_counts_as_zero() -> None:
    grades = {"found": {"x": 1}, "empty": {"x": 1}, "missing": {"x": 1}}
    values = measure({"found": [("x", 1.0)], "empty": []}, grades)
    for name in DEFAULT:
        assert values[name] == {"found": 1.0, "empty": 0.0, "missing": 0.0}


def test_a_question_with_nothing_relevant_does_not_count() -> None:
    assert measure({"q": [("x", 1.0)]}, {"q": {}, "zero": {"x": 0}})["AP"] == {}


def test_an_unknown_measure_is_named() -> None:
    assert check_measures(["nDCG@5", "AP", "AP"]) == ("nDCG@5", "AP")
    with pytest.raises(InputFileError, match="'goodness' is not a measure"):
        check_measures(["goodness"])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
@settings(max_examples=40, deadline=None)
def test_an_interval_holds_its_mean_and_stays_within_the_values(values: list[float]) -> None:
    found = mean_interval(values)
    assert found.n == len(values)
    assert min(values) - 1e-9 <= found.low <= found.value <= found.high <= max(values) + 1e-9
    assert mean_interval(values) == found, "seeded"


def test_more_questions_make_the_interval_narrower() -> None:
    few, many = mean_interval([0.0, 1.0] * 10), mean_interval([0.0, 1.0] * 200)
    assert few.high - few.low > 3 * (many.high - many.low)
    # the normal approximation: 1.96 * sqrt(.25 / 400)
    assert many.high - many.value == pytest.approx(0.049, abs=0.006)


def test_wilson_worked_by_hand() -> None:
    # Wilson 1927 with z = 1.96 for 8 of 10: (.8 + z^2/20 +- z * sqrt(.016 + z^2/400)) / (1 + z^2/10)
    found = share_interval(8, 10)
    assert (found.low, found.high) == (pytest.approx(0.4902, abs=1e-3), pytest.approx(0.9433, abs=1e-3))
    assert share_interval(0, 20).high == pytest.approx(0.1611, abs=1e-3)
    assert share_interval(0, 0).n == 0
