"""Words of a question against a text: the same on either runtime, near for what means the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from medqa.embedding import open_embedder
from medqa.embedding.model_files import open_model_files
from medqa.embedding.sentence_transformer import SentenceTransformerEmbedder
from medqa.errors import EmbeddingError
from medqa.ports import WordMatcher


@pytest.fixture(scope="module")
def quantised(export_cache: Path) -> WordMatcher:
    opened = open_embedder(model="bundled", backend="auto", batch_size=8, cache_dir=export_cache)
    assert isinstance(opened, WordMatcher)
    return opened


def cosines(matcher: WordMatcher, question: str, text: str) -> dict[str, float]:
    return {question[m.start : m.end]: m.cosine for m in matcher.match_words(question, text)}


def test_a_word_finds_what_means_the_same(quantised: WordMatcher) -> None:
    found = cosines(quantised, "does it upset my tummy, or change color?", "It may cause stomach pain and nausea.")
    assert list(found) == ["does", "it", "upset", "my", "tummy", ",", "or", "change", "color", "?"]
    assert found["tummy"] > found["color"] + 0.1
    assert all(-1.0 <= cosine <= 1.0 for cosine in found.values())


def test_the_runtimes_agree(quantised: WordMatcher) -> None:
    reference = SentenceTransformerEmbedder(open_model_files("bundled"), batch_size=8)
    question, text = "can gabapentin cause dizziness", "Gabapentin: you may feel dizzy or sleepy."
    ours, theirs = cosines(quantised, question, text), cosines(reference, question, text)
    assert ours.keys() == theirs.keys()
    assert all(abs(ours[word] - theirs[word]) < 0.08 for word in ours)


def test_what_is_not_read_is_left_out(quantised: WordMatcher) -> None:
    found = quantised.match_words("pain " * 400, "Pain.")
    assert 250 <= len(found) <= 254
    with pytest.raises(EmbeddingError):
        quantised.match_words("", "Pain.")
