"""A question and a passage as one sequence, for a model that reads both together.

``[CLS] question [SEP] headings, passage [SEP]``. A long question keeps its beginning, where its subject is, and its
end, where it asks; of a long passage the window is read in which most of the question's own tokens stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from medqa.embedding.checks import refuse_surrogates
from medqa.embedding.tokens import TokenIds
from medqa.errors import EmbeddingError

QUESTION_TOKENS = 48
HEADING_TOKENS = 32
PASSAGE_TOKENS = 128
STRIDE = 24
_COMMON = (
    "a an the of to in on for and or is are was were be been it its this that these those with by as at from which can "
    "may also i my me you your do does did have has had what how when where why who will would should could if not no "
    "there they them he she we any some get take taking . , ? ! : ; ' \" - ( ) / s t m"
)


@dataclass(frozen=True, slots=True)
class Pair:
    """`ids` int64 (tokens,), special tokens included. Rows 1 to `question` (inclusive) are the question's, rows from
    `question` + 2 to the last but one the passage's."""

    ids: TokenIds
    question: int

    @property
    def passage_rows(self) -> slice:
        return slice(self.question + 2, len(self.ids) - 1)

    @property
    def question_rows(self) -> slice:
        return slice(1, self.question + 1)


class PairTokens:
    """Puts questions and passages together with the model's own tokenizer. Safe from several threads.

    `sequence_tokens` is what the model reads at most; where that is little, a quarter of it is the question's.
    """

    def __init__(self, tokenizer_json: Path, sequence_tokens: int) -> None:
        try:
            self._tokenizer = Tokenizer.from_buffer(tokenizer_json.read_bytes())
        except (OSError, ValueError) as error:
            raise EmbeddingError(f"The tokenizer {tokenizer_json} cannot be read: {error}") from error
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        special = self._tokenizer.encode("").ids
        if len(special) != 2:
            raise EmbeddingError(f"The tokenizer {tokenizer_json} does not put one token before and one after a text.")
        self._first, self._break = special
        self._question = min(QUESTION_TOKENS, sequence_tokens // 4)
        self._passage = min(PASSAGE_TOKENS, sequence_tokens - self._question - 3)
        if self._question < 4:
            raise EmbeddingError(
                f"A model that reads {sequence_tokens} tokens has no room for a question and a passage."
            )

    def pairs(self, question: str, passages: Sequence[str]) -> list[Pair]:
        """One for each of `passages`, whose first line is the headings where there is more than one line.

        Raises `EmbeddingError` for a lone surrogate, or a question or passage without tokens.
        """
        for text in (question, *passages):
            refuse_surrogates(text)
        asked = self._ids(question)
        if not asked:
            raise EmbeddingError("A question without words cannot be compared with passages.")
        if len(asked) > self._question:
            half = self._question // 2
            asked = asked[: self._question - half] + asked[-half:]
        wanted = np.asarray(sorted(set(asked) - self._common), dtype=np.int64)
        return [self._pair(asked, wanted, passage) for passage in passages]

    def _pair(self, asked: list[int], wanted: NDArray[np.int64], passage: str) -> Pair:
        head, _, body = passage.partition("\n")
        headings = self._ids(head)[: min(HEADING_TOKENS, self._passage // 4)] if body.strip() else []
        tokens = self._ids(body if body.strip() else head)
        if not tokens:
            raise EmbeddingError("A passage without words cannot be compared with a question.")
        room = self._passage - len(headings)
        if len(tokens) > room:
            start = _fullest(np.asarray(tokens, dtype=np.int64), wanted, room)
            tokens = tokens[start : start + room]
        row = [self._first, *asked, self._break, *headings, *tokens, self._break]
        return Pair(np.asarray(row, dtype=np.int64), len(asked))

    def _ids(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    @cached_property
    def _common(self) -> frozenset[int]:
        return frozenset(self._ids(_COMMON))


def _fullest(tokens: NDArray[np.int64], wanted: NDArray[np.int64], room: int) -> int:
    """Where the window of `room` tokens begins that holds the most of `wanted`, each once; the first of equals."""
    starts: list[int] = [*range(0, len(tokens) - room, STRIDE), len(tokens) - room]
    held = np.isin(tokens, wanted)
    counts = [len(np.unique(tokens[s : s + room][held[s : s + room]])) for s in starts]
    most = int(np.argmax(counts))
    return starts[most]
