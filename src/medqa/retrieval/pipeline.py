"""From a question to ranked passages: dense and lexical search, fusion, fields, repeats removed, articles spread."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass, replace
from typing import Literal

from medqa.errors import ConfigError
from medqa.ports import Embedder, PassageIndex, Reranker, Vectors
from medqa.retrieval.diversity import spread, without_repeats
from medqa.retrieval.fusion import Ranking, beside, minmax_fuse, rrf_fuse
from medqa.retrieval.rerank import fast_weights, features, rerank
from medqa.timing import timed
from medqa.types import Chunk, ChunkId, Hit, HitScores, InterpretedQuery, StageScore

FUSED = ("minmax", "rrf")
FIELD_DEPTH = 50
"""Sections that are taken up because the question names their article."""
QUESTION_DEPTH = 40
"""Sections that are taken up because they are known to answer a question like this one."""
CONTEXT_WEIGHT = 0.4
"""Share of the question before, searched with the message as it was typed, in a conversation (docs/conversation.md)."""
HEAD = 10
"""How many of the first hits are kept diverse: what a person sees on one page."""


@dataclass(frozen=True, slots=True)
class RetrievalPlan:
    """Which stages run, and how. `lexical_weight` is the share of words in min-max fusion; `asked` lets the fast
    reranker use the questions that sections are known to answer."""

    dense: bool = True
    lexical: bool = True
    fusion: Literal["minmax", "rrf"] = "minmax"
    lexical_weight: float = 0.3
    rrf_k: int = 60
    rerank: Literal["none", "fast", "quality"] = "none"
    asked: bool = True
    depth: int = 100
    max_per_article: int = 3

    def __post_init__(self) -> None:
        if not (self.dense or self.lexical):
            raise ConfigError("retrieval.dense and retrieval.lexical are both off: nothing is left to search with.")


@dataclass(frozen=True, slots=True)
class _Ranked:
    """`stages` are the rankings by vector, by words, fused and by fields; `scorer` names the one that `order` is."""

    order: Ranking
    scorer: str
    stages: tuple[Ranking, Ranking, Ranking, Ranking]


class HybridRetriever:
    """The `Retriever` port over an open index."""

    def __init__(
        self, embedder: Embedder, plan: RetrievalPlan, reranker: Reranker | None = None, *, read: int = 0
    ) -> None:
        """`reranker` has the last word where the plan says ``quality``, over at least `read` hits."""
        if (plan.rerank == "quality") != (reranker is not None):
            raise ConfigError('A reranker of its own belongs to retrieval.rerank = "quality", and to that alone.')
        self._embedder = embedder
        self._plan = plan
        self._reranker = reranker
        self._read_at_least = read

    def search(
        self,
        query: InterpretedQuery,
        index: PassageIndex,
        k: int,
        timings_ms: MutableMapping[str, float] | None = None,
    ) -> tuple[Hit, ...]:
        """The best `k` passages for what is searched for, ranks from 1. Each carries the score and rank of every stage;
        those stages are of the question alone, the score counts its context too.

        `timings_ms` receives milliseconds for ``embed``, ``dense``, ``lexical``, ``fuse``, ``rerank``, ``read`` and
        ``quality``.
        An empty result means that nothing matched; whatever is broken raises.
        """
        plan = self._plan
        clock = {} if timings_ms is None else timings_ms
        depth = max(plan.depth, k)
        own = self._rank(query.searched, index, depth, clock)
        order = own.order
        if query.context:
            order = beside(order, self._rank(query.context, index, depth, clock).order, CONTEXT_WEIGHT)
        with timed(clock, "read"):
            wanted = max(k, self._read_at_least)
            ranked = self._read(order, wanted, index)
            hits = self._hits(ranked[:wanted], own, index)
        if self._reranker is None:
            return hits
        with timed(clock, "quality"):
            most, head = plan.max_per_article, min(HEAD, k)
            best = spread(
                self._reranker.rerank(query, hits), lambda h: h.chunk.document_id, per_group=most, head=head
            )  # fmt: skip
            return tuple(replace(hit, rank=rank) for rank, hit in enumerate(best[:k], start=1))

    def _rank(self, text: str, index: PassageIndex, depth: int, clock: MutableMapping[str, float]) -> _Ranked:
        """Every stage but the last two, for one text."""
        plan = self._plan
        dense: Ranking = ()
        lexical: Ranking = ()
        vector: Vectors | None = None
        if plan.dense:
            with timed(clock, "embed"):
                vector = self._embedder.encode_query(text)
            with timed(clock, "dense"):
                dense = index.dense(vector, depth)
        if plan.lexical:
            with timed(clock, "lexical"):
                lexical = index.lexical(text, depth)
        with timed(clock, "fuse"):
            order, scorer = self._fuse(dense, lexical)
        fused = order if scorer in FUSED else ()
        if plan.rerank == "none":
            return _Ranked(order, scorer, (dense, lexical, fused, ()))
        with timed(clock, "rerank"):
            fields = index.fields(text, vector)
            found = (i for i, _ in order)
            asked = fields.by_question(QUESTION_DEPTH) if plan.asked else ()
            ids = list(dict.fromkeys([*found, *fields.by_name(FIELD_DEPTH), *asked]))
            weights = fast_weights(asked=bool(asked))
            reranked = rerank(ids, features(ids, dense, lexical, fields), weights)
        return _Ranked(reranked, "fast", (dense, lexical, fused, reranked))

    def _read(self, order: Ranking, k: int, index: PassageIndex) -> list[tuple[Chunk, float]]:
        """The passages of the first `k` or more, repeats left out: no more text is read than is needed."""
        ranked: list[tuple[Chunk, float]] = []
        head = min(HEAD, k)
        # spreading needs every article that could move up
        depths = (2 * k, 4 * k, len(order)) if self._plan.max_per_article >= head else (len(order),)
        for depth in depths:
            chunks = index.chunks([passage for passage, _ in order[:depth]])
            ranked = [(chunks[passage], score) for passage, score in order[:depth] if passage in chunks]
            ranked = without_repeats(ranked, lambda item: item[0].text)
            ranked = spread(ranked, lambda item: item[0].document_id, per_group=self._plan.max_per_article, head=head)
            if len(ranked) >= k or depth >= len(order):
                break
        return ranked

    def _fuse(self, dense: Ranking, lexical: Ranking) -> tuple[Ranking, str]:
        plan = self._plan
        if not plan.lexical:
            return dense, "dense"
        if not plan.dense:
            return lexical, "lexical"
        if plan.fusion == "rrf":
            return rrf_fuse([dense, lexical], k=plan.rrf_k), "rrf"
        return minmax_fuse([dense, lexical], [1.0 - plan.lexical_weight, plan.lexical_weight]), "minmax"

    def _hits(
        self,
        ranked: list[tuple[Chunk, float]],
        own: _Ranked,
        index: PassageIndex,
    ) -> tuple[Hit, ...]:
        by_dense, by_lexical, by_fusion, by_rerank = map(_stage_scores, own.stages)
        titles = index.titles()
        return tuple(
            Hit(
                chunk=chunk,
                title=titles.get(chunk.document_id, chunk.headings[0] if chunk.headings else ""),
                rank=rank,
                score=score,
                scorer=own.scorer,
                scores=HitScores(
                    dense=by_dense.get(chunk.id),
                    lexical=by_lexical.get(chunk.id),
                    fused=by_fusion.get(chunk.id),
                    rerank=by_rerank.get(chunk.id),
                ),
            )
            for rank, (chunk, score) in enumerate(ranked, start=1)
        )


def _stage_scores(ranking: Ranking) -> dict[ChunkId, StageScore]:
    return {passage: StageScore(score, rank) for rank, (passage, score) in enumerate(ranking, start=1)}
