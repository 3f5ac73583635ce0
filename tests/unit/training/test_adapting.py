"""Training lowers the loss, repeats to the bit, and what it writes is read back the same."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from medqa.embedding.model_files import ModelFiles, open_model_files
from medqa.embedding.sentence_transformer import SentenceTransformerEmbedder
from medqa.training.adapting import Adapting, Step
from medqa.training.pairs import Pair
from medqa.training.sections import TrainingCorpus
from tests.unit.training.conftest import SMALL


def pairs_of(corpus: TrainingCorpus) -> list[Pair]:
    """Every heading with the first passage of its section."""
    return [
        Pair(section.heading, corpus.passages[section.passages[0]], number, section.passages[0])
        for number, section in enumerate(corpus.sections)
    ]


def trained(tiny: ModelFiles, corpus: TrainingCorpus, steps: int) -> tuple[Adapting, list[Step]]:
    model = Adapting(tiny, SMALL)
    original = model.encode(corpus.passages, 64)
    seen: list[Step] = []
    batches = [pairs_of(corpus)] * steps
    model.train(batches, corpus.keys(), original, learning_rate=SMALL.learning_rate, on_step=seen.append)
    return model, seen


def test_the_loss_falls(tiny: ModelFiles, corpus: TrainingCorpus) -> None:
    _, steps = trained(tiny, corpus, 12)
    # the first step has no passages of batches before; from the second on all have the same number
    assert steps[-1].loss < steps[1].loss - 0.02
    assert all(step.anchor >= -1e-6 for step in steps)
    assert steps[0].anchor < 0.2 < 1  # at first the passages are where they were, but for those that are cut


def test_two_runs_are_equal_to_the_bit(tiny: ModelFiles, corpus: TrainingCorpus, tmp_path: Path) -> None:
    for name in ("first", "second"):
        model, _ = trained(tiny, corpus, 2)
        model.save(tmp_path / name, "bundled")
    files = [tmp_path / name / "adapter_model.safetensors" for name in ("first", "second")]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_the_merged_model_is_what_peft_computes(tiny: ModelFiles, corpus: TrainingCorpus, tmp_path: Path) -> None:
    model, _ = trained(tiny, corpus, 5)
    before = Adapting(tiny, SMALL).encode(corpus.passages, 64)
    model.save(tmp_path, str(tiny.folder))
    theirs = Adapting(tiny, SMALL, tmp_path).encode(corpus.passages, 64)  # peft, from the same file
    ours = SentenceTransformerEmbedder(open_model_files(str(tmp_path)), batch_size=4).encode(corpus.passages)
    np.testing.assert_allclose(ours, theirs, atol=2e-6)
    assert np.abs(ours - before).max() > 1e-3  # something was learnt


def test_strength_scales_what_is_added(tiny: ModelFiles, corpus: TrainingCorpus, tmp_path: Path) -> None:
    model, _ = trained(tiny, corpus, 3)
    model.save(tmp_path / "whole", str(tiny.folder))
    model._recipe = replace(SMALL, strength=0.0)
    model.save(tmp_path / "none", str(tiny.folder))
    plain = SentenceTransformerEmbedder(tiny, batch_size=4).encode(corpus.passages)
    none = SentenceTransformerEmbedder(open_model_files(str(tmp_path / "none")), batch_size=4).encode(corpus.passages)
    np.testing.assert_allclose(none, plain, atol=1e-6)


def test_contrast_worked_by_hand(tiny: ModelFiles) -> None:
    """Two questions at right angles, each on its passage: cross entropy log(1 + e^-20) both ways."""
    import torch

    model = Adapting(tiny, replace(SMALL, scale=20.0, queue=0))
    eye = torch.eye(2)
    loss, accuracy = model._contrast(eye, eye, np.asarray([0, 1]))
    assert float(loss) == pytest.approx(math.log1p(math.exp(-20)), abs=1e-7)
    assert accuracy == 1.0
    swapped, accuracy = model._contrast(eye, eye.flip(0), np.asarray([0, 1]))
    assert float(swapped) == pytest.approx(20.0, abs=1e-4)
    assert accuracy == 0.0
    same, _ = model._contrast(eye, eye.flip(0), np.asarray([7, 7]))  # they answer the same: nothing to tell apart
    assert float(same) == pytest.approx(0.0, abs=1e-6)


def test_passages_of_earlier_batches_are_negatives(tiny: ModelFiles) -> None:
    """A question at .6 to its own passage and at .8 to an older one: log(1 + e^(20 * .2)) forth, nothing back."""
    import torch

    model = Adapting(tiny, replace(SMALL, scale=20.0, queue=4, back=0.3))
    model._remember(torch.tensor([[0.0, 1.0]]), np.asarray([5]))
    question, passage = torch.tensor([[0.6, 0.8]]), torch.tensor([[1.0, 0.0]])
    loss, accuracy = model._contrast(question, passage, np.asarray([1]))
    assert float(loss) == pytest.approx(math.log1p(math.exp(4.0)) / 1.3, abs=1e-4)
    assert accuracy == 0.0
    alike, _ = model._contrast(question, passage, np.asarray([5]))  # the older one answers the same
    older, _ = model._contrast(question, passage, np.asarray([1]))
    assert float(alike) < float(older)


def test_the_queue_forgets_the_oldest(tiny: ModelFiles) -> None:
    import torch

    model = Adapting(tiny, replace(SMALL, queue=3))
    for key in range(5):
        model._remember(torch.full((1, 2), float(key)), np.asarray([key]))
    assert model._queue_keys.tolist() == [4, 3, 2]
    assert model._queue[:, 0].tolist() == [4.0, 3.0, 2.0]
