"""Merging rankings: pure functions over (passage id, score) lists, best first.

* Reciprocal rank fusion: Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and
  individual Rank Learning Methods", SIGIR 2009: ``sum over rankings of 1 / (k + rank)``, k = 60.
* Weighted min-max fusion (a convex combination of min-max normalised scores): Bruch, Gai and Ingber, "An
  Analysis of Fusion Functions for Hybrid Retrieval", ACM TOIS 42(1), 2023. A passage that a ranking does
  not hold counts as that ranking's lowest score, 0 after normalising.

Ties are broken by passage id, so that equal inputs give equal outputs.
"""

from __future__ import annotations

from collections.abc import Sequence

from medqa.errors import InvariantError
from medqa.types import ChunkId

Ranking = Sequence[tuple[ChunkId, float]]


def minmax_normalise(ranking: Ranking) -> dict[ChunkId, float]:
    """Scores mapped linearly to [0, 1]. A ranking whose scores are all equal maps to 1."""
    if not ranking:
        return {}
    scores = [score for _, score in ranking]
    low, high = min(scores), max(scores)
    if high == low:
        return {passage: 1.0 for passage, _ in ranking}
    return {passage: (score - low) / (high - low) for passage, score in ranking}


def minmax_fuse(rankings: Sequence[Ranking], weights: Sequence[float]) -> list[tuple[ChunkId, float]]:
    """Weighted sum of min-max normalised scores, best first. `weights` has one number for each ranking."""
    _check_weights(rankings, weights)
    fused: dict[ChunkId, float] = {}
    for ranking, weight in zip(rankings, weights, strict=True):
        for passage, score in minmax_normalise(ranking).items():
            fused[passage] = fused.get(passage, 0.0) + weight * score
    return _sorted(fused)


def rrf_fuse(
    rankings: Sequence[Ranking], weights: Sequence[float] | None = None, *, k: int = 60
) -> list[tuple[ChunkId, float]]:
    """Sum of ``weight / (k + rank)`` with ranks from 1, best first. Equal weights unless given."""
    weights = [1.0] * len(rankings) if weights is None else weights
    _check_weights(rankings, weights)
    fused: dict[ChunkId, float] = {}
    for ranking, weight in zip(rankings, weights, strict=True):
        for rank, (passage, _) in enumerate(ranking, start=1):
            fused[passage] = fused.get(passage, 0.0) + weight / (k + rank)
    return _sorted(fused)


def beside(own: Ranking, other: Ranking, weight: float) -> Ranking:
    """Two rankings of one scorer, for two wordings of a question: ``(1 - weight) own + weight other``, best first.

    Their scores share a scale and are not normalised; a passage that one does not hold counts as its lowest. After the
    fusion of a rewritten question with one expanded by its history: Lin et al., "Multi-Stage Conversational Passage
    Retrieval", ACM TOIS 39(4), 2021.
    """
    if not own or not other:
        return own or other
    first, second = dict(own), dict(other)
    lowest, lowest_other = min(first.values()), min(second.values())
    return _sorted(
        {
            passage: (1.0 - weight) * first.get(passage, lowest) + weight * second.get(passage, lowest_other)
            for passage in first | second
        }
    )


def _check_weights(rankings: Sequence[Ranking], weights: Sequence[float]) -> None:
    if len(rankings) != len(weights):
        raise InvariantError(f"{len(rankings)} rankings but {len(weights)} weights")


def _sorted(fused: dict[ChunkId, float]) -> list[tuple[ChunkId, float]]:
    return sorted(fused.items(), key=lambda item: (-item[1], item[0]))
