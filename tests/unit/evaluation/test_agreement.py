"""Agreement of two labellers: by hand, against an independent implementation, and what always holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score  # type: ignore[import-untyped]

from medqa.evaluation.agreement import cohen_kappa, weighted_kappa

PAIRS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=40)


def test_worked_by_hand() -> None:
    """Two readers of 50 grant proposals: both yes 20, both no 15, 5 and 10 apart. p_o = .7, p_e = .5, kappa = .4."""
    pairs = [(1, 1)] * 20 + [(1, 0)] * 5 + [(0, 1)] * 10 + [(0, 0)] * 15
    assert cohen_kappa(pairs) == pytest.approx(0.4)
    assert weighted_kappa(pairs) == pytest.approx(0.4), "with two classes the weights change nothing"


def test_a_far_disagreement_weighs_four_times_a_near_one() -> None:
    """Observed 1 + 4 over 4 things. By chance, 0 1 2 2 against 0 0 2 2: 8 + 2 + 2 + 16 over 16, so 1 - 20 / 28."""
    assert weighted_kappa([(0, 0), (1, 2), (2, 2), (2, 0)]) == pytest.approx(2 / 7)


@pytest.mark.parametrize("pairs", [[], [(1, 1)], [(2, 2)] * 9])
def test_where_chance_alone_agrees_it_is_not_defined(pairs: list[tuple[int, int]]) -> None:
    assert cohen_kappa(pairs) is None
    assert weighted_kappa(pairs) is None


@given(PAIRS)
def test_as_an_independent_implementation_has_it(pairs: list[tuple[int, int]]) -> None:
    first, second = zip(*pairs, strict=True)
    for ours, weights in ((cohen_kappa(pairs), None), (weighted_kappa(pairs), "quadratic")):
        if ours is not None:
            theirs = cohen_kappa_score(first, second, labels=[0, 1, 2], weights=weights)
            assert ours == pytest.approx(theirs, abs=1e-12)


@given(PAIRS)
def test_it_is_the_same_whoever_is_named_first_and_at_most_one(pairs: list[tuple[int, int]]) -> None:
    turned = [(b, a) for a, b in pairs]
    for kappa in (cohen_kappa, weighted_kappa):
        ours = kappa(pairs)
        assert ours == kappa(turned) or ours == pytest.approx(kappa(turned))
        assert ours is None or ours <= 1.0
        if ours == 1.0:
            assert all(a == b for a, b in pairs)
