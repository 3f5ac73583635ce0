"""An adapter for questions changes what is found, and neither the index nor the safety check."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from medqa.config import Settings
from medqa.engine import build_engine, index_corpus
from medqa.errors import EmbeddingError
from medqa.training.run import train
from tests.unit.training.conftest import SMALL, articles, settings, tiny  # noqa: F401


def with_question_model(settings: Settings, name: str) -> Settings:  # noqa: F811
    embedding = settings.embedding.model_copy(update={"question_model": name})
    dense = settings.retrieval.model_copy(update={"lexical": False, "rerank": "none", "understanding": False})
    return settings.model_copy(update={"embedding": embedding, "retrieval": dense})


def test_the_index_stays_and_the_ranking_follows(settings: Settings, tmp_path: Path) -> None:  # noqa: F811
    built = index_corpus(settings)
    train(settings, tmp_path / "adapter", replace(SMALL, steps=20, learning_rate=2e-2))
    adapted = with_question_model(settings, str(tmp_path / "adapter"))
    again = index_corpus(adapted)
    assert (again.changed, again.build_id) == (False, built.build_id)
    scores = []
    for chosen in (with_question_model(settings, ""), adapted):
        engine = build_engine(chosen)
        hits = engine.search("what helps against seasickness", 18)
        scores.append({hit.chunk.id: hit.score for hit in hits})
        engine.close()
    plain, moved = scores
    assert plain.keys() == moved.keys()
    assert max(abs(plain[i] - moved[i]) for i in plain) > 0.01
    assert np.isfinite(list(moved.values())).all()


def test_an_adapter_to_another_model_is_refused(settings: Settings, tmp_path: Path) -> None:  # noqa: F811
    train(settings, tmp_path / "adapter", replace(SMALL, steps=1))
    other = settings.embedding.model_copy(update={"model": "bundled", "question_model": str(tmp_path / "adapter")})
    with pytest.raises(EmbeddingError, match="no adapter to the model 'bundled'"):
        index_corpus(settings.model_copy(update={"embedding": other}))
