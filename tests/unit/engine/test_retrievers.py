"""The retrievers of an engine: two of them, and no `quality` without a cross-encoder to read with."""

from __future__ import annotations

from pathlib import Path

import pytest

from medqa.config import load_settings
from medqa.engine.retrievers import open_retrievers
from medqa.errors import ConfigError, EmbeddingError
from medqa.retrieval.pipeline import HybridRetriever
from medqa.testing import WordEmbedder


def test_one_for_searching_and_one_for_answers() -> None:
    found = open_retrievers(load_settings(), WordEmbedder(), 12)
    assert [type(retriever) for retriever in found] == [HybridRetriever, HybridRetriever]


def test_quality_needs_a_cross_encoder_and_says_how_to_get_one() -> None:
    settings = load_settings(retrieval={"rerank": "quality"})
    with pytest.raises(ConfigError, match="needs a cross-encoder") as caught:
        open_retrievers(settings, WordEmbedder(), 12)
    assert "medqa train --reranker" in caught.value.remedy


def test_a_folder_without_one_is_refused(tmp_path: Path) -> None:
    settings = load_settings(retrieval={"rerank": "quality", "reranker": str(tmp_path)})
    with pytest.raises(EmbeddingError, match="no whole cross-encoder"):
        open_retrievers(settings, WordEmbedder(), 12)
