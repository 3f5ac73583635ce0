"""Serving and bulk work: a quantised export, run without torch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from medqa.embedding.batching import encode_in_batches, padded, pool
from medqa.embedding.checks import unit_rows
from medqa.embedding.export import Recipe
from medqa.embedding.matching import match_words
from medqa.embedding.runtimes import Runtime
from medqa.embedding.tokens import ModelTokenizer
from medqa.errors import EmbeddingError
from medqa.ports import Progress, Vectors, WordMatch


class QuantisedEmbedder:
    """An `Embedder` over a `Runtime`. `encode_query` may be called from several threads."""

    def __init__(self, recipe: Recipe, runtime: Runtime, *, batch_size: int) -> None:
        files = recipe.files
        if files.pooling is None:
            raise EmbeddingError(f"The model {files.name!r} has parts that only sentence-transformers can run.")
        self._pooling = files.pooling
        self._dim = files.dim
        self._fingerprint = recipe.fingerprint
        self._model_identity = files.identity
        self._runtime = runtime
        self._batch_size = min(batch_size, runtime.max_batch)
        self._tokens = ModelTokenizer(
            files.folder / "tokenizer.json", files.sequence_tokens, files.document_prompt, files.query_prompt
        )

    @property
    def fingerprint(self) -> str:
        return self._fingerprint

    @property
    def model_identity(self) -> str:
        """Hash of the model's own files, whatever runs it."""
        return self._model_identity

    @property
    def dim(self) -> int:
        return self._dim

    @property
    def max_tokens(self) -> int:
        return self._tokens.max_tokens

    def count_tokens(self, text: str) -> int:
        return self._tokens.count_tokens(text)

    def token_offsets(self, text: str) -> Sequence[tuple[int, int]]:
        return self._tokens.token_offsets(text)

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """See `medqa.ports.Embedder.encode`."""
        rows = self._tokens.documents(texts)

        def run(batch: Sequence[int]) -> Vectors:
            ids, mask = padded([rows[i] for i in batch])
            states = self._runtime.run(ids, mask)
            return unit_rows(pool(states, mask, self._pooling), self._dim, [texts[i] for i in batch])

        return encode_in_batches(
            [len(row) for row in rows],
            self._dim,
            run,
            batch_size=self._batch_size,
            workers=self._runtime.workers,
            progress=progress,
        )

    def match_words(self, question: str, text: str) -> Sequence[WordMatch]:
        """See `medqa.ports.WordMatcher.match_words`."""

        def states_of(read: str) -> NDArray[np.float32]:
            ids, mask = padded([self._tokens.query(read)])
            states: NDArray[np.float32] = self._runtime.run(ids, mask)[0]
            return states

        return match_words(self._tokens, states_of, question, text)

    def encode_query(self, text: str) -> Vectors:
        """See `medqa.ports.Embedder.encode_query`."""
        ids, mask = padded([self._tokens.query(text)])
        vector: Vectors = unit_rows(pool(self._runtime.run(ids, mask), mask, self._pooling), self._dim, [text])[0]
        return vector
