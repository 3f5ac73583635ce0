"""Words: BM25 over the passages with bm25s, English stems, English stop words.

The formula is Lucene's variant of BM25 (Kamphuis et al., "Which BM25 do you mean?", ECIR 2020; the numbers
are those of bm25s, Lù 2024, https://arxiv.org/abs/2407.03618): the score of a passage d for a word q is
``ln(1 + (N - df + .5) / (df + .5)) * tf / (tf + k1 * (1 - b + b * |d| / mean|d|))``, summed over the words
of the question, a word that is said twice counting twice.
"""

from __future__ import annotations

import json
import logging
import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medqa.errors import DamagedIndexError

K1 = 1.5
B = 0.75

_WORD = re.compile(r"\w\w+")
# stands in for the words of a corpus that has none; no text can hold it
_NO_WORD = ""


def normalise(text: str) -> str:
    """For matching only: compatibility forms unified, invisible characters dropped, case folded."""
    visible = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")
    return unicodedata.normalize("NFKC", visible.casefold())


def stems(texts: Iterable[str]) -> list[list[str]]:
    """The stems of each text in their order, stop words and single characters left out."""
    import Stemmer
    from bm25s.stopwords import STOPWORDS_EN

    stop_words = frozenset(STOPWORDS_EN)
    # a stemmer of its own for each call: PyStemmer's is not safe from several threads
    stem = Stemmer.Stemmer("english")
    return [stem.stemWords([w for w in _WORD.findall(normalise(text)) if w not in stop_words]) for text in texts]


def write_words(folder: Path, texts: Sequence[str]) -> None:
    """Index one text for each passage, in the order of the build, as plain numpy and JSON files."""
    bm25s = _bm25s()
    vocabulary: dict[str, int] = {}
    # ids by first appearance: bm25s numbers a set, whose order differs from run to run
    ids = [[vocabulary.setdefault(word, len(vocabulary)) for word in words] for words in stems(texts)]
    if not vocabulary:
        vocabulary, ids = {_NO_WORD: 0}, [[0] for _ in texts]
    model = bm25s.BM25(k1=K1, b=B, method="lucene", backend="numpy")
    model.index((ids, vocabulary), create_empty_token=False, show_progress=False)
    model.save(folder, show_progress=False)


def _bm25s() -> Any:
    import bm25s

    # it sets its own logger to DEBUG on import, and every root handler would then repeat each step of it
    logging.getLogger("bm25s").setLevel(logging.WARNING)
    return bm25s


class LexicalIndex:
    """Open word index. Holds its arrays in memory; safe from several threads."""

    def __init__(self, folder: Path, passages: int) -> None:
        """Raises `DamagedIndexError` when the files do not describe `passages` passages."""
        bm25s = _bm25s()
        try:
            # not memory-mapped: a file that is cut short later would kill the process, not raise
            self._model: Any = bm25s.BM25.load(folder, mmap=False, load_corpus=False, show_progress=False)
            vocabulary = self._model.vocab_dict
            shape_fits = self._model.scores["num_docs"] == passages
        except (OSError, ValueError, KeyError, TypeError, EOFError, json.JSONDecodeError) as error:
            raise DamagedIndexError(f"The word index {folder} cannot be read: {error}.") from error
        if not shape_fits:
            raise DamagedIndexError(f"The word index {folder} does not hold {passages} passages.")
        self._vocabulary: dict[str, int] = vocabulary
        self._passages = passages

    def knows(self, word: str) -> bool:
        """Whether any passage holds `word` in some form."""
        found = stems([word])[0]
        return bool(found) and all(stem in self._vocabulary for stem in found)

    def weight(self, stem: str) -> float:
        """Inverse document frequency ``ln(1 + (N - df + .5) / (df + .5))`` of a stem, held by a passage or not."""
        number = self._vocabulary.get(stem)
        starts = self._model.scores["indptr"]
        holders = 0 if number is None else int(starts[number + 1] - starts[number])
        return float(np.log1p((self._passages - holders + 0.5) / (holders + 0.5)))

    def search(self, text: str, k: int, allowed: NDArray[np.bool_] | None = None) -> list[tuple[int, float]]:
        """Best passages as (position in the build, score), best first, ties in the order of the build.

        `allowed`, of shape (passages,), leaves out the passages that are False. Empty when no word of
        `text` is in any passage, or `k` is 0.
        """
        ids = [self._vocabulary[word] for word in stems([text])[0] if word in self._vocabulary]
        if not ids or k <= 0:
            return []
        scores: NDArray[np.float32] = self._model.get_scores_from_ids(ids)
        if allowed is not None:
            scores = np.where(allowed, scores, np.float32(0))
        found = np.flatnonzero(scores > 0)
        if len(found) > k:
            # everything at or above the k-th score, so that ties at the border are cut by order, not by chance
            border = np.partition(scores[found], len(found) - k)[len(found) - k]
            found = found[scores[found] >= border]
        ranked = found[np.lexsort((found, -scores[found]))][:k]
        return [(int(position), float(scores[position])) for position in ranked]
