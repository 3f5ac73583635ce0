"""The cross-encoder: question and passage read together, for how sure it is that the passage answers.

Weights are the first layers of a model with an adapter of their own, and a small head (``head.safetensors``), as
``medqa.training.judging`` trains them. The layers run as a quantised export like the embedder's; the head is a few
lines of numpy. None ships: docs/models.md says why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medqa.embedding.adapters import ADAPTER_CONFIG, base_model, read_json, read_weights, trained_sha256
from medqa.embedding.batching import encode_in_batches, padded
from medqa.embedding.export import Kind, Recipe, ensure_export
from medqa.embedding.model_files import ADAPTER_FILES, ModelFiles, file_sha256, open_adapted
from medqa.embedding.pairs import Pair, PairTokens
from medqa.embedding.runtimes import RUNTIMES, Runtime, preferred_kind
from medqa.errors import EmbeddingError, ModelHashError
from medqa.ports import Scores

HEAD = "head.safetensors"
SHAPE = "cross_encoder.json"
BATCH = 4

Head = Mapping[str, NDArray[np.float32]]


class CrossEncoder:
    """The `PairScorer` port. Safe from several threads."""

    def __init__(self, files: ModelFiles, head: Head, runtime: Runtime) -> None:
        self._tokens = PairTokens(files.folder / "tokenizer.json", files.sequence_tokens)
        self._head = head
        self._runtime = runtime
        self.model_identity = files.identity

    def score(self, question: str, passages: Sequence[str]) -> Scores:
        """See `medqa.ports.PairScorer.score`."""
        pairs = self._tokens.pairs(question, passages)

        def run(batch: Sequence[int]) -> NDArray[np.float32]:
            ids, mask = padded([pairs[i].ids for i in batch])
            states = self._runtime.run(ids, mask)
            return np.array([[judged(self._head, s, pairs[i])] for s, i in zip(states, batch, strict=True)], np.float32)

        lengths = [len(pair.ids) for pair in pairs]
        batch_size = min(BATCH, self._runtime.max_batch)
        found = encode_in_batches(lengths, 1, run, batch_size=batch_size, workers=self._runtime.workers)
        scores: Scores = found[:, 0].astype(np.float64)
        if not np.isfinite(scores).all():
            raise EmbeddingError("The cross-encoder gave a score that is no number.")
        return scores


def judged(head: Head, states: NDArray[np.float32], pair: Pair) -> float:
    """Log-odds from `states` (tokens, dim) of one pair. Every question token is matched with its nearest token of the
    passage (Khattab and Zaharia 2020, section 3.3, https://arxiv.org/abs/2004.12832), weighted by what the head attends
    to; beside that the cosine of both means, and a linear reading of first token and means."""
    question, passage = states[pair.question_rows], states[pair.passage_rows]
    best = (_unit(question) @ _unit(passage).T).max(axis=1)
    shares = np.exp(question @ head["attention"] - (question @ head["attention"]).max())
    asked, said = question.mean(axis=0), passage.mean(axis=0)
    signals = np.array([(shares / shares.sum()) @ best, _unit(asked) @ _unit(said)])
    together = np.concatenate([states[0], asked * said, np.abs(asked - said)])
    return float(signals @ head["signals"] + together @ head["together"] + head["offset"][0])


def open_cross_encoder(folder: Path, *, backend: str, cache_dir: Path, allow_export: bool = True) -> CrossEncoder:
    """The cross-encoder that `medqa train --reranker` wrote into `folder`, as a quantised export made on first use.

    `backend` as in `open_embedder`; ``auto`` and ``torch`` take what suits the processor. Raises `ModelHashError` for
    files that are not the ones that were trained, or a base model that is not the one they belong to, else
    `EmbeddingError`.
    """
    files = cross_encoder_files(folder)
    head = _head(folder / HEAD, files.dim)
    chosen: dict[str, Kind] = {"openvino": "openvino-int8", "onnx": "onnx-int8"}
    kind = chosen.get(backend) or preferred_kind()
    exported = ensure_export(Recipe(kind, files), cache_dir, allow_export=allow_export)
    return CrossEncoder(files, head, RUNTIMES[kind](exported))


def cross_encoder_files(folder: Path) -> ModelFiles:
    """The files of `open_cross_encoder`, checked and not yet run."""
    for name in (HEAD, SHAPE, ADAPTER_CONFIG):
        if not (folder / name).is_file():
            raise EmbeddingError(f"{folder} holds no whole cross-encoder: {name} is missing.")
    expected = trained_sha256(folder)
    own = {name: file_sha256(folder / name) for name in (HEAD, SHAPE)}
    for name, found in own.items():
        if expected.pop(name, found) != found:
            raise ModelHashError(f"{folder / name} is not the file that was trained; it was not loaded.")
    files = open_adapted("cross-encoder", folder, base_model(folder), expected)
    sha256 = files.sha256 | {ADAPTER_FILES + name: found for name, found in own.items()}
    return replace(files, layers=int(read_json(folder / SHAPE)["layers"]), sha256=dict(sorted(sha256.items())))


def _head(path: Path, dim: int) -> Head:
    head = read_weights(path)
    wanted = {"attention": (dim,), "signals": (2,), "together": (3 * dim,), "offset": (1,)}
    if {name: array.shape for name, array in head.items()} != wanted:
        raise EmbeddingError(f"The head {path} is not that of a cross-encoder with {dim} dimensions.")
    return head


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-12)
    return unit
