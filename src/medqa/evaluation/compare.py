"""Two measurements of the same questions: what changed, and whether chance explains it.

For each figure that is a mean over questions: a paired t-test, and a permutation test that swaps the two values of
each question (Smucker, Allan and Carterette, "A Comparison of Statistical Significance Tests for Information
Retrieval Evaluation", CIKM 2007, recommends either).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from medqa.errors import InputFileError
from medqa.evaluation.intervals import SEED, Estimate, mean_interval
from medqa.evaluation.scorecard import Figure, Scorecard

PERMUTATIONS = 9999
SAME = 1e-6
"""Values closer than this are equal: baselines are kept with six digits."""


@dataclass(frozen=True, slots=True)
class Change:
    """`before` and `now` over the `difference.n` questions that both have; `difference` is now minus before.

    `p_permutation` and `p_t` are two-sided. `better`, `worse` and `same` count questions; `lost` names those that
    got worse, the greatest loss first, `won` those that got better. `gains` holds by how much each question did,
    above 0 being better.
    """

    name: str
    before: float
    now: float
    difference: Estimate
    p_permutation: float
    p_t: float
    won: tuple[str, ...]
    lost: tuple[str, ...]
    less_is_better: bool
    gains: Mapping[str, float]

    @property
    def same(self) -> int:
        return self.difference.n - len(self.won) - len(self.lost)


@dataclass(frozen=True, slots=True)
class Comparison:
    """`cautions` say in words what differs between the two measurements beside the code."""

    changes: Mapping[str, Change]
    cautions: tuple[str, ...]


def compare(before: Scorecard, now: Scorecard) -> Comparison:
    """Every figure of both with values for common questions. Raises `InputFileError` when they have none."""
    if before.kind != now.kind:
        raise InputFileError(f"The baseline measures {before.kind}, not {now.kind}.")
    changes = {}
    for name, figure in now.figures.items():
        old = before.figures.get(name)
        if old is not None and figure.items.keys() & old.items.keys():
            changes[name] = change(name, old, figure)
    if not changes:
        raise InputFileError("The baseline has no question in common with this set.")
    return Comparison(changes, tuple(_cautions(before, now)))


def not_comparable(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, ...]:
    """Why the difference of two measurements, given by their stamps, would say nothing; empty where it says something.

    Other models, settings and code are what one compares; other questions or articles are not.
    """
    causes = (
        ("questions", "they were asked other questions (the question files differ)"),
        ("field", "another field of the questions was asked"),
        ("corpus_sha256", "they searched other articles (the corpus differs)"),
    )
    return tuple(words for key, words in causes if before.get(key) != now.get(key))


def change(name: str, old: Figure, new: Figure) -> Change:
    import numpy as np
    from scipy import stats

    ids = [item for item in new.items if item in old.items]
    before = np.array([old.items[i] for i in ids])
    now = np.array([new.items[i] for i in ids])
    # what was kept with six digits is not the same float any more
    delta = np.where(np.abs(now - before) < SAME, 0.0, now - before)
    p_permutation = p_t = 1.0
    if np.any(delta != 0) and len(ids) > 1:
        p_permutation = float(
            stats.permutation_test(
                (delta, np.zeros_like(delta)),
                lambda a, b, axis: np.mean(a - b, axis=axis),
                permutation_type="samples",
                vectorized=True,
                n_resamples=PERMUTATIONS,
                rng=np.random.default_rng(SEED),
            ).pvalue
        )
        # without any spread the t statistic is infinite
        p_t = float(stats.ttest_rel(now, before).pvalue) if float(np.ptp(delta)) > 0 else 0.0
    gain = -delta if new.less_is_better else delta
    order = sorted(range(len(ids)), key=lambda i: (float(gain[i]), ids[i]))
    return Change(
        name=name,
        before=float(before.mean()),
        now=float(now.mean()),
        difference=mean_interval(delta.tolist()),
        p_permutation=p_permutation,
        p_t=p_t,
        won=tuple(ids[i] for i in reversed(order) if gain[i] > 0),
        lost=tuple(ids[i] for i in order if gain[i] < 0),
        less_is_better=new.less_is_better,
        gains={item: float(value) for item, value in zip(ids, gain, strict=True)},
    )


def _cautions(before: Scorecard, now: Scorecard) -> list[str]:
    said = []
    for key, words in (
        ("questions", "the question files are not the same"),
        ("field", "another field was the question"),
        ("corpus_sha256", "the articles are not the same"),
        ("model", "the model is not the same"),
        ("chunking", "the articles were cut into other passages"),
        ("settings", "the settings are not the same"),
    ):
        if before.stamp.get(key) != now.stamp.get(key):
            said.append(words)
    return said
