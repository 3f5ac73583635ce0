"""A batch holds sections that are easily confused, none of them twice."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import pytest

from medqa.errors import TrainingError
from medqa.ports import Vectors
from medqa.testing import WordEmbedder
from medqa.training.batches import Confusables, section_batches
from medqa.training.drawing import Draw
from medqa.training.pairs import PairWriter
from medqa.training.reals import RealQuestion
from medqa.training.sections import TrainingCorpus
from medqa.training.wording import Patient, Phrasings
from tests.unit.training.conftest import SMALL


@pytest.fixture(scope="module")
def vectors(corpus: TrainingCorpus) -> Vectors:
    return WordEmbedder().encode(corpus.passages)


def test_neighbours_are_of_other_subjects(corpus: TrainingCorpus, vectors: Vectors) -> None:
    confusables = Confusables(corpus, vectors)
    for number, section in enumerate(corpus.sections):
        for other in confusables.near[number]:
            assert other < 0 or corpus.sections[other].subject != section.subject
        same = [corpus.sections[other] for other in confusables.same_topic[number] if other >= 0]
        assert len(same) == 5
        assert {other.topic for other in same} == {section.topic}


def test_neighbours_come_nearest_first(corpus: TrainingCorpus, vectors: Vectors) -> None:
    confusables = Confusables(corpus, vectors)
    first = np.asarray([section.passages[0] for section in corpus.sections])
    for number in range(len(corpus.sections)):
        row = [other for other in confusables.near[number] if other >= 0]
        scores = vectors[first[row]] @ vectors[first[number]]
        assert (np.diff(scores) <= 1e-6).all()


def test_no_section_twice_in_a_batch_and_all_seeds_come(corpus: TrainingCorpus, vectors: Vectors) -> None:
    confusables = Confusables(corpus, vectors)
    batches = section_batches(confusables, len(corpus.sections), 8, Random(1))
    assert all(len(batch) == len(set(batch)) <= 8 for batch in batches)
    assert {section for batch in batches for section in batch} == set(range(len(corpus.sections)))


def test_a_batch_holds_another_section_of_the_article(corpus: TrainingCorpus, vectors: Vectors) -> None:
    confusables = Confusables(corpus, vectors)
    for seed in range(len(corpus.sections)):
        chosen = confusables.cluster(seed, Random(seed))
        assert chosen[0] == seed
        assert corpus.sections[chosen[1]].article == corpus.sections[seed].article
        assert len(set(chosen)) == len(chosen) == 4


def test_a_recalled_sentence_may_be_taken_out_of_its_passage(corpus: TrainingCorpus) -> None:
    random = Random(2)
    writer = PairWriter(corpus, Patient(Phrasings.load(), ("gout",), random), random)
    pairs = [writer.pair(i % len(corpus.sections)) for i in range(300)]
    for pair in pairs:
        if pair.row >= 0:
            assert pair.passage == corpus.passages[pair.row]
            assert pair.row in corpus.sections[pair.section].passages
        else:
            assert pair.passage not in corpus.passages
    assert {pair.section for pair in pairs} == set(range(len(corpus.sections)))


def test_the_same_seed_draws_the_same_batches(corpus: TrainingCorpus, vectors: Vectors) -> None:
    def drawn(seed: int) -> list[list[str]]:
        draw = Draw(corpus, vectors, Phrasings.load(), replace(SMALL, seed=seed))
        return [[pair.question for pair in batch] for batch in draw.written()]

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
    assert len(drawn(1)) == SMALL.steps


def test_a_small_library_is_not_gone_over_endlessly(corpus: TrainingCorpus, vectors: Vectors) -> None:
    draw = Draw(corpus, vectors, Phrasings.load(), replace(SMALL, steps=1000, pairs_a_section=2.0))
    assert sum(len(batch) for batch in draw.written()) <= 2 * len(corpus.sections)


def test_real_questions_are_a_share_of_their_batches(corpus: TrainingCorpus, vectors: Vectors) -> None:
    reals = [RealQuestion((f"real {i}", f"clear {i}"), (i,)) for i in range(6)]
    draw = Draw(corpus, vectors, Phrasings.load(), replace(SMALL, real_steps=5, real_share=0.25))
    batches = draw.with_real(reals)
    assert len(batches) == 5
    for batch in batches:
        real = [pair for pair in batch if pair.question.startswith(("real", "clear"))]
        assert len(real) == 2
        for pair in real:
            assert pair.section == int(pair.question.split()[1])


def test_a_handful_of_sections_is_refused(corpus: TrainingCorpus, vectors: Vectors) -> None:
    few = TrainingCorpus(corpus.sections[:5], corpus.passages, corpus.bodies)
    with pytest.raises(TrainingError, match="5 sections are too few"):
        Draw(few, vectors, Phrasings.load(), SMALL)
