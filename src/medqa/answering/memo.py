"""Sentence vectors that were made before. The sentences of an article come up again with every question on it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from medqa.ports import Embedder, Vectors

MAX_TEXTS = 20_000
"""At 384 dimensions about 30 MB."""


class VectorMemo:
    """Encodes through `embedder` and keeps the vectors last used, in memory only. Safe from several threads.

    For sentences of articles; what a person asked is never kept.
    """

    def __init__(self, embedder: Embedder, max_texts: int = MAX_TEXTS) -> None:
        self._embedder = embedder
        self._max_texts = max_texts
        self._kept: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = threading.Lock()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """float32 (len(texts), dim), L2-normalised, in the order of `texts`, each text cut to what the model reads."""
        found: dict[str, Vectors] = {}
        with self._lock:
            for text in texts:
                if text in self._kept:
                    self._kept.move_to_end(text)
                    found[text] = self._kept[text]
        missing = [text for text in dict.fromkeys(texts) if text not in found]
        if missing:
            made = self._embedder.encode([self._cut(text) for text in missing])
            fresh = {text: vector.copy() for text, vector in zip(missing, made, strict=True)}
            found.update(fresh)
            with self._lock:
                self._kept.update(fresh)
                while len(self._kept) > self._max_texts:
                    self._kept.popitem(last=False)
        return np.stack([found[text] for text in texts])

    def _cut(self, text: str) -> str:
        limit = self._embedder.max_tokens
        if len(text) <= limit:  # a token has at least one character
            return text
        offsets = self._embedder.token_offsets(text)
        return text if len(offsets) <= limit else text[: offsets[limit - 1][1]]
