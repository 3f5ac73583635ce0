"""What is trained on, in order: every draw of a run, from one seed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from random import Random

from medqa.errors import TrainingError
from medqa.training.reals import RealQuestion
from medqa.training.recipe import Recipe
from medqa.training.sections import TrainingCorpus
from medqa.training.wording import Patient, Phrasings

FEWEST_SECTIONS = 8
SENTENCE_WORDS = (6, 45)
_BREAK = re.compile(r"(?<=[.!?])\s+|\n+")


@dataclass(frozen=True, slots=True)
class Item:
    """A question and how much of it each section (a number in the corpus) should get: shares that add up to 1."""

    question: str
    target: Mapping[int, float]


class Draw:
    """The batches of a run."""

    def __init__(self, corpus: TrainingCorpus, phrasings: Phrasings, recipe: Recipe) -> None:
        """Raises `TrainingError` for a corpus too small to tell one section from another."""
        if len(corpus.sections) < FEWEST_SECTIONS:
            raise TrainingError(
                f"{len(corpus.sections)} sections are too few to train on; {FEWEST_SECTIONS} are the least.",
                remedy="Use the model as it is.",
            )
        self._corpus = corpus
        self._recipe = recipe
        self._random = Random(recipe.seed)  # noqa: S311  # repeatable on purpose
        others = list(dict.fromkeys(section.names[0] for section in corpus.sections))
        self._patient = Patient(phrasings, others, self._random)
        self._alike: dict[int, list[int]] = {}
        for number, key in enumerate(corpus.keys().tolist()):
            self._alike.setdefault(key, []).append(number)
        self._keys: list[int] = corpus.keys().tolist()
        self._of_subject: dict[int, list[int]] = {}
        for number, section in enumerate(corpus.sections):
            self._of_subject.setdefault(section.subject, []).append(number)

    def batches(self, reals: Sequence[RealQuestion] = ()) -> list[list[Item]]:
        """All of a run. Of one library every section comes before any comes again, and so do real questions.

        Libraries share the questions by the square root of their sections, so that a small one is heard beside
        a large one.
        """
        recipe, sections = self._recipe, len(self._corpus.sections)
        steps = max(1, min(recipe.steps, int(sections * recipe.questions_a_section / recipe.batch)))
        a_batch = min(int(recipe.batch * recipe.real_share), int(len(reals) * recipe.real_rounds / steps))
        written = self._mixed(steps * recipe.batch)
        asked = self._rounds(list(range(len(reals))), steps * a_batch)
        batches: list[list[Item]] = []
        for step in range(steps):
            here = [self._real(reals[i]) for i in asked[step * a_batch : (step + 1) * a_batch]]
            rest = written[step * recipe.batch : (step + 1) * recipe.batch - len(here)]
            batches.append(here + [self._written(section) for section in rest])
        return batches

    def target(self, section: int) -> dict[int, float]:
        """Sections that answer the same share the most of it, others on the subject `related` of it."""
        same = self._alike[self._keys[section]]
        others = [s for s in self._of_subject[self._corpus.sections[section].subject] if s not in same]
        share = self._recipe.related if others else 0.0
        return {s: (1 - share) / len(same) for s in same} | {s: share / len(others) for s in others}

    def _written(self, section: int) -> Item:
        s, random = self._corpus.sections[section], self._random
        if random.random() < self._recipe.recall:
            body = self._corpus.bodies[random.choice(s.passages)]
            low, high = SENTENCE_WORDS
            sentences = [part for part in _BREAK.split(body) if low <= len(part.split()) <= high]
            if sentences:
                recalled = self._patient.recall(random.choice(sentences), random.choice(s.names))
                return Item(recalled, self.target(section))
        return Item(self._patient.ask(s.heading, s.topic, s.names, s.asked), self.target(section))

    def _real(self, real: RealQuestion) -> Item:
        return Item(self._random.choice(real.wordings), real.target)

    def _mixed(self, count: int) -> list[int]:
        libraries: dict[int, list[int]] = {}
        for number, section in enumerate(self._corpus.sections):
            libraries.setdefault(section.library, []).append(number)
        weights = [sqrt(len(numbers)) for numbers in libraries.values()]
        which = self._random.choices(list(libraries), weights, k=count)
        drawn = {library: iter(self._rounds(numbers, which.count(library))) for library, numbers in libraries.items()}
        return [next(drawn[library]) for library in which]

    def _rounds(self, numbers: list[int], count: int) -> list[int]:
        drawn: list[int] = []
        while len(drawn) < count and numbers:
            drawn += self._random.sample(numbers, len(numbers))
        return drawn[:count]
