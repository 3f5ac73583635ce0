"""Choose how a model is run on this machine, and open it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from medqa.embedding.model_files import open_model_files
from medqa.embedding.sentence_transformer import SentenceTransformerEmbedder
from medqa.ports import Embedder

Backend = Literal["auto", "openvino", "torch"]


def open_embedder(
    *, model: str, backend: Backend, batch_size: int, cache_dir: Path, allow_export: bool = True
) -> Embedder:
    """An embedder for `model`: ``bundled``, a folder, or a name in the local Hugging Face cache.

    Raises `ModelHashError` when the bundled files are not the published ones and `EmbeddingError` when
    the model cannot be loaded.
    """
    files = open_model_files(model)
    return SentenceTransformerEmbedder(files, batch_size=batch_size)
