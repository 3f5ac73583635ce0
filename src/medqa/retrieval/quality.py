"""The `quality` reranker: a model that reads question and passage together has a say about the top of the ranking.

Both scores are log-odds of a softmax over passages (the fast reranker's weights were learnt as such, the model was
trained so), hence their weighted sum. Below the top nothing moves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from medqa.ports import PairScorer
from medqa.types import Hit, InterpretedQuery

QUALITY = "quality"
DEPTH = 20
"""Passages that are read: what two cores read in a fifth of a second."""
SHARE = 0.5
"""Weight of the model's log-odds beside the score before; chosen on development questions (docs/experiments.md)."""


class QualityReranker:
    """The `Reranker` port over a `PairScorer`."""

    def __init__(self, scorer: PairScorer, *, depth: int = DEPTH, share: float = SHARE) -> None:
        self._scorer = scorer
        self._depth = depth
        self._share = share

    @property
    def depth(self) -> int:
        """How many hits it wants to see."""
        return self._depth

    def rerank(self, query: InterpretedQuery, hits: Sequence[Hit]) -> tuple[Hit, ...]:
        """The same hits with new ranks; the first `depth` of them with new scores and in a new order.

        The scores of those left behind are lowered by as much as keeps them behind. Ties keep their order.
        """
        head, rest = hits[: self._depth], hits[self._depth :]
        if not head:
            return ()
        said = self._scorer.score(query.text, [hit.chunk.embedding_text for hit in head])
        mixed = [hit.score + self._share * float(odds) for hit, odds in zip(head, said, strict=True)]
        order = sorted(range(len(head)), key=lambda i: -mixed[i])
        ranked = [replace(head[i], score=mixed[i], scorer=QUALITY) for i in order]
        if rest:
            below = min(0.0, min(mixed) - rest[0].score)
            ranked += [replace(hit, score=hit.score + below, scorer=QUALITY) for hit in rest]
        return tuple(replace(hit, rank=rank) for rank, hit in enumerate(ranked, start=1))
