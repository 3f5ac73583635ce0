"""The fakes keep the contracts that they stand in for."""

from collections.abc import Sequence

from medqa.ports import Embedder, PassageIndex
from medqa.testing import EmbedderContract, MemoryIndex, PassageIndexContract, WordEmbedder
from medqa.types import Chunk, Document
from tests.library import LIBRARY, chunks_of


class TestWordEmbedder(EmbedderContract):
    def embedder(self) -> Embedder:
        return WordEmbedder()


class TestMemoryIndex(PassageIndexContract):
    def opened(self) -> tuple[PassageIndex, Sequence[Document], Sequence[Chunk], Embedder]:
        embedder = WordEmbedder()
        chunks = [chunk for document in LIBRARY for chunk in chunks_of(document)]
        return MemoryIndex(LIBRARY, chunks, embedder), LIBRARY, chunks, embedder
