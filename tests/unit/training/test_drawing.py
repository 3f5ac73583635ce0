"""A run's questions: every section's turn comes, targets are shares, and a seed is all that decides."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from medqa.errors import TrainingError
from medqa.training.drawing import Draw
from medqa.training.reals import RealQuestion
from medqa.training.sections import TrainingCorpus
from medqa.training.wording import Phrasings
from tests.unit.training.conftest import SMALL


def drawn(corpus: TrainingCorpus, reals: int = 0, **changes: float) -> list[list[str]]:
    real = [RealQuestion((f"real {i}", f"clear {i}"), {i: 1.0}) for i in range(reals)]
    batches = Draw(corpus, Phrasings.load(), replace(SMALL, **changes)).batches(real)  # type: ignore[arg-type]
    return [[item.question for item in batch] for batch in batches]


def test_the_same_seed_draws_the_same_questions(corpus: TrainingCorpus) -> None:
    assert drawn(corpus, seed=1) == drawn(corpus, seed=1)
    assert drawn(corpus, seed=1) != drawn(corpus, seed=2)


def test_sizes(corpus: TrainingCorpus) -> None:
    batches = drawn(corpus, steps=5)
    assert [len(batch) for batch in batches] == [SMALL.batch] * 5


def test_a_small_library_is_not_gone_over_endlessly(corpus: TrainingCorpus) -> None:
    batches = drawn(corpus, steps=1000, questions_a_section=3.0)
    assert sum(map(len, batches)) <= 3 * len(corpus.sections)


def test_every_section_comes_before_any_comes_again(corpus: TrainingCorpus) -> None:
    draw = Draw(corpus, Phrasings.load(), replace(SMALL, batch=9, steps=4))
    targets = [max(item.target, key=item.target.__getitem__) for batch in draw.batches() for item in batch]
    assert set(Counter(targets[:18]).values()) == set(Counter(targets[18:]).values()) == {1}


def test_what_is_said_of_the_subject_elsewhere_gets_its_share(corpus: TrainingCorpus) -> None:
    draw = Draw(corpus, Phrasings.load(), replace(SMALL, related=0.3))
    target = draw.target(4)
    subject = corpus.sections[4].subject
    assert {corpus.sections[s].subject for s in target} == {subject}
    assert target[4] == pytest.approx(0.7)
    assert sorted(target.values()) == pytest.approx([0.15, 0.15, 0.7])


def test_sections_that_answer_the_same_share(corpus: TrainingCorpus) -> None:
    """A second article on the same subject: two sections of three answer, the third is related."""
    first = corpus.sections[0]
    twin = replace(first, docid="twin", article=99)
    double = TrainingCorpus((*corpus.sections, twin), corpus.passages, corpus.bodies)
    target = Draw(double, Phrasings.load(), replace(SMALL, related=0.2)).target(0)
    assert target[0] == target[len(corpus.sections)] == pytest.approx(0.4)
    assert sum(target.values()) == pytest.approx(1.0)


def test_real_questions_are_a_share_of_every_batch(corpus: TrainingCorpus) -> None:
    batches = drawn(corpus, reals=6, steps=5, real_share=0.25, real_rounds=10.0)
    for batch in batches:
        assert sum(question.startswith(("real", "clear")) for question in batch) == 2


def test_few_real_questions_are_not_repeated_endlessly(corpus: TrainingCorpus) -> None:
    batches = drawn(corpus, reals=5, steps=5, real_share=0.5, real_rounds=2.0)
    asked = Counter(q.split()[1] for batch in batches for q in batch if q.startswith(("real", "clear")))
    assert set(asked.values()) == {2}


def test_a_handful_of_sections_is_refused(corpus: TrainingCorpus) -> None:
    few = TrainingCorpus(corpus.sections[:5], corpus.passages, corpus.bodies)
    with pytest.raises(TrainingError, match="5 sections are too few"):
        Draw(few, Phrasings.load(), SMALL)
