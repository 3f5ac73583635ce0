"""Choose how a model is run on this machine, and open it."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Literal

from medqa.embedding.export import Kind, Recipe, ensure_export
from medqa.embedding.model_files import ADAPTER_FILES, GATE, ModelFiles, open_model_files
from medqa.embedding.quantised import QuantisedEmbedder
from medqa.embedding.runtimes import RUNTIMES, preferred_kind
from medqa.embedding.sentence_transformer import SentenceTransformerEmbedder
from medqa.errors import EmbeddingError
from medqa.ports import Embedder

log = logging.getLogger(__name__)

Backend = Literal["auto", "openvino", "onnx", "torch"]
KINDS: dict[str, Kind] = {"openvino": "openvino-int8", "onnx": "onnx-int8"}


def open_embedder(
    *, model: str, backend: Backend, batch_size: int, cache_dir: Path, allow_export: bool = True
) -> Embedder:
    """An embedder for `model`: ``bundled``, a folder, or a name in the local Hugging Face cache.

    ``openvino`` and ``onnx`` run an int8 export of the weights, made on first use (about a minute) and
    kept in `cache_dir`; ``torch`` runs sentence-transformers; ``auto`` takes the faster export for this
    processor, and torch with a warning where none can be made. With `allow_export` False an export that is
    not there is not made. Raises `ModelHashError` when the bundled files are not the published ones,
    `EmbeddingError` when the model cannot be loaded.
    """
    files = open_model_files(model)
    if files.adapter is not None:
        raise EmbeddingError(
            f"{model!r} is an adapter for questions; passages are read by the model that it belongs to.",
            remedy="Set [embedding] question_model to it, and model to the one that it belongs to.",
        )
    return _opened(files, backend, batch_size, cache_dir, allow_export)


def open_question_encoder(
    *, question_model: str, model: str, backend: Backend, batch_size: int, cache_dir: Path, allow_export: bool = True
) -> Embedder:
    """What reads the questions to an index whose passages `model` has read: an adapter to that same model,
    ``adapted`` (the shipped one) or a folder. Only its `encode_query` is of use.

    Raises `EmbeddingError` for an adapter to another model, and else what `open_embedder` raises.
    """
    files = open_model_files(question_model)
    passages = open_model_files(model)
    own = {name: sha256 for name, sha256 in files.sha256.items() if not name.startswith(ADAPTER_FILES)}
    if files.adapter is None or own != passages.sha256:
        raise EmbeddingError(
            f"{question_model!r} is no adapter to the model {model!r}, which the passages are read by.",
            remedy='Set [embedding] question_model to one that was trained for it (medqa train), or to: ""',
        )
    return _opened(files, backend, batch_size, cache_dir, allow_export)


def open_gate_reader(*, backend: Backend, batch_size: int, cache_dir: Path, allow_export: bool = True) -> Embedder:
    """The bundled model with the adapter of the safety gate, whatever model reads the passages. Raises what
    `open_embedder` raises."""
    return _opened(open_model_files(GATE), backend, batch_size, cache_dir, allow_export)


def _opened(files: ModelFiles, backend: Backend, batch_size: int, cache_dir: Path, allow_export: bool) -> Embedder:
    if backend == "torch":
        return SentenceTransformerEmbedder(files, batch_size=batch_size)
    if backend != "auto":
        return _quantised(KINDS[backend], files, batch_size, cache_dir, allow_export)
    try:
        return _quantised(preferred_kind(), files, batch_size, cache_dir, allow_export)
    except EmbeddingError as error:
        log.warning("Embedding runs on torch, several times slower: %s", error.message)
        return SentenceTransformerEmbedder(files, batch_size=batch_size)


def _quantised(
    kind: Kind, files: ModelFiles, batch_size: int, cache_dir: Path, allow_export: bool
) -> QuantisedEmbedder:
    if files.pooling is None:
        raise EmbeddingError(
            f"The model {files.name!r} has parts that only sentence-transformers can run.",
            remedy='Set [embedding] backend = "torch"',
        )
    recipe = Recipe(kind, files)
    folder = ensure_export(recipe, cache_dir, allow_export=allow_export)
    return QuantisedEmbedder(recipe, RUNTIMES[kind](folder), batch_size=batch_size)
