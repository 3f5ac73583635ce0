"""Abstaining, worked by hand: thresholds, risk over coverage, and who is counted as unanswered."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medqa.evaluation.abstention import Case, abstention, at_threshold, choose, risk_coverage, separation
from medqa.evaluation.asking import Asked, evidence_of, kind_of
from medqa.types import NO_SAFETY_CONCERN, Abstained, Redirected, Trace


def case(name: str, evidence: float, *, answerable: bool = True, found: bool = True, kind: str = "answered") -> Case:
    return Case(name, answerable, found and answerable, evidence, kind)


FIVE = (
    case("a", 0.9),
    case("b", 0.7, found=False),
    case("c", 0.6, answerable=False),
    case("d", 0.5),
    case("e", 0.2, answerable=False, kind="abstained"),
)

cases = st.lists(
    st.builds(
        Case,
        question_id=st.uuids().map(str),
        answerable=st.booleans(),
        found=st.booleans(),
        evidence=st.floats(-1, 1) | st.just(-math.inf),
        kind=st.sampled_from(["answered", "abstained", "redirected"]),
    ),
    min_size=2,
    max_size=30,
    unique_by=lambda c: c.question_id,
).filter(lambda found: len({c.answerable for c in found}) == 2)


def test_risk_over_coverage_by_hand() -> None:
    assert risk_coverage(FIVE) == ((0.2, 0.0), (0.4, 1 / 2), (0.6, 2 / 3), (0.8, 2 / 4), (1.0, 3 / 5))
    assert abstention(FIVE).aurc == pytest.approx((0 + 1 / 2 + 2 / 3 + 2 / 4 + 3 / 5) / 5)


def test_equal_evidence_comes_in_together() -> None:
    assert risk_coverage((case("a", 0.5), case("b", 0.5, answerable=False))) == ((1.0, 0.5),)


def test_a_threshold_by_hand() -> None:
    point = at_threshold(FIVE, 0.55)
    assert (point.false.value, point.caught.value) == (pytest.approx(1 / 3), pytest.approx(1 / 2))
    assert (point.coverage, point.risk) == (pytest.approx(3 / 5), pytest.approx(2 / 3))


def test_what_the_engine_did_counts_as_observed() -> None:
    found = abstention(FIVE)
    assert found.observed.threshold is None
    assert (found.observed.false.value, found.observed.caught.value) == (0.0, 0.5)
    assert found.auc == pytest.approx((2 + 2 + 1) / 6)
    assert (found.found.value, found.found.n) == (pytest.approx(2 / 3), 3)


def test_a_safety_card_is_no_answer_at_any_threshold() -> None:
    card = case("card", math.inf, kind="redirected")
    found = abstention((*FIVE, card))
    assert found.redirected == 1
    assert (found.auc, found.aurc) == (abstention(FIVE).auc, abstention(FIVE).aurc)
    assert found.observed.false.value == pytest.approx(1 / 4)
    assert at_threshold((*FIVE, card), -math.inf).false.value == pytest.approx(1 / 4)


def test_the_chosen_threshold_lies_between_two_questions() -> None:
    # none of three may go unanswered: below d (0.5), above e (0.2)
    assert choose(FIVE, 0.0) == pytest.approx(0.35)
    # one of three may: below b (0.7), above c (0.6), which is thereby caught
    assert choose(FIVE, 0.34) == pytest.approx(0.65)


@given(cases, st.sampled_from([0.0, 0.05, 0.1, 0.5]))
def test_a_chosen_threshold_keeps_its_limit_and_none_higher_does(found: list[Case], limit: float) -> None:
    threshold = choose(found, limit)
    yes = sum(c.answerable for c in found)
    if threshold > -math.inf:
        assert at_threshold(found, threshold).false.value * yes <= limit * yes + 1e-6
        higher = [c.evidence for c in found if c.evidence > threshold and c.answerable and c.kind != "redirected"]
        if higher:
            above = at_threshold(found, math.nextafter(min(higher), math.inf))
            assert above.false.value * yes > limit * yes - 1e-6


@given(cases)
def test_a_higher_threshold_never_answers_more(found: list[Case]) -> None:
    points = [at_threshold(found, t) for t in (-math.inf, -0.5, 0.0, 0.5, 2.0)]
    for lower, higher in pairwise(points):
        assert higher.coverage <= lower.coverage
        assert higher.caught.value >= lower.caught.value


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=9), st.lists(st.floats(-1, 1), min_size=1, max_size=9))
def test_auc_is_symmetric(yes: list[float], no: list[float]) -> None:
    assert separation(yes, no) == pytest.approx(1 - separation(no, yes))


def test_where_the_evidence_is_taken_from() -> None:
    common = {"question": "q", "interpreted_question": "q", "safety": NO_SAFETY_CONCERN, "disclaimer": "d"}
    weak = Abstained(**common, message="no", trace=Trace(evidence=0.2))
    blank = Abstained(**common, message="no")
    assert [evidence_of(r) for r in (weak, blank, None)] == [0.2, -math.inf, -math.inf]
    assert evidence_of(Redirected(**common)) == math.inf
    assert [kind_of(Asked("q", r)) for r in (weak, Redirected(**common), None)] == ["abstained", "redirected", "failed"]
