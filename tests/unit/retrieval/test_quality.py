"""The quality reranker moves the top alone, by both scores, and keeps everything."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medqa.errors import ConfigError
from medqa.ports import PairScorer, Reranker, Scores
from medqa.retrieval.pipeline import HybridRetriever, RetrievalPlan
from medqa.retrieval.quality import QualityReranker
from medqa.testing import WordEmbedder
from medqa.types import ArticleId, Chunk, ChunkId, Hit, HitScores, InterpretedQuery, SectionId, Span, StageScore

QUERY = InterpretedQuery(original="raw", text="does it hurt")


class Table:
    """A `PairScorer` that looks up what it thinks of a passage."""

    def __init__(self, odds: dict[str, float]) -> None:
        self.odds = odds
        self.asked: list[tuple[str, tuple[str, ...]]] = []

    def score(self, question: str, passages: Sequence[str]) -> Scores:
        self.asked.append((question, tuple(passages)))
        return np.array([self.odds[passage.split("\n")[1]] for passage in passages])


def hits(*scores: float) -> tuple[Hit, ...]:
    return tuple(
        Hit(
            Chunk(ChunkId(f"c{i}"), ArticleId("a"), SectionId("s"), "a#s", Span(i, i + 1), ("A", "S"), f"text {i}"),
            "A",
            i + 1,
            score,
            "fast",
            HitScores(rerank=StageScore(score, i + 1)),
        )
        for i, score in enumerate(scores)
    )


def test_worked_by_hand() -> None:
    """3 + .5 * -2 = 2, 2 + .5 * 4 = 4, 1 + .5 * 2 = 2; what is not read stays behind the least of them."""
    table = Table({"text 0": -2.0, "text 1": 4.0, "text 2": 2.0})
    found = QualityReranker(table, depth=3, share=0.5).rerank(QUERY, hits(3, 2, 1, 0.9))
    assert [(hit.chunk.id, hit.rank, hit.score) for hit in found] == [
        ("c1", 1, 4.0), ("c0", 2, 2.0), ("c2", 3, 2.0), ("c3", 4, 0.9),
    ]  # fmt: skip
    assert {hit.scorer for hit in found} == {"quality"}
    assert found[0].scores.rerank == StageScore(2, 2)
    assert table.asked == [("does it hurt", ("A > S\ntext 0", "A > S\ntext 1", "A > S\ntext 2"))]


@given(st.lists(st.floats(-9, 9), max_size=9), st.lists(st.floats(-20, 20), min_size=9, max_size=9), st.integers(1, 9))
def test_the_same_hits_in_falling_order(before: list[float], odds: list[float], depth: int) -> None:
    given_hits = hits(*sorted(before, reverse=True))
    table = Table({f"text {i}": value for i, value in enumerate(odds)})
    found = QualityReranker(table, depth=depth).rerank(QUERY, given_hits)
    assert sorted(hit.chunk.id for hit in found) == [hit.chunk.id for hit in given_hits]
    assert [hit.rank for hit in found] == [*range(1, len(found) + 1)]
    scores = [hit.score for hit in found]
    assert all(a >= b - 1e-9 for a, b in itertools.pairwise(scores))
    assert [hit.chunk.id for hit in found[depth:]] == [hit.chunk.id for hit in given_hits[depth:]]


def test_it_is_what_the_ports_ask_for() -> None:
    assert isinstance(QualityReranker(Table({})), Reranker)
    assert isinstance(Table({}), PairScorer)


def test_nothing_found_is_not_read() -> None:
    table = Table({})
    assert QualityReranker(table).rerank(QUERY, ()) == ()
    assert table.asked == []


@pytest.mark.parametrize(("plan", "reranker"), [("quality", None), ("fast", QualityReranker(Table({})))])
def test_plan_and_reranker_belong_together(plan: str, reranker: QualityReranker | None) -> None:
    with pytest.raises(ConfigError, match="quality"):
        HybridRetriever(WordEmbedder(), RetrievalPlan(rerank=plan), reranker)  # type: ignore[arg-type]
