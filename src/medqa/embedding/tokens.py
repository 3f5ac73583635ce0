"""Counting and cutting as the embedding model does, with the `tokenizers` library alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from medqa.embedding.checks import refuse_surrogates, shown
from medqa.errors import EmbeddingError

TokenIds = NDArray[np.int64]


class ModelTokenizer:
    """The model's own tokenizer, truncation and padding off. Safe from several threads.

    `sequence_tokens` is what the model reads at most, special tokens and its document prompt included;
    `max_tokens` is what that leaves for a text.
    """

    def __init__(self, tokenizer_json: Path, sequence_tokens: int, document_prompt: str, query_prompt: str) -> None:
        try:
            self._tokenizer = Tokenizer.from_buffer(tokenizer_json.read_bytes())
        except (OSError, ValueError) as error:
            raise EmbeddingError(f"The tokenizer {tokenizer_json} cannot be read: {error}") from error
        # The published file asks for truncation at 128 and padding to 128.
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._sequence_tokens = sequence_tokens
        self._document_prompt = document_prompt
        self._query_prompt = query_prompt
        self._special = self._tokenizer.num_special_tokens_to_add(is_pair=False)
        self.max_tokens = sequence_tokens - self._special - self.count_tokens(document_prompt)
        if self.max_tokens < 1:
            raise EmbeddingError(f"A model that reads {sequence_tokens} tokens has no room for text.")

    def count_tokens(self, text: str) -> int:
        """Tokens of `text`, special tokens left out."""
        refuse_surrogates(text)
        return len(self._tokenizer.encode(text, add_special_tokens=False))

    def token_offsets(self, text: str) -> Sequence[tuple[int, int]]:
        """Half-open code point offsets of each token of `text`, in order."""
        refuse_surrogates(text)
        offsets: Sequence[tuple[int, int]] = self._tokenizer.encode(text, add_special_tokens=False).offsets
        return offsets

    def documents(self, texts: Sequence[str]) -> list[TokenIds]:
        """Ids of each text with special tokens: one int64 array of its own length a text.

        Raises `EmbeddingError` for a text without tokens, with a lone surrogate, or above `max_tokens`.
        """
        rows = self._ids(texts, self._document_prompt)
        for text, row in zip(texts, rows, strict=True):
            if len(row) > self._sequence_tokens:
                raise EmbeddingError(
                    f"A text of {self.count_tokens(text)} tokens is longer than the {self.max_tokens} that the "
                    f"model reads; it begins with {shown(text)}.",
                    remedy=f"Set [chunking] max_tokens to at most {self.max_tokens}, then run: medqa index",
                )
        return rows

    def query(self, text: str) -> TokenIds:
        """Ids of a query with special tokens, int64; a too long one keeps its first tokens.

        Raises `EmbeddingError` for a query without tokens or with a lone surrogate.
        """
        row = self._ids([text], self._query_prompt)[0]
        surplus = len(row) - self._sequence_tokens
        if surplus <= 0:
            return row
        # Of the special tokens only the last ones (BERT: [SEP]) stand behind the text.
        special = self._tokenizer.encode("").ids
        tail = special[self._leading_special() :]
        return np.concatenate([row[: self._sequence_tokens - len(tail)], np.asarray(tail, dtype=np.int64)])

    def words(self, text: str) -> list[tuple[int, int, list[int]]]:
        """(start, end, rows) of each word of `text`: half-open code point offsets, and which of the ids that `query`
        gives are its tokens. Words beyond the last of those ids are left out."""
        refuse_surrogates(text)
        encoding = self._tokenizer.encode(self._query_prompt + text)
        skipped = len(self._query_prompt)
        found: dict[int, tuple[int, int, list[int]]] = {}
        for row, word in enumerate(encoding.word_ids[: self._sequence_tokens - 1]):
            start, end = (offset - skipped for offset in encoding.offsets[row])
            if word is None or start < 0:
                continue
            first, _, rows = found.get(word, (start, end, []))
            found[word] = (first, end, [*rows, row])
        return list(found.values())

    def _leading_special(self) -> int:
        mask = self._tokenizer.encode("a").special_tokens_mask
        return mask.index(0)

    def _ids(self, texts: Sequence[str], prompt: str) -> list[TokenIds]:
        for text in texts:
            refuse_surrogates(text)
            if not text.strip():
                raise EmbeddingError("An empty text cannot be embedded.")
        encodings = self._tokenizer.encode_batch_fast([prompt + text for text in texts])
        rows = [np.asarray(encoding.ids, dtype=np.int64) for encoding in encodings]
        prompt_tokens = self.count_tokens(prompt)
        for text, row in zip(texts, rows, strict=True):
            if len(row) <= self._special + prompt_tokens:
                raise EmbeddingError(f"The text {shown(text)} has no token that the model can read.")
        return rows
