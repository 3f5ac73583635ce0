"""An adapter is added to the weights as its formula says, and refused where that is not what was meant."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from medqa.embedding import open_embedder, open_question_encoder
from medqa.embedding.adapters import merged_weights
from medqa.embedding.export import Recipe, ensure_export
from medqa.embedding.model_files import (
    ADAPTED_FOLDER,
    ADAPTED_SHA256,
    GATE_FOLDER,
    GATE_SHA256,
    file_sha256,
    open_adapted,
    open_model_files,
)
from medqa.embedding.quantised import QuantisedEmbedder
from medqa.embedding.runtimes import RUNTIMES, preferred_kind
from medqa.embedding.sentence_transformer import SentenceTransformerEmbedder
from medqa.errors import EmbeddingError, ModelHashError
from tests.unit.embedding.test_embedders import PASSAGES, QUESTIONS

CONFIG: dict[str, Any] = {"peft_type": "LORA", "r": 2, "lora_alpha": 4, "bias": "none", "base_model_name_or_path": "x"}
LAYER = "base_model.model.encoder.layer.0.attention.self.value"
TARGET = "encoder.layer.0.attention.self.value.weight"


def write(folder: Path, config: dict[str, Any], rows: int = 32, columns: int = 32) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(0)
    a, b = (generator.normal(size=shape).astype(np.float32) * 0.3 for shape in ((2, columns), (rows, 2)))
    save_file({f"{LAYER}.lora_A.weight": a, f"{LAYER}.lora_B.weight": b}, folder / "adapter_model.safetensors")
    (folder / "adapter_config.json").write_text(json.dumps(config))
    return folder


def test_worked_by_hand(tmp_path: Path) -> None:
    """W + (4 / 2) B A with A = [[1, 0], [0, 1]], B = [[1, 2], [3, 4]] and W = 1 everywhere."""
    folder = write(tmp_path, CONFIG)
    a, b = np.eye(2, dtype=np.float32), np.asarray([[1, 2], [3, 4]], dtype=np.float16)
    save_file({f"{LAYER}.lora_A.weight": a, f"{LAYER}.lora_B.weight": b}, folder / "adapter_model.safetensors")
    other = np.zeros(3, dtype=np.float32)
    merged = merged_weights({TARGET: np.ones((2, 2), dtype=np.float32), "other": other}, folder)
    assert merged[TARGET].tolist() == [[3, 5], [7, 9]]
    assert merged[TARGET].dtype == np.float32
    assert merged["other"] is other


@pytest.mark.parametrize("extra", [{}, {"use_rslora": True}])
def test_merged_is_what_peft_merges(tiny_model: Path, tmp_path: Path, extra: dict[str, Any]) -> None:
    from peft import PeftModel
    from transformers import AutoModel

    folder = write(tmp_path, CONFIG | {"target_modules": ["value"]} | extra)
    plain = AutoModel.from_pretrained(str(tiny_model))
    before = {name: tensor.numpy().copy() for name, tensor in plain.state_dict().items()}
    # the adapter changes the first layer alone: peft would want both
    config = json.loads((folder / "adapter_config.json").read_text())
    config["layers_to_transform"] = [0]
    (folder / "adapter_config.json").write_text(json.dumps(config))
    theirs = PeftModel.from_pretrained(plain, str(folder)).merge_and_unload().state_dict()
    ours = merged_weights(before, folder)
    assert sorted(ours) == sorted(theirs)
    for name, array in ours.items():
        np.testing.assert_allclose(array, theirs[name].numpy(), atol=1e-6)
    assert np.abs(ours[TARGET] - before[TARGET]).max() > 0.01


@pytest.mark.parametrize(
    "change",
    [
        {"use_dora": True},
        {"bias": "all"},
        {"peft_type": "IA3"},
        {"modules_to_save": ["pooler"]},
        {"fan_in_fan_out": True},
    ],
)
def test_another_kind_is_refused(change: dict[str, Any], tiny_model: Path, tmp_path: Path) -> None:
    folder = write(tmp_path / "adapter", CONFIG | {"base_model_name_or_path": str(tiny_model)} | change)
    with pytest.raises(EmbeddingError, match="cannot be merged"):
        open_model_files(str(folder))


def test_an_adapter_of_another_model_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path, CONFIG, rows=8)
    with pytest.raises(EmbeddingError, match="does not fit"):
        merged_weights({TARGET: np.ones((32, 32), dtype=np.float32)}, folder)
    with pytest.raises(EmbeddingError, match="for another model"):
        merged_weights({"embeddings": np.ones((32, 32), dtype=np.float32)}, folder)


def test_it_names_its_model_and_is_part_of_every_fingerprint(tiny_model: Path, tmp_path: Path) -> None:
    folder = write(tmp_path / "adapter", CONFIG | {"base_model_name_or_path": str(tiny_model)})
    files, plain = open_model_files(str(folder)), open_model_files(str(tiny_model))
    assert (files.folder, files.adapter, files.name) == (plain.folder, folder, str(folder))
    assert files.identity != plain.identity
    assert Recipe("onnx-int8", files).fingerprint != Recipe("onnx-int8", plain).fingerprint
    write(folder, CONFIG | {"base_model_name_or_path": str(tiny_model), "lora_alpha": 8})
    assert open_model_files(str(folder)).identity != files.identity


def test_a_base_that_is_not_the_one_of_its_record_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    folder = write(tmp_path / "adapter", CONFIG | {"base_model_name_or_path": str(tiny_model)})
    (folder / "training.json").write_text(json.dumps({"base_model": {"model.safetensors": "0" * 64}}))
    with pytest.raises(ModelHashError, match=r"has a model\.safetensors that is not the one"):
        open_model_files(str(folder))


@pytest.mark.parametrize("missing", ["adapter_model.safetensors"])
def test_an_incomplete_adapter_is_refused(missing: str, tiny_model: Path, tmp_path: Path) -> None:
    folder = write(tmp_path / "adapter", CONFIG | {"base_model_name_or_path": str(tiny_model)})
    (folder / missing).unlink()
    with pytest.raises(EmbeddingError, match="incomplete"):
        open_model_files(str(folder))


def test_quantised_it_agrees_with_the_reference_and_is_served_without_torch_or_peft(
    tiny_model: Path, tmp_path: Path
) -> None:
    folder = write(tmp_path / "adapter", CONFIG | {"base_model_name_or_path": str(tiny_model), "lora_alpha": 40})
    texts = ["A cast keeps a broken wrist still.", "Iron tablets may turn stools black."]
    names = {"question_model": str(folder), "model": str(tiny_model)}
    reference = open_question_encoder(**names, backend="torch", batch_size=2, cache_dir=tmp_path)
    quantised = open_question_encoder(**names, backend="onnx", batch_size=2, cache_dir=tmp_path / "cache")
    plain = open_embedder(model=str(tiny_model), backend="torch", batch_size=2, cache_dir=tmp_path)
    assert (reference.encode(texts) * quantised.encode(texts)).sum(axis=1).min() > 0.99
    assert (reference.encode(texts) * plain.encode(texts)).sum(axis=1).max() < 0.9999
    code = (
        "import sys; from pathlib import Path; from medqa.embedding import open_question_encoder;"
        f"open_question_encoder(**{names!r}, backend='onnx', batch_size=2, allow_export=False,"
        f" cache_dir=Path({str(tmp_path / 'cache')!r})).encode_query('does it work');"
        "print(*[m for m in ('torch', 'peft', 'transformers') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


# --- the adapter that ships ------------------------------------------------------------------------------


SHIPPED = {"adapted": (ADAPTED_FOLDER, ADAPTED_SHA256), "gate": (GATE_FOLDER, GATE_SHA256)}


@pytest.mark.parametrize("shipped", SHIPPED)
def test_a_shipped_adapter_is_small_and_what_it_was(shipped: str) -> None:
    folder, hashes = SHIPPED[shipped]
    files, plain = open_model_files(shipped), open_model_files("bundled")
    assert files.folder == plain.folder
    assert files.identity != plain.identity
    for name, sha256 in hashes.items():
        assert file_sha256(folder / name) == sha256 == files.sha256[f"adapter/{name}"]
    assert sum(path.stat().st_size for path in folder.iterdir()) < 4_000_000
    record = json.loads((folder / "training.json").read_text("utf-8"))
    assert record["base_model"] == plain.sha256


@pytest.mark.parametrize("shipped", SHIPPED)
@pytest.mark.parametrize("name", sorted(ADAPTED_SHA256))
def test_one_altered_byte_of_a_shipped_adapter_is_refused(shipped: str, name: str, tmp_path: Path) -> None:
    folder, hashes = SHIPPED[shipped]
    copy = shutil.copytree(folder, tmp_path / shipped)
    path = copy / name
    path.write_bytes(path.read_bytes()[:-1] + b" ")
    with pytest.raises(ModelHashError, match="it was not loaded"):
        open_adapted(shipped, copy, "bundled", hashes)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("shipped", SHIPPED)
def test_a_shipped_adapter_quantised_points_where_the_reference_does(shipped: str, export_cache: Path) -> None:
    reference = SentenceTransformerEmbedder(open_model_files(shipped), batch_size=8)
    recipe = Recipe(preferred_kind(), open_model_files(shipped))
    folder = ensure_export(recipe, export_cache, allow_export=True)
    quantised = QuantisedEmbedder(recipe, RUNTIMES[recipe.kind](folder), batch_size=8)
    texts = PASSAGES + QUESTIONS
    cosines = (quantised.encode(texts) * reference.encode(texts)).sum(axis=1)
    assert cosines.mean() >= 0.99
    assert cosines.min() >= 0.97
