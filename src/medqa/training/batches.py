"""Batches in which every passage is a hard negative of some question beside it.

Explicit negatives would double the passages to encode. Instead sections that are easily confused are put into one
batch, each with a question of its own: another section of the same article, the nearest section of another article
on the same topic, and a near section on whatever topic.
"""

from __future__ import annotations

from random import Random

import numpy as np
from numpy.typing import NDArray

from medqa.ports import Vectors
from medqa.training.sections import TrainingCorpus

NEIGHBOURS = 12
BLOCK = 1024
CLUSTER = 4


class Confusables:
    """Which sections are easily confused with which, by the vectors of the model before training."""

    def __init__(self, corpus: TrainingCorpus, vectors: Vectors) -> None:
        """`vectors` is float32 (passages, dim), rows L2-normalised; a section stands where its first passage does."""
        first = np.asarray([section.passages[0] for section in corpus.sections])
        subjects = np.asarray([section.subject for section in corpus.sections])
        topics = np.unique([section.topic for section in corpus.sections], return_inverse=True)[1]
        self.near = _nearest(vectors[first], subjects, None)
        self.same_topic = _nearest(vectors[first], subjects, topics)
        self.of_article: dict[int, list[int]] = {}
        for number, section in enumerate(corpus.sections):
            self.of_article.setdefault(section.article, []).append(number)
        self._corpus = corpus

    def cluster(self, seed: int, random: Random) -> list[int]:
        """Up to `CLUSTER` different sections around `seed`, itself first."""
        chosen = [seed]
        article = [s for s in self.of_article[self._corpus.sections[seed].article] if s != seed]
        if article:
            chosen.append(random.choice(article))
        for table in (self.same_topic, self.near, self.near, self.same_topic):
            candidates = [int(s) for s in table[seed] if s >= 0 and s not in chosen]
            if candidates and len(chosen) < CLUSTER:
                # nearest ones more often
                chosen.append(candidates[min(int(random.expovariate(0.35)), len(candidates) - 1)])
        return chosen


def section_batches(confusables: Confusables, sections: int, size: int, random: Random) -> list[list[int]]:
    """One round in which every section is a seed once: batches of `size` different sections (the last may be less)."""
    seeds = list(range(sections))
    random.shuffle(seeds)
    batches: list[list[int]] = []
    batch: dict[int, None] = {}
    for seed in seeds:
        if seed in batch:
            continue
        for section in confusables.cluster(seed, random):
            if len(batch) < size:
                batch.setdefault(section)
        if len(batch) >= size:
            batches.append(list(batch))
            batch = {}
    if len(batch) > 1:
        batches.append(list(batch))
    return batches


def _nearest(vectors: Vectors, subjects: NDArray[np.int64], topics: NDArray[np.int64] | None) -> NDArray[np.int64]:
    """int64 (n, NEIGHBOURS), best first, -1 where there are fewer: sections of another subject, of the same topic
    where `topics` are given."""
    n = len(vectors)
    width = min(NEIGHBOURS, n)
    found = np.full((n, NEIGHBOURS), -1, dtype=np.int64)
    for start in range(0, n, BLOCK):
        stop = min(start + BLOCK, n)
        scores = vectors[start:stop] @ vectors.T
        scores[subjects[start:stop, None] == subjects[None, :]] = -2.0
        if topics is not None:
            scores[topics[start:stop, None] != topics[None, :]] = -2.0
        best = np.argpartition(-scores, width - 1, axis=1)[:, :width]
        order = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1, kind="stable")
        best = np.take_along_axis(best, order, axis=1)
        best[np.take_along_axis(scores, best, axis=1) <= -2.0] = -1
        found[start:stop, :width] = best
    return found
