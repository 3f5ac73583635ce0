"""Words, pairs of words and parts of words as hashed numbers: what the second look reads beside the vector.

The same functions read a message at training and later, so that nothing but numbers is kept of a vocabulary.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from medqa.knowledge.folding import fold

GRAM_PLACES = 2**15
MAX_WORDS = 1000
MAX_WORD_CHARS = 40
PART_CHARS = (3, 4, 5)
_WORD = re.compile(r"[^\W_]+")

Places = NDArray[np.int32]


def word_places(text: str) -> Places:
    """Places, ascending, of the words of `text` and of its pairs of neighbouring words, folded."""
    words = _WORD.findall(fold(text))[:MAX_WORDS]
    return _places({f"w {word}" for word in words} | {f"b {first} {second}" for first, second in pairwise(words)})


def part_places(text: str) -> Places:
    """Places, ascending, of the parts of 3 to 5 letters of its words, folded, their ends marked."""
    found: set[str] = set()
    for word in set(_WORD.findall(fold(text))[:MAX_WORDS]):
        marked = f"<{word[:MAX_WORD_CHARS]}>"
        for size in PART_CHARS:
            found.update(f"c {marked[i : i + size]}" for i in range(len(marked) - size + 1))
    return _places(found)


def weighted(places: Places, rarity: NDArray[np.float32]) -> NDArray[np.float32]:
    """The weight of each place, of unit length together: a rare gram says more. `rarity` (GRAM_PLACES,) float32."""
    values = rarity[places]
    unit: NDArray[np.float32] = values / np.float32(max(float(np.linalg.norm(values)), 1e-9))
    return unit


def _places(grams: Iterable[str]) -> Places:
    hashed = (crc32(gram.encode("utf-8", "replace")) % GRAM_PLACES for gram in grams)
    return np.unique(np.fromiter(hashed, dtype=np.int32))
