"""The nearest topics of an abstention: near ones, or none."""

from __future__ import annotations

from medqa.engine.suggestions import MIN_NEAR_COSINE, nearest_topics
from medqa.testing import MemoryIndex, WordEmbedder
from medqa.types import Hit, HitScores, StageScore
from tests.synthetic import synthetic


def test_what_dense_search_did_not_reach_is_not_near() -> None:
    corpus = synthetic(48, seed=2)
    index = MemoryIndex(corpus.documents, corpus.chunks, WordEmbedder())

    def hit(row: int, cosine: float | None) -> Hit:
        dense = None if cosine is None else StageScore(cosine, 1)
        scores = HitScores(dense=dense, lexical=None, fused=None, rerank=StageScore(1.0, 1))
        return Hit(chunk=corpus.chunks[row], title="", rank=1, score=1.0, scorer="fast", scores=scores)

    far = [hit(0, None), hit(13, MIN_NEAR_COSINE - 0.01)]
    assert nearest_topics(far, index) == ()
    near = nearest_topics([*far, hit(25, MIN_NEAR_COSINE)], index)
    assert [article for article, _, _ in near] == [corpus.chunks[25].document_id]
    assert len(nearest_topics(far, index, by_vector=False)) == 2
