"""Words, pairs of words and parts of words as hashed numbers: what the second look reads beside the vector.

The same function reads a message at training and later, so that nothing but numbers is kept of a vocabulary.
"""

from __future__ import annotations

import re
from itertools import pairwise
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from medqa.knowledge.folding import fold

GRAM_PLACES = 2**15
MAX_WORDS = 1000
PART_CHARS = (3, 4, 5)
_WORD = re.compile(r"[^\W_]+")


def grams(text: str) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Distinct places below `GRAM_PLACES`, ascending, and their weights: equal, of unit length together.

    Words, neighbouring pairs, and parts of 3 to 5 letters of each word with its ends marked, over folded text.
    Both arrays are empty for a text without words.
    """
    words = _WORD.findall(fold(text))[:MAX_WORDS]
    found = {f"w {word}" for word in words}
    found.update(f"b {first} {second}" for first, second in pairwise(words))
    for word in set(words):
        marked = f"<{word[:40]}>"
        for size in PART_CHARS:
            found.update(f"c {marked[i : i + size]}" for i in range(len(marked) - size + 1))
    places = np.unique(np.fromiter((crc32(gram.encode("utf-8")) % GRAM_PLACES for gram in found), dtype=np.int32))
    return places, np.full(len(places), 1 / np.sqrt(max(len(places), 1)), dtype=np.float32)
