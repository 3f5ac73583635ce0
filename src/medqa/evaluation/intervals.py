"""How sure a figure is: bootstrap intervals of means, Wilson intervals of shares."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

RESAMPLES = 2000
SEED = 20261122
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean or share over `n` observations with its 95% interval. All zero where there was nothing to observe."""

    value: float
    low: float
    high: float
    n: int


def mean_interval(values: Iterable[float]) -> Estimate:
    """The mean with its bias-corrected and accelerated bootstrap interval (Efron 1987), seeded.

    Where the bootstrap has nothing to work with (fewer than 3 values, or all equal) the interval is the
    range of the values.
    """
    import numpy as np
    from scipy import stats

    data = np.asarray(list(values), dtype=float)
    if len(data) == 0:
        return Estimate(0.0, 0.0, 0.0, 0)
    mean = float(data.mean())
    if len(data) < 3 or float(np.ptp(data)) == 0.0:
        return Estimate(mean, min(float(data.min()), mean), max(float(data.max()), mean), len(data))
    found = stats.bootstrap(
        (data,),
        np.mean,
        n_resamples=RESAMPLES,
        confidence_level=CONFIDENCE,
        method="BCa",
        rng=np.random.default_rng(SEED),
        vectorized=True,
    ).confidence_interval
    low, high = float(found.low), float(found.high)
    return Estimate(mean, min(low, mean), max(high, mean), len(data))


def share_interval(hits: int, n: int) -> Estimate:
    """A share with Wilson's score interval (Wilson 1927); it never leaves [0, 1] and holds for small `n`."""
    from scipy import stats

    if n == 0:
        return Estimate(0.0, 0.0, 0.0, 0)
    interval = stats.binomtest(hits, n).proportion_ci(CONFIDENCE, method="wilson")
    return Estimate(hits / n, float(interval.low), float(interval.high), n)
