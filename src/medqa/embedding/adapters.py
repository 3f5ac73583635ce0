"""Low-rank adapters merged into a model's weights, with nothing but safetensors.

An adapter is a folder as peft writes it: ``adapter_config.json`` and ``adapter_model.safetensors``. Merged, a layer's
weight is W + s B A, where A is (rank, in), B is (out, rank) and s is alpha / rank, or alpha / sqrt(rank) where
the configuration says ``use_rslora`` (Hu et al. 2021, section 4.1, https://arxiv.org/abs/2106.09685).
"""

from __future__ import annotations

import json
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medqa.errors import EmbeddingError

ADAPTER_CONFIG = "adapter_config.json"
ADAPTER_WEIGHTS = "adapter_model.safetensors"
RECORD = "training.json"
PREFIX = "base_model.model."
SUFFIX_A, SUFFIX_B = ".lora_A.weight", ".lora_B.weight"
# What other settings of peft do to a weight is not a plain sum of W and B A.
UNSUPPORTED = ("use_dora", "fan_in_fan_out", "lora_bias", "modules_to_save", "alpha_pattern", "rank_pattern")

Weights = dict[str, NDArray[Any]]


def is_adapter(folder: Path) -> bool:
    return (folder / ADAPTER_CONFIG).is_file()


def merged_weights(weights: Weights, adapter: Path) -> Weights:
    """`weights` of a model with the adapter in the folder `adapter` added; float32 where it adds something.

    Raises `EmbeddingError` for an adapter of another kind, or of another model.
    """
    scale = _scale(adapter)
    parts = read_weights(adapter / ADAPTER_WEIGHTS)
    merged = dict(weights)
    used: set[str] = set()
    for name, a in parts.items():
        if not name.endswith(SUFFIX_A):
            continue
        layer = name.removesuffix(SUFFIX_A)
        target = f"{layer.removeprefix(PREFIX)}.weight"
        b = parts.get(layer + SUFFIX_B)
        if b is None or target not in weights:
            raise EmbeddingError(f"The adapter in {adapter} is for another model: it changes {target}.")
        if weights[target].shape != (b.shape[0], a.shape[1]) or b.shape[1] != a.shape[0]:
            raise EmbeddingError(f"The adapter in {adapter} does not fit the shape of {target}.")
        added = scale * (b.astype(np.float64) @ a.astype(np.float64))
        merged[target] = (weights[target].astype(np.float64) + added).astype(np.float32)
        used |= {name, layer + SUFFIX_B}
    foreign = sorted(set(parts) - used)
    if foreign or not used:
        raise EmbeddingError(
            f"The adapter in {adapter} holds what cannot be merged ({foreign[0] if foreign else 'nothing'})."
        )
    return merged


def add_adapter(model: Any, adapter: Path) -> None:
    """Put the merged weights into a torch module of transformers, in place."""
    import torch

    before: Weights = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    after = merged_weights(before, adapter)
    changed = {name: torch.from_numpy(array) for name, array in after.items() if array is not before[name]}
    model.load_state_dict(changed, strict=False)


def base_model(adapter: Path) -> str:
    """What the adapter belongs to: ``bundled``, a folder, or the name of a model."""
    named = read_json(adapter / ADAPTER_CONFIG).get("base_model_name_or_path")
    if not named:
        raise EmbeddingError(f"The adapter in {adapter} does not say to which model it belongs.")
    return str(named)


def trained_sha256(adapter: Path) -> dict[str, str]:
    """SHA-256 by file name, of the model's files and the adapter's own, as ``training.json`` has them; empty for
    an adapter that came without one."""
    path = adapter / RECORD
    if not path.is_file():
        return {}
    record = read_json(path)
    found: dict[str, str] = {**record.get("base_model", {}), **record.get("adapter", {})}
    return found


def check_adapter(adapter: Path) -> None:
    """Raises `EmbeddingError` for a configuration that cannot be merged."""
    _scale(adapter)


def read_weights(path: Path) -> Weights:
    """The arrays of a safetensors file by name. Raises `EmbeddingError`."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        weights: Weights = load_file(path)
    except (OSError, SafetensorError) as error:
        raise EmbeddingError(f"The weights {path} cannot be read: {error}") from error
    return weights


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object. Raises `EmbeddingError`."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise EmbeddingError(f"{path} cannot be read as part of an adapter: {error}") from error
    if not isinstance(found, dict):
        raise EmbeddingError(f"{path} cannot be read as part of an adapter: it holds no object.")
    return found


def _scale(adapter: Path) -> float:
    config = read_json(adapter / ADAPTER_CONFIG)
    odd = [key for key in UNSUPPORTED if config.get(key)]
    if config.get("peft_type") != "LORA" or odd or config.get("bias", "none") != "none":
        raise EmbeddingError(
            f"The adapter in {adapter} is of a kind that cannot be merged ({odd[0] if odd else 'no plain LoRA'}).",
            remedy="Merge it with the tool that made it, save the whole model, and set [embedding] model to it.",
        )
    rank, alpha = int(config["r"]), float(config["lora_alpha"])
    return alpha / sqrt(rank) if config.get("use_rslora") else alpha / rank
