"""Which words of a question a text has something for, by the model's own token vectors.

Late interaction as in ColBERT (Khattab and Zaharia 2020, section 3.3, https://arxiv.org/abs/2004.12832), without its
training: the vector of a token in its company against those of all tokens of the text.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from medqa.embedding.tokens import ModelTokenizer
from medqa.ports import WordMatch

States = NDArray[np.float32]


def match_words(
    tokens: ModelTokenizer, states_of: Callable[[str], States], question: str, text: str
) -> tuple[WordMatch, ...]:
    """See `medqa.ports.WordMatcher`. `states_of` gives the token states of a text, float32 (tokens, dim), special
    tokens included; a word of several tokens counts their mean."""
    asked, said = _unit(states_of(question)), _unit(states_of(text))
    nearest = (asked @ said[1:-1].T).max(axis=1)
    return tuple(WordMatch(start, end, float(nearest[rows].mean())) for start, end, rows in tokens.words(question))


def _unit(states: States) -> States:
    unit: States = states / np.maximum(np.linalg.norm(states, axis=1, keepdims=True), 1e-12)
    return unit
