"""What is trained on, in order: every draw of a run, from one seed."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from medqa.errors import TrainingError
from medqa.ports import Vectors
from medqa.training.batches import CLUSTER, Confusables, section_batches
from medqa.training.pairs import Pair, PairWriter
from medqa.training.reals import RealQuestion, real_pair
from medqa.training.recipe import Recipe
from medqa.training.sections import TrainingCorpus
from medqa.training.wording import Patient, Phrasings

FEWEST_SECTIONS = 2 * CLUSTER


class Draw:
    """The batches of a run. Everything is drawn when it is asked for, in the order of the calls."""

    def __init__(self, corpus: TrainingCorpus, original: Vectors, phrasings: Phrasings, recipe: Recipe) -> None:
        """`original`: float32 (passages, dim), of the model before training. Raises `TrainingError` for a corpus
        too small to hold one section against another."""
        if len(corpus.sections) < FEWEST_SECTIONS:
            raise TrainingError(
                f"{len(corpus.sections)} sections are too few to train on; {FEWEST_SECTIONS} are the least.",
                remedy="Use the model as it is: [embedding] model",
            )
        self._corpus = corpus
        self._recipe = recipe
        self._random = Random(recipe.seed)  # noqa: S311  # repeatable on purpose
        self._confusables = Confusables(corpus, original)
        others = list(dict.fromkeys(section.names[0] for section in corpus.sections))
        self._writer = PairWriter(corpus, Patient(phrasings, others, self._random), self._random)

    def written(self) -> list[list[Pair]]:
        """Batches of pairs written by rule."""
        most = int(len(self._corpus.sections) * self._recipe.pairs_a_section / self._size) or 1
        return [[self._writer.pair(s) for s in batch] for batch in self._sections(min(self._recipe.steps, most))]

    def with_real(self, reals: Sequence[RealQuestion]) -> list[list[Pair]]:
        """Batches in which a share of the pairs comes from `reals`, each question at most once a batch."""
        here = min(int(self._size * self._recipe.real_share), len(reals))
        batches: list[list[Pair]] = []
        order: list[RealQuestion] = []
        for sections in self._sections(self._recipe.real_steps):
            if len(order) < here:
                order = self._random.sample(list(reals), len(reals))
            chosen, order = order[:here], order[here:]
            batch = [real_pair(real, self._corpus, self._random) for real in chosen]
            taken = {pair.section for pair in batch}
            batches.append(batch + [self._writer.pair(s) for s in sections[: self._size - here] if s not in taken])
        return batches

    @property
    def _size(self) -> int:
        return min(self._recipe.batch, len(self._corpus.sections))

    def _sections(self, steps: int) -> list[list[int]]:
        batches: list[list[int]] = []
        while len(batches) < steps:
            batches += section_batches(self._confusables, len(self._corpus.sections), self._size, self._random)
        return batches[:steps]
