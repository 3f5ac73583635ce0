"""What is drawn for the cross-encoder: one right passage first, and no wrong one that answers as well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from medqa.ports import Vectors
from medqa.testing import WordEmbedder
from medqa.training.choices import Choice, ChoiceRecipe, Choices
from medqa.training.reals import RealQuestion
from medqa.training.sections import TrainingCorpus
from medqa.training.wording import Phrasings

FEW = ChoiceRecipe(questions=40, others=3, batch=2)


def drawn(
    corpus: TrainingCorpus, recipe: ChoiceRecipe, reals: Sequence[RealQuestion] = (), count: int = 40
) -> list[Choice]:
    embedder = WordEmbedder()
    vectors: Vectors = np.asarray(embedder.encode(corpus.passages))
    return Choices(corpus, vectors, embedder.encode_query, Phrasings.load(), recipe).draw(count, reals)


def whole(corpus: TrainingCorpus, choice: Choice) -> list[int]:
    """The sections that the passages stand in."""
    numbers = corpus.section_of_passage().tolist()
    heads = {passage: numbers[row] for row, passage in enumerate(corpus.passages)}
    return [heads[passage] for passage in choice.passages]


def test_what_answers_comes_first_and_nothing_else_answers(corpus: TrainingCorpus) -> None:
    keys = corpus.keys().tolist()
    found = drawn(corpus, replace(FEW, recall=0.0))
    assert len(found) == 40
    for choice in found:
        right, *wrong = whole(corpus, choice)
        assert len(wrong) == 3
        assert all(keys[section] != keys[right] for section in wrong)


def test_every_section_comes_before_any_comes_again(corpus: TrainingCorpus) -> None:
    count = len(corpus.sections)
    firsts = [whole(corpus, choice)[0] for choice in drawn(corpus, replace(FEW, recall=0.0), count=count)]
    assert sorted(firsts) == [*range(count)]


def test_a_statement_is_shown_alone_among_statements(corpus: TrainingCorpus) -> None:
    found = drawn(corpus, replace(FEW, recall=1.0, alone=1.0))
    for choice in found:
        for passage in choice.passages:
            head, _, statement = passage.partition("\n")
            assert any(p.startswith(f"{head}\n") and statement in p for p in corpus.passages)
    assert any(len(choice.passages[0]) < min(map(len, corpus.passages)) for choice in found)


def test_a_real_question_keeps_what_answers_it_a_little_out_of_the_wrong_ones(corpus: TrainingCorpus) -> None:
    real = RealQuestion(("why do i sneeze",), {0: 0.75, 1: 0.25})
    found = drawn(corpus, replace(FEW, real_share=0.5), [real])
    asked = [choice for choice in found if choice.question == "why do i sneeze"]
    assert len(asked) == 20
    for choice in asked:
        right, *wrong = whole(corpus, choice)
        assert right == 0
        assert not {0, 1} & set(wrong)


def test_one_seed_one_draw(corpus: TrainingCorpus) -> None:
    assert drawn(corpus, FEW) == drawn(corpus, FEW)
    assert drawn(corpus, FEW) != drawn(corpus, replace(FEW, seed=5))


@pytest.mark.parametrize("others", [30])
def test_too_few_wrong_passages_make_no_choice(corpus: TrainingCorpus, others: int) -> None:
    assert drawn(corpus, replace(FEW, others=others)) == []
