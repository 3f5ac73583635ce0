"""Pairs of a question and the passage that answers it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random

from medqa.training.sections import TrainingCorpus
from medqa.training.wording import Patient

SHARE_OF_RECALL = 0.25
SHARE_OF_HEADINGS = 0.08
KEEP_SENTENCE = 0.35
FIRST_PASSAGE = 0.4
SENTENCE_WORDS = (6, 45)
REST_WORDS = 20
_BREAK = re.compile(r"(?<=[.!?])\s+|\n+")


@dataclass(frozen=True, slots=True)
class Pair:
    """`section` is its number in the corpus, `row` the passage's, -1 where the text is not that of the index."""

    question: str
    passage: str
    section: int
    row: int


class PairWriter:
    """Writes any number of different pairs about a section, each draw from `random`."""

    def __init__(self, corpus: TrainingCorpus, patient: Patient, random: Random) -> None:
        self._corpus = corpus
        self._patient = patient
        self._random = random

    def pair(self, section: int) -> Pair:
        """Mostly a question as patients ask it and a passage of the section; at times one statement of a
        passage as the question, often with that statement taken out of it; at times the heading alone as what
        is to be found."""
        s, random = self._corpus.sections[section], self._random
        kind = random.random()
        if kind < SHARE_OF_RECALL:
            found = self._recall(section, random.choice(s.passages))
            if found is not None:
                return found
        question = self._patient.ask(s.heading, s.topic, s.names)
        if kind > 1 - SHARE_OF_HEADINGS:
            return Pair(question, f"{s.names[0]}: {s.heading}", section, -1)
        row = s.passages[0] if random.random() < FIRST_PASSAGE else random.choice(s.passages)
        return Pair(question, self._corpus.passages[row], section, row)

    def _recall(self, section: int, row: int) -> Pair | None:
        random = self._random
        passage, body = self._corpus.passages[row], self._corpus.bodies[row]
        low, high = SENTENCE_WORDS
        sentences = [part for part in _BREAK.split(body) if low <= len(part.split()) <= high]
        if not sentences:
            return None
        sentence = random.choice(sentences)
        question = self._patient.recall(sentence, random.choice(self._corpus.sections[section].names))
        rest = body.replace(sentence, " ", 1)
        if random.random() < KEEP_SENTENCE or len(rest.split()) < REST_WORDS:
            return Pair(question, passage, section, row)
        return Pair(question, passage[: len(passage) - len(body)] + rest.strip(), section, -1)
