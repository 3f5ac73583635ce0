"""The real exports are made once a machine and shared with the product; a tiny model serves where any will do."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import platformdirs
import pytest

from medqa.embedding.export import Kind, Recipe, ensure_export
from medqa.embedding.model_files import ModelFiles, open_model_files
from medqa.embedding.quantised import QuantisedEmbedder
from medqa.embedding.runtimes import RUNTIMES

TINY_DIM = 32


@pytest.fixture(scope="session")
def bundled() -> ModelFiles:
    return open_model_files("bundled")


@pytest.fixture(scope="session")
def export_cache() -> Path:
    return Path(platformdirs.user_cache_dir("medqa"))


@pytest.fixture(scope="session", params=["onnx-int8", "openvino-int8"])
def quantised(request: pytest.FixtureRequest, bundled: ModelFiles, export_cache: Path) -> QuantisedEmbedder:
    kind: Kind = request.param
    recipe = Recipe(kind, bundled)
    folder = ensure_export(recipe, export_cache, allow_export=True)
    return QuantisedEmbedder(recipe, RUNTIMES[kind](folder), batch_size=8)


@pytest.fixture(scope="session")
def tiny_model(bundled: ModelFiles, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder with random weights, first-token pooling and prompts, that reads 64 tokens."""
    import torch
    from transformers import BertConfig, BertModel

    folder = tmp_path_factory.mktemp("tiny-model")
    torch.manual_seed(0)
    config = BertConfig(
        hidden_size=TINY_DIM,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=64,
    )
    BertModel(config).save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(bundled.folder / name, folder / name)
    modules = [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    ]
    pooling = {"word_embedding_dimension": TINY_DIM, "pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 64, "do_lower_case": False}))
    (folder / "config_sentence_transformers.json").write_text(
        json.dumps({"prompts": {"query": "query: ", "document": "passage: "}})
    )
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    return folder
