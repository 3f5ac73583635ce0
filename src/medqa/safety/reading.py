"""A message as the safety rules read it: sentences of folded words, misspellings mended.

Nothing here is shown to anybody. Time is linear in the length of the message.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from medqa.knowledge.english import is_ordinary
from medqa.knowledge.folding import fold, unleet

_TOKEN = re.compile(r"\d+[.,]\d+|[^\W_]+(?:[@$!][^\W_]+)*|[.!?\n\u3002\u00bf\u00a1\u2026]+|[,;:()\u2013\u2014\-/]")
_NUMBER_UNIT = re.compile(r"(\d+(?:[.,]\d+)?)([a-z]{1,6})")
_LONG_RUN = re.compile(r"(.)\1{2,}")
MIN_MENDED_CHARS = 5
MIN_TWO_EDIT_CHARS = 9


@dataclass(frozen=True, slots=True)
class Sentence:
    """Folded words in order. `breaks` holds the positions of words that follow a comma, dash or bracket."""

    tokens: tuple[str, ...]
    breaks: frozenset[int]
    question: bool


class Mender:
    """Reads a misspelt word as the nearest word of the rules, where it is no ordinary word itself.

    Candidates come from a table of deletions (Garbe's symmetric delete), so that a look-up costs the same
    however many words the rules use; the distance is optimal string alignment.
    """

    def __init__(self, vocabulary: Set[str], slang: Mapping[str, str]) -> None:
        self._vocabulary = vocabulary
        self._slang = {word: tuple(meaning.split()) for word, meaning in slang.items()}
        self._deletions: dict[str, list[str]] = {}
        for word in vocabulary:
            if len(word) >= MIN_MENDED_CHARS and word.isalpha():
                for key in {word, *_deletions(word)}:
                    self._deletions.setdefault(key, []).append(word)

    def mend(self, word: str) -> tuple[str, ...]:
        """The words that `word` stands for; itself where nothing better is known."""
        slang = self._slang.get(word)
        if slang is not None:
            return slang
        if word in self._vocabulary or len(word) > 40:
            return (word,)
        if not word.isalpha():
            plain = unleet(word)
            return self.mend(plain) if plain.isalpha() and plain != word else (word,)
        if not word.isascii():
            return (word,)
        if _LONG_RUN.search(word):
            for shorter in (_LONG_RUN.sub(r"\1", word), _LONG_RUN.sub(r"\1\1", word)):
                if shorter in self._vocabulary or shorter in self._slang or is_ordinary(shorter):
                    return self._slang.get(shorter, (shorter,))
        if len(word) < MIN_MENDED_CHARS or is_ordinary(word):
            return (word,)
        return (self._nearest(word),)

    def _nearest(self, word: str) -> str:
        allowed = 2 if len(word) >= MIN_TWO_EDIT_CHARS else 1
        # of words equally near: one of the same length, then the first by the alphabet, never as a set happens to lie
        best = (allowed + 1, 0, word)
        for key in (word, *_deletions(word)):
            for candidate in self._deletions.get(key, ()):
                if candidate[0] != word[0] and candidate[1:2] != word[1:2]:
                    continue
                distance = OSA.distance(word, candidate, score_cutoff=allowed)
                if distance <= min(allowed, best[0]):
                    best = min(best, (distance, abs(len(word) - len(candidate)), candidate))
        return best[2]


def _deletions(word: str) -> list[str]:
    return [word[:i] + word[i + 1 :] for i in range(len(word))]


def read(text: str, mender: Mender, numbers: Mapping[str, str]) -> tuple[Sentence, ...]:
    """The sentences of `text`. `numbers` maps number words to figures."""
    sentences: list[Sentence] = []
    tokens: list[str] = []
    breaks: set[int] = set()
    mended: dict[str, tuple[str, ...]] = {}
    for match in _TOKEN.finditer(fold(text)):
        piece = match.group()
        first = piece[0]
        if first in ".!?\n\u3002\u2026\u00bf\u00a1":
            if tokens:
                sentences.append(Sentence(tuple(tokens), frozenset(breaks), "?" in piece))
                tokens, breaks = [], set()
            continue
        if first in ",;:()\u2013\u2014-/":
            breaks.add(len(tokens))
            continue
        known = mended.get(piece)
        if known is None:
            known = mended[piece] = _parts(piece, mender, numbers)
        tokens.extend(known)
    if tokens:
        sentences.append(Sentence(tuple(tokens), frozenset(breaks), False))
    return tuple(sentences)


def _parts(piece: str, mender: Mender, numbers: Mapping[str, str]) -> tuple[str, ...]:
    if piece in numbers:
        return (numbers[piece],)
    if piece[0].isdigit():
        split = _NUMBER_UNIT.fullmatch(piece)
        if split:
            return (split.group(1), *mender.mend(split.group(2)))
        if piece.replace(".", "").replace(",", "").isdigit():
            return (piece,)
    return mender.mend(piece)
