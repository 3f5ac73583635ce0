"""Counting and cutting."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medqa.embedding.model_files import open_model_files
from medqa.embedding.tokens import ModelTokenizer
from medqa.errors import EmbeddingError

FILES = open_model_files("bundled")
TOKENS = ModelTokenizer(FILES.folder / "tokenizer.json", 256, "", "")


def test_the_limit_leaves_room_for_the_special_tokens_and_the_prompt() -> None:
    assert TOKENS.max_tokens == 254
    assert ModelTokenizer(FILES.folder / "tokenizer.json", 256, "passage: ", "").max_tokens == 252


def test_long_text_is_counted_whole() -> None:
    assert TOKENS.count_tokens("pain " * 1000) == 1000


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_offsets_are_in_order_and_as_many_as_the_count(text: str) -> None:
    offsets = TOKENS.token_offsets(text)
    assert len(offsets) == TOKENS.count_tokens(text)
    starts = [start for start, _ in offsets]
    assert starts == sorted(starts)
    assert all(0 <= start < end <= len(text) for start, end in offsets)


def test_a_document_at_the_limit_is_read_and_one_above_is_refused() -> None:
    (row,) = TOKENS.documents(["pain " * 254])
    assert len(row) == 256
    with pytest.raises(EmbeddingError, match="255 tokens is longer than the 254"):
        TOKENS.documents(["fine", "pain " * 255])


@pytest.mark.parametrize(
    ("text", "cause"), [("", "empty"), (" \n\t", "empty"), ("\u200b", "no token"), ("a\ud800", "surrogate")]
)
def test_text_that_cannot_be_read_is_refused(text: str, cause: str) -> None:
    with pytest.raises(EmbeddingError, match=cause):
        TOKENS.documents(["fine", text])
    with pytest.raises(EmbeddingError, match=cause):
        TOKENS.query(text)


def test_a_long_query_keeps_its_first_tokens_between_the_special_ones() -> None:
    short = TOKENS.query("pain " * 254)
    np.testing.assert_array_equal(TOKENS.query("pain " * 254 + "and the end of it"), short)
    assert len(short) == 256
