"""Training lowers the loss, repeats to the bit, and what it writes is read back the same."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medqa.embedding import open_question_encoder
from medqa.embedding.model_files import ModelFiles
from medqa.embedding.sentence_transformer import SentenceTransformerEmbedder
from medqa.ports import Embedder
from medqa.training.adapting import Adapting, Step, _Index
from medqa.training.drawing import Item
from medqa.training.sections import TrainingCorpus
from tests.unit.training.conftest import SMALL


def trained(tiny: ModelFiles, corpus: TrainingCorpus, steps: int) -> tuple[Adapting, list[Step]]:
    passages = SentenceTransformerEmbedder(tiny, batch_size=8).encode(corpus.passages)
    batch = [Item(section.heading, {number: 1.0}) for number, section in enumerate(corpus.sections)]
    model = Adapting(tiny, SMALL)
    seen: list[Step] = []
    model.train([batch] * steps, passages, corpus.section_of_passage(), seen.append)
    return model, seen


def opened(adapter: Path, tiny: ModelFiles) -> Embedder:
    return open_question_encoder(
        question_model=str(adapter), model=str(tiny.folder), backend="torch", batch_size=4, cache_dir=adapter
    )


def test_the_loss_falls(tiny: ModelFiles, corpus: TrainingCorpus) -> None:
    _, steps = trained(tiny, corpus, 12)
    assert steps[-1].loss < steps[0].loss - 0.02
    assert [step.number for step in steps] == [*range(1, 13)]


def test_two_runs_are_equal_to_the_bit(tiny: ModelFiles, corpus: TrainingCorpus, tmp_path: Path) -> None:
    for name in ("first", "second"):
        model, _ = trained(tiny, corpus, 2)
        model.save(tmp_path / name, "bundled")
    files = [tmp_path / name / "adapter_model.safetensors" for name in ("first", "second")]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_what_is_opened_computes_what_was_trained(tiny: ModelFiles, corpus: TrainingCorpus, tmp_path: Path) -> None:
    questions = [section.heading for section in corpus.sections]
    model, _ = trained(tiny, corpus, 5)
    before = Adapting(tiny, SMALL).encode(questions, 64)
    model.save(tmp_path, str(tiny.folder))
    theirs = Adapting(tiny, SMALL, tmp_path).encode(questions, 64)  # peft, from the same file
    ours = np.stack([opened(tmp_path, tiny).encode_query(question) for question in questions])
    np.testing.assert_allclose(ours, theirs, atol=2e-6)
    np.testing.assert_allclose(ours, model.encode(questions, 64), atol=1e-4)  # kept in half precision
    assert np.abs(ours - before).max() > 4e-3  # something was learnt


def test_strength_scales_what_is_added(tiny: ModelFiles, corpus: TrainingCorpus, tmp_path: Path) -> None:
    model, _ = trained(tiny, corpus, 3)
    model._recipe = replace(SMALL, strength=0.0)
    model.save(tmp_path, str(tiny.folder))
    plain = SentenceTransformerEmbedder(tiny, batch_size=4)
    np.testing.assert_allclose(
        opened(tmp_path, tiny).encode_query("does it itch"), plain.encode_query("does it itch"), atol=1e-6
    )


@pytest.fixture
def contrast(tiny: ModelFiles) -> Any:
    """(questions, targets, passages, sections) -> (loss, accuracy), at a scale of 10."""
    import torch

    model = Adapting(tiny, replace(SMALL, scale=10.0))

    def run(
        questions: list[list[float]], targets: list[dict[int, float]], passages: list[list[float]], sections: list[int]
    ) -> tuple[float, float]:
        index = _Index(torch.tensor(passages), torch.tensor(sections))
        loss, accuracy = model._contrast(torch.tensor(questions), targets, index)
        return float(loss), accuracy

    return run


def test_contrast_worked_by_hand(contrast: Any) -> None:
    """Cosines 1 and 0 to the two sections: log(1 + e^-10) where the first is meant, 10 more where the second is."""
    passages, sections = [[1.0, 0.0], [0.0, 1.0]], [0, 1]
    loss, accuracy = contrast([[1.0, 0.0]], [{0: 1.0}], passages, sections)
    assert loss == pytest.approx(math.log1p(math.exp(-10)), abs=1e-6)
    assert accuracy == 1.0
    loss, accuracy = contrast([[1.0, 0.0]], [{1: 1.0}], passages, sections)
    assert loss == pytest.approx(10 + math.log1p(math.exp(-10)), abs=1e-5)
    assert accuracy == 0.0
    loss, accuracy = contrast([[1.0, 0.0]], [{0: 0.75, 1: 0.25}], passages, sections)
    assert loss == pytest.approx(2.5 + math.log1p(math.exp(-10)), abs=1e-5)
    assert accuracy == 1.0


def test_a_section_scores_as_its_nearest_passage_does(contrast: Any) -> None:
    """The first section's passages are at 0 and .8, the second's at .6: log(1 + e^-2)."""
    passages = [[0.0, 1.0], [0.8, 0.6], [0.6, -0.8]]
    loss, accuracy = contrast([[1.0, 0.0]], [{0: 1.0}], passages, [0, 0, 1])
    assert loss == pytest.approx(math.log1p(math.exp(-2)), abs=1e-5)
    assert accuracy == 1.0
