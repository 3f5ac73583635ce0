"""Question and passage in one sequence: what is kept of long ones, and where each of both stands."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from medqa.embedding.model_files import open_model_files
from medqa.embedding.pairs import PASSAGE_TOKENS, QUESTION_TOKENS, PairTokens
from medqa.errors import EmbeddingError

FILES = open_model_files("bundled")
TOKENS = PairTokens(FILES.folder / "tokenizer.json", FILES.sequence_tokens)
PLAIN = Tokenizer.from_file(str(FILES.folder / "tokenizer.json"))
FILLER = "The weather was mild and the trains were on time. " * 40


def words(ids: list[int]) -> str:
    return str(PLAIN.decode(ids))


def test_both_stand_where_it_says() -> None:
    (pair,) = TOKENS.pairs("does it hurt", ["Gout > Signs\nA joint hurts badly."])
    assert words(pair.ids[pair.question_rows].tolist()) == "does it hurt"
    assert words(pair.ids[pair.passage_rows].tolist()) == "gout > signs a joint hurts badly."
    assert len(pair.ids) == pair.question + len(pair.ids[pair.passage_rows]) + 3


def test_a_long_question_keeps_its_beginning_and_its_end() -> None:
    (pair,) = TOKENS.pairs(f"my gout. {FILLER} does cherry juice help", ["Gout\nCherries."])
    kept = words(pair.ids[pair.question_rows].tolist())
    assert pair.question == QUESTION_TOKENS
    assert kept.startswith("my gout.")
    assert kept.endswith("does cherry juice help")


def test_of_a_long_passage_the_part_that_speaks_of_the_question_is_read() -> None:
    said = "Cherry juice was tried against gout."
    body = FILLER[: len(FILLER) // 2] + said + FILLER[len(FILLER) // 2 :]
    near, far = TOKENS.pairs("is cherry juice good for gout", [f"Gout > Food\n{body}", f"Gout > Food\n{FILLER}"])
    read = words(near.ids[near.passage_rows].tolist())
    assert "cherry juice was tried" in read
    assert read.startswith("gout > food")
    assert words(far.ids[far.passage_rows].tolist()).startswith("gout > food the weather was mild")


@settings(max_examples=50, deadline=None)
@given(st.text(min_size=1, max_size=400), st.text(min_size=1, max_size=2000))
def test_nothing_is_longer_than_the_model_reads(question: str, passage: str) -> None:
    try:
        (pair,) = TOKENS.pairs(question, [passage])
    except EmbeddingError:
        return  # without a word
    assert len(pair.ids) <= QUESTION_TOKENS + PASSAGE_TOKENS + 3 <= FILES.sequence_tokens
    assert 1 <= pair.question <= QUESTION_TOKENS
    assert len(pair.ids[pair.passage_rows]) >= 1


@pytest.mark.parametrize(("question", "passage"), [("", "a"), ("a", ""), ("a", "\n"), ("a\ud800", "b")])
def test_refused(question: str, passage: str) -> None:
    with pytest.raises(EmbeddingError):
        TOKENS.pairs(question, [passage])


def test_a_model_that_reads_little_gets_little() -> None:
    small = PairTokens(FILES.folder / "tokenizer.json", 64)
    (pair,) = small.pairs(FILLER, [f"Gout > Food\n{FILLER}"])
    assert len(pair.ids) == 64
    with pytest.raises(EmbeddingError, match="no room"):
        PairTokens(FILES.folder / "tokenizer.json", 15)
