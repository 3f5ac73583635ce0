import numpy as np
import pytest

from medqa.safety.similar import P_NONE, SimilarGate, similar_gate, similar_verdict
from medqa.types import SafetyLevel

LEVELS = tuple(SafetyLevel)


def gate(*bias: float) -> SimilarGate:
    """Says the same of every vector, by its bias alone; levels as in `SafetyLevel`."""
    return SimilarGate(LEVELS, np.zeros((5, 3), dtype=np.float32), np.asarray(bias, dtype=np.float32))


VECTOR = np.asarray([1.0, 0.0, 0.0], dtype=np.float32)


def test_the_likeliest_level_wins_where_harmless_is_unlikely() -> None:
    # softmax of (3, 1, 0, 0, 0): emergency .75, crisis .10, the others .04 each; .04 < P_NONE
    assert gate(3, 1, 0, 0, 0).level(VECTOR) is SafetyLevel.EMERGENCY
    assert P_NONE == 0.1


def test_doubt_is_no_card() -> None:
    # softmax of (1, 0, 0, 0, 0): none .15
    assert gate(1, 0, 0, 0, 0).level(VECTOR) is SafetyLevel.NONE


def test_the_shipped_weights_fit_the_bundled_model() -> None:
    shipped = similar_gate()
    assert set(shipped.levels) == set(SafetyLevel)
    assert shipped.weights.shape == (5, 384)
    assert np.isfinite(shipped.weights).all()


@pytest.mark.parametrize("region", ["us", "uk", "eu", "au", "ca"])
@pytest.mark.parametrize("level", [level for level in SafetyLevel if level is not SafetyLevel.NONE])
def test_each_card_begins_with_what_to_do(level: SafetyLevel, region: str) -> None:
    verdict = similar_verdict(level, region)
    assert verdict.redirects
    assert verdict.rule_id == f"similar.{level.value}"
    assert verdict.message is not None
    assert verdict.message.startswith("**C")
    assert "{" not in verdict.message
