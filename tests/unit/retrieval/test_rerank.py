"""The fast reranker: features on fixed scales, one weighted sum."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medqa.retrieval.rerank import Features, fast_weights, features, rerank
from medqa.testing import MemoryIndex, WordEmbedder
from medqa.types import ChunkId
from tests.synthetic import synthetic


def _weights(**given: float) -> Features:
    return Features(**{field.name: given.get(field.name, 0.0) for field in fields(Features)})


@pytest.mark.parametrize(("asked", "most"), [(False, "dense"), (True, "asked")])
def test_shipped_weights_are_none_below_zero_and_the_text_counts_most(asked: bool, most: str) -> None:
    weights = fast_weights(asked=asked)
    values = {field.name: getattr(weights, field.name) for field in fields(Features)}
    assert min(values.values()) >= 0.0
    assert max(values, key=values.__getitem__) == most
    assert values["dense"] > sum(values.values()) / 4


def test_features_of_a_small_index() -> None:
    corpus = synthetic(24, seed=3)
    embedder = WordEmbedder()
    index = MemoryIndex(corpus.documents, corpus.chunks, embedder)
    asked = f"{corpus.documents[1].title} {corpus.chunks[13].headings[-1]}"
    vector = embedder.encode_query(asked)
    dense, lexical = index.dense(vector, 5), index.lexical(asked, 5)
    ids = [chunk.id for chunk in corpus.chunks]
    known = features(ids, dense, lexical, index.fields(asked, vector))
    assert known.shape == (24, len(fields(Features)))
    assert np.isfinite(known).all()
    columns = dict(zip((field.name for field in fields(Features)), known.T, strict=True))
    # beyond the depth of dense search: the last score that was reached; beyond that of words: nothing
    assert columns["dense"].min() == pytest.approx(min(score for _, score in dense))
    assert (columns["lexical"] > 0).sum() == len(lexical)
    assert columns["lexical"].max() == 1.0
    assert columns["name_share"].max() == 1.0
    best = rerank(ids, known, _weights(name_share=1.0))[0][0]
    assert best in {c.id for c in corpus.chunks if c.document_id == corpus.documents[1].id}


@given(st.integers(2, 40), st.integers(0, 2**32 - 1))
def test_every_passage_is_ranked_once_and_ties_by_id(count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    ids = [ChunkId(f"c{n:02d}") for n in rng.permutation(count)]
    known = rng.integers(0, 3, (count, len(fields(Features)))).astype(float)
    ranked = rerank(ids, known, fast_weights())
    assert sorted(i for i, _ in ranked) == sorted(ids)
    keys = [(-score, i) for i, score in ranked]
    assert keys == sorted(keys)
