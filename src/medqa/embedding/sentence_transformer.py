"""The reference: the model as sentence-transformers runs it, in torch."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

import numpy as np

from medqa.embedding.adapters import add_adapter
from medqa.embedding.batching import encode_in_batches
from medqa.embedding.checks import unit_rows
from medqa.embedding.matching import match_words
from medqa.embedding.model_files import ModelFiles
from medqa.embedding.offline import stay_offline
from medqa.embedding.tokens import ModelTokenizer
from medqa.errors import EmbeddingError
from medqa.ports import Progress, Vectors, WordMatch


class SentenceTransformerEmbedder:
    """An `Embedder`. Importing torch and loading take seconds and about 550 MB."""

    def __init__(self, files: ModelFiles, *, batch_size: int) -> None:
        stay_offline()
        from sentence_transformers import SentenceTransformer

        try:
            self._model = SentenceTransformer(
                str(files.folder),
                device="cpu",
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"use_safetensors": True},
            )
        except (OSError, ValueError, RuntimeError, KeyError) as error:
            raise EmbeddingError(f"sentence-transformers cannot load {files.folder}: {error}") from error
        if files.adapter is not None:
            add_adapter(self._model[0].model, files.adapter)
        self._model.max_seq_length = files.sequence_tokens
        self._tokens = ModelTokenizer(
            files.folder / "tokenizer.json", files.sequence_tokens, files.document_prompt, files.query_prompt
        )
        self._files = files
        self._batch_size = batch_size
        self._lock = Lock()  # torch's tokenizer state is shared between calls

    @property
    def fingerprint(self) -> str:
        return f"torch-fp32-{self._files.identity[:32]}"

    @property
    def model_identity(self) -> str:
        """Hash of the model's own files, whatever runs it."""
        return self._files.identity

    @property
    def dim(self) -> int:
        return int(self._model.get_embedding_dimension() or 0)

    @property
    def max_tokens(self) -> int:
        return self._tokens.max_tokens

    def count_tokens(self, text: str) -> int:
        return self._tokens.count_tokens(text)

    def token_offsets(self, text: str) -> Sequence[tuple[int, int]]:
        return self._tokens.token_offsets(text)

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """See `medqa.ports.Embedder.encode`."""
        rows = self._tokens.documents(texts)

        def run(batch: Sequence[int]) -> Vectors:
            chosen = [texts[i] for i in batch]
            with self._lock:
                raw = self._model.encode(
                    chosen,
                    prompt=self._files.document_prompt or None,
                    batch_size=self._batch_size,
                    show_progress_bar=False,
                    convert_to_numpy=True,
                )
            return unit_rows(np.asarray(raw), self.dim, chosen)

        lengths = [len(row) for row in rows]
        return encode_in_batches(lengths, self.dim, run, batch_size=self._batch_size, workers=1, progress=progress)

    def match_words(self, question: str, text: str) -> Sequence[WordMatch]:
        """See `medqa.ports.WordMatcher.match_words`."""

        def states_of(read: str) -> Vectors:
            self._tokens.query(read)
            with self._lock:
                (raw,) = self._model.encode(
                    [read], prompt=self._files.query_prompt or None, show_progress_bar=False,
                    output_value="token_embeddings",
                )  # fmt: skip
            return np.asarray(raw, dtype=np.float32)

        return match_words(self._tokens, states_of, question, text)

    def encode_query(self, text: str) -> Vectors:
        """See `medqa.ports.Embedder.encode_query`."""
        self._tokens.query(text)  # refuses what cannot be read; the model itself cuts to its first tokens
        with self._lock:
            raw = self._model.encode(
                [text], prompt=self._files.query_prompt or None, show_progress_bar=False, convert_to_numpy=True
            )
        vector: Vectors = unit_rows(np.asarray(raw), self.dim, [text])[0]
        return vector
