"""What the cross-encoder is trained on: questions, each with one passage that answers and others that do not.

The others are those that it will have to tell apart: what the model that reads questions puts at the top, other
sections of the same article, and passages on the same topic in other articles. Half of the statements are shown alone,
as a sentence stands in an answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt
from random import Random

import numpy as np

from medqa.ports import Vectors
from medqa.training.reals import RealQuestion
from medqa.training.sections import TrainingCorpus
from medqa.training.wording import Patient, Phrasings

SENTENCE_WORDS = (6, 45)
NEAR = 30
FEW_NAMES = 3
_BREAK = re.compile(r"(?<=[.!?])\s+|\n+")


@dataclass(frozen=True, slots=True)
class Choice:
    """`passages[0]` answers `question`, the others do not."""

    question: str
    passages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChoiceRecipe:
    """How a cross-encoder is trained; defaults are those that were measured (docs/experiments.md).

    The first `layers` of the model are read, the first `frozen` of those stay as they are. `questions` are drawn; a
    step takes `batch` of them with `others` wrong passages each, and no step begins after `seconds`. `recall` of the
    written questions come from a statement of a passage, `alone` of those show statements instead of passages.
    `real_share` of all are real ones. `absolute` weighs the loss of each pair alone (does the passage answer?) against
    that of the choice among them.
    """

    seed: int = 21
    layers: int = 4
    frozen: int = 1
    rank: int = 32
    learning_rate: float = 1e-3
    head_rate: float = 2e-3
    weight_decay: float = 0.01
    warm_up: float = 0.05
    batch: int = 8
    others: int = 6
    questions: int = 3700
    seconds: float = 2340.0
    recall: float = 0.35
    alone: float = 0.5
    real_share: float = 0.2
    absolute: float = 0.5


class Choices:
    """Draws from `corpus`, all from one seed. `encode` reads questions, `vectors` (passages, dim) are the passages'."""

    def __init__(
        self,
        corpus: TrainingCorpus,
        vectors: Vectors,
        encode: Callable[[str], Vectors],
        phrasings: Phrasings,
        recipe: ChoiceRecipe,
    ) -> None:
        self._corpus, self._vectors, self._encode, self._recipe = corpus, vectors, encode, recipe
        self._random = Random(recipe.seed)  # noqa: S311  # repeatable on purpose
        names = list(dict.fromkeys(section.names[0] for section in corpus.sections))
        self._patient = Patient(phrasings, names, self._random)
        self._keys: list[int] = corpus.keys().tolist()
        self._section: list[int] = corpus.section_of_passage().tolist()
        self._of_article: dict[int, list[int]] = {}
        self._of_topic: dict[str, list[int]] = {}
        for number, section in enumerate(corpus.sections):
            self._of_article.setdefault(section.article, []).append(number)
            self._of_topic.setdefault(section.topic, []).append(number)

    def draw(self, count: int, reals: Sequence[RealQuestion] = ()) -> list[Choice]:
        """`count` of them, real questions spread evenly. Every section of a library comes before any comes again, and
        libraries share by the square root of their sections."""
        random = self._random
        asked = self._rounds(list(range(len(reals))), int(count * self._recipe.real_share))
        drawn = [self._real(reals[i]) for i in asked]
        libraries: dict[int, list[int]] = {}
        for number, section in enumerate(self._corpus.sections):
            libraries.setdefault(section.library, []).append(number)
        which = random.choices(list(libraries), [sqrt(len(n)) for n in libraries.values()], k=count - len(drawn))
        for library, numbers in libraries.items():
            drawn += [self._written(section) for section in self._rounds(numbers, which.count(library))]
        random.shuffle(drawn)
        return [choice for choice in drawn if len(choice.passages) > self._recipe.others]

    def _written(self, number: int) -> Choice:
        section, random = self._corpus.sections[number], self._random
        if random.random() < self._recipe.recall:
            row = random.choice(section.passages)
            statements = _statements(self._corpus.bodies[row])
            if statements:
                statement = random.choice(statements)
                question = self._patient.recall(statement, random.choice(section.names))
                others = self._others(question, {number}, number)
                if random.random() < self._recipe.alone:
                    return Choice(question, (self._alone(row, statement), *map(self._any_alone, others)))
                return Choice(question, (self._corpus.passages[row], *map(self._corpus.passages.__getitem__, others)))
        question = self._patient.ask(section.heading, section.topic, section.names)
        return self._whole(question, {number}, number)

    def _real(self, real: RealQuestion) -> Choice:
        random = self._random
        most = max(real.target.values())
        best = [s for s, share in real.target.items() if share == most]
        return self._whole(random.choice(real.wordings), set(real.target), random.choice(best))

    def _whole(self, question: str, right: set[int], number: int) -> Choice:
        rows = list(self._corpus.sections[number].passages)
        vector = self._encode(question)
        row = max(rows, key=lambda r: float(self._vectors[r] @ vector))
        others = self._others(question, right, number, vector)
        return Choice(question, tuple(self._corpus.passages[r] for r in (row, *others)))

    def _others(self, question: str, right: set[int], number: int, vector: Vectors | None = None) -> list[int]:
        """Rows of passages that do not answer: up to two of the article, one of the topic, the rest from the top."""
        random, section = self._random, self._corpus.sections[number]
        keys = {self._keys[s] for s in right}
        vector = self._encode(question) if vector is None else vector
        scores = self._vectors @ vector
        top = np.argpartition(-scores, min(NEAR, len(scores) - 1))[:NEAR].tolist()

        def wrong(row: int) -> bool:
            return self._section[row] not in right and self._keys[self._section[row]] not in keys

        def passage(numbers: Sequence[int]) -> int:
            return random.choice(self._corpus.sections[random.choice(numbers)].passages)

        found = [passage(self._of_article[section.article]) for _ in range(2)]
        found.append(passage(self._of_topic[section.topic]))
        found = list(dict.fromkeys(row for row in found if wrong(row)))
        near = [row for row in top if wrong(row) and row not in found]
        return found + random.sample(near, min(len(near), self._recipe.others - len(found)))

    def _alone(self, row: int, statement: str) -> str:
        head = self._corpus.passages[row].partition("\n")[0]
        return f"{head}\n{statement}"

    def _any_alone(self, row: int) -> str:
        statements = _statements(self._corpus.bodies[row])
        return self._alone(row, self._random.choice(statements)) if statements else self._corpus.passages[row]

    def _rounds(self, numbers: list[int], count: int) -> list[int]:
        drawn: list[int] = []
        while len(drawn) < count and numbers:
            drawn += self._random.sample(numbers, len(numbers))
        return drawn[:count]


def _statements(body: str) -> list[str]:
    low, high = SENTENCE_WORDS
    return [part for part in _BREAK.split(body) if low <= len(part.split()) <= high]
