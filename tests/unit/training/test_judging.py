"""The cross-encoder learns, repeats to the bit, and the product computes from its files what was trained."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from medqa.config import Settings
from medqa.embedding.cross_encoder import HEAD, CrossEncoder, cross_encoder_files, open_cross_encoder
from medqa.embedding.make_export import traced_model
from medqa.embedding.model_files import ModelFiles, file_sha256
from medqa.embedding.runtimes import Ids, States
from medqa.errors import EmbeddingError, ModelHashError
from medqa.training.choices import Choice, ChoiceRecipe
from medqa.training.judge_run import train_judge
from medqa.training.judging import Judging, JudgingStep, targets
from tests.unit.training.conftest import SUBJECTS

SMALL = ChoiceRecipe(layers=2, frozen=1, rank=4, learning_rate=5e-3, head_rate=2e-2, others=3, batch=4, questions=12)
CHOICES = [
    Choice(f"what causes {title}", (f"{title} > Causes\n{cause}.", f"{title} > Signs\n{sign}.", f"Other\n{help_}."))
    for title, (cause, help_, sign) in SUBJECTS.items()
]


class Whole:
    """The `Runtime` protocol, in full precision."""

    workers = 2
    max_batch = 4

    def __init__(self, files: ModelFiles) -> None:
        self._model = traced_model(files.folder, files.adapter, files.layers)

    def run(self, ids: Ids, mask: Ids) -> States:
        import torch

        with torch.inference_mode():
            states: States = self._model(torch.from_numpy(ids), torch.from_numpy(mask)).numpy()
        return states


def trained(tiny: ModelFiles, rounds: int) -> tuple[Judging, list[JudgingStep]]:
    model = Judging(tiny, SMALL)
    seen: list[JudgingStep] = []
    model.train(CHOICES * rounds, seen.append)
    return model, seen


def test_the_loss_falls(tiny: ModelFiles) -> None:
    _, steps = trained(tiny, 12)
    assert [step.number for step in steps] == [*range(1, 19)]
    losses = [step.loss for step in steps]
    assert np.mean(losses[-3:]) < np.mean(losses[:3]) - 0.2


def test_time_ends_it(tiny: ModelFiles) -> None:
    model = Judging(tiny, replace(SMALL, seconds=1e-9))
    seen: list[JudgingStep] = []
    model.train(CHOICES, seen.append)
    assert seen == []


def test_only_the_layers_that_learn_are_kept(tiny: ModelFiles, tmp_path: Path) -> None:
    from safetensors.numpy import load_file

    model, _ = trained(tiny, 1)
    model.save(tmp_path, "bundled")
    assert targets(SMALL) == r".*\bencoder\.layer\.(1)\..*\.(query|key|value|dense)"
    assert {name.split(".layer.")[1][0] for name in load_file(tmp_path / "adapter_model.safetensors")} == {"1"}


def test_what_is_opened_computes_what_was_trained(tiny: ModelFiles, tmp_path: Path) -> None:
    from safetensors.numpy import load_file

    model, _ = trained(tiny, 3)
    model.save(tmp_path, str(tiny.folder))
    files = cross_encoder_files(tmp_path)
    opened = CrossEncoder(files, load_file(tmp_path / HEAD), Whole(files))
    for choice in CHOICES:
        found = opened.score(choice.question, choice.passages)
        np.testing.assert_allclose(found, model.score(choice.question, choice.passages), atol=5e-3)  # half precision
        assert found.dtype == np.float64


def test_quantised_it_ranks_alike(tiny: ModelFiles, tmp_path: Path) -> None:
    model, _ = trained(tiny, 3)
    model.save(tmp_path / "judge", str(tiny.folder))
    opened = open_cross_encoder(tmp_path / "judge", backend="onnx", cache_dir=tmp_path / "cache")
    full = np.concatenate([model.score(c.question, c.passages) for c in CHOICES])
    found = np.concatenate([opened.score(c.question, c.passages) for c in CHOICES])
    assert np.corrcoef(full, found)[0, 1] > 0.95


def test_a_whole_run_repeats_to_the_bit_and_is_refused_when_altered(settings: Settings, tmp_path: Path) -> None:
    reports = [train_judge(settings, tmp_path / name, SMALL) for name in ("a", "b")]
    assert (reports[0].steps, reports[0].questions) == (3, 12)
    for name in ("adapter_model.safetensors", HEAD):
        assert file_sha256(tmp_path / "a" / name) == file_sha256(tmp_path / "b" / name)
    assert cross_encoder_files(tmp_path / "a").layers == 2
    for name in (HEAD, "adapter_model.safetensors"):
        whole = (tmp_path / "a" / name).read_bytes()
        (tmp_path / "a" / name).write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        with pytest.raises(ModelHashError, match="it was not loaded"):
            cross_encoder_files(tmp_path / "a")
        (tmp_path / "a" / name).write_bytes(whole)
    (tmp_path / "a" / HEAD).unlink()
    with pytest.raises(EmbeddingError, match="no whole cross-encoder"):
        cross_encoder_files(tmp_path / "a")
