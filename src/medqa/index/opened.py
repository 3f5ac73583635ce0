"""One open build, and the view of it that a question sees: the same build less what was withdrawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medqa.errors import ArticleNotFoundError, DamagedIndexError
from medqa.index.dense import DenseIndex
from medqa.index.fields import FieldIndex, FieldMatches
from medqa.index.layout import FIELDS, PROBES, STORE, VECTORS, WORDS
from medqa.index.lexical import LexicalIndex
from medqa.index.manifest import Expected, Manifest, check_files, read_manifest, require
from medqa.index.probes import read_probes
from medqa.index.store import PassageStore, Place
from medqa.ports import Vectors
from medqa.types import ArticleId, BuildId, Chunk, ChunkId, Document, IndexInfo, SignedReview

# what a cosine of a vector with itself may lose to float32 arithmetic
SAME_VECTOR = 1e-3


def load_libraries() -> None:
    """Import what opening a build needs: about a second, that a caller may spend on something else."""
    import bm25s  # noqa: F401

    from medqa.index.dense import load_library

    load_library()


class OpenBuild:
    """A build whose files were checked, opened whole. Safe from several threads; `close` frees everything."""

    def __init__(self, folder: Path, expected: Expected | None = None) -> None:
        """Raises `StaleIndexError`, `DamagedIndexError`, or `BuildError` where no working copy can be made.

        Hashes are compared before any other library touches a file: damaged vectors would end the process.
        """
        self.manifest: Manifest = read_manifest(folder)
        if expected is not None:
            require(self.manifest, expected)
        check_files(folder, self.manifest)
        self.probes = read_probes(folder / PROBES)
        self.store = PassageStore(folder / STORE)
        try:
            self.words = LexicalIndex(folder / WORDS, len(self.store.chunk_ids))
            self.fields = FieldIndex(folder / FIELDS, self.words, self.store.chunk_ids, self.manifest.dim)
            prefix = f"{VECTORS}/"
            files = [name.removeprefix(prefix) for name in self.manifest.files if name.startswith(prefix)]
            self.vectors = DenseIndex(folder / VECTORS, files, self.store.chunk_ids, self.manifest.dim)
        except BaseException:
            self.store.close()
            raise
        self._articles = np.asarray(self.store.chunk_articles, dtype=np.int64)

    def warm(self) -> None:
        """Ask for a passage that must be there. Raises `DamagedIndexError` when it is not found."""
        found = self.vectors.search(self.probes.vectors[0], 1)
        if not found or found[0][1] < 1.0 - SAME_VECTOR:
            raise DamagedIndexError(f"Build {self.manifest.build_id} does not find its own first passage.")
        self.words.search("warm", 1)

    def visible(self, hidden: frozenset[ArticleId]) -> NDArray[np.bool_] | None:
        """bool (passages,), False where the article is hidden; None when nothing of this build is."""
        positions = [n for n, article_id in enumerate(self.store.article_ids) if article_id in hidden]
        return None if not positions else ~np.isin(self._articles, positions)

    def close(self) -> None:
        self.vectors.close()
        self.store.close()


class IndexView:
    """What one question sees of a build: a `medqa.ports.PassageIndex` without the hidden articles."""

    def __init__(
        self,
        build: OpenBuild,
        hidden: frozenset[ArticleId],
        visible: NDArray[np.bool_] | None,
        signed: Mapping[ArticleId, SignedReview] | None = None,
    ) -> None:
        self._build = build
        self._store = build.store
        self._hidden = hidden
        self._visible = visible
        self._signed = signed or {}

    @property
    def manifest(self) -> Manifest:
        return self._build.manifest

    @property
    def signed(self) -> Mapping[ArticleId, SignedReview]:
        """Reviews that were signed at the desk, whether or not they still fit the words of this build."""
        return self._signed

    @property
    def info(self) -> IndexInfo:
        """The build, with the articles and passages that may be quoted."""
        chunks = len(self._store.chunk_ids) if self._visible is None else int(self._visible.sum())
        return IndexInfo(build_id=self.build_id, articles=len(self.titles()), chunks=chunks)

    @property
    def build_id(self) -> BuildId:
        return BuildId(self._build.manifest.build_id)

    def dense(self, vector: Vectors, k: int) -> list[tuple[ChunkId, float]]:
        """Nearest visible passages by cosine similarity, best first, scores in [-1, 1]."""
        total = len(self._store.chunk_ids)
        wanted = min(k, total if self._visible is None else int(self._visible.sum()))
        fetch = wanted
        while True:
            found = self._build.vectors.search(vector, fetch)
            kept = [(n, score) for n, score in found if self._visible is None or self._visible[n]]
            if len(kept) >= wanted or fetch >= total:
                return [(self._store.chunk_ids[n], score) for n, score in kept[:wanted]]
            # hidden passages took places: ask for more until enough visible ones are among them
            fetch = min(total, max(2 * fetch, fetch + 32))

    def lexical(self, text: str, k: int) -> list[tuple[ChunkId, float]]:
        """Best visible passages by BM25, best first, scores above 0; empty when no word matches."""
        return [(self._store.chunk_ids[n], score) for n, score in self._build.words.search(text, k, self._visible)]

    def fields(self, text: str, vector: Vectors | None) -> FieldMatches:
        """Titles, aliases and headings of the visible articles against a question."""
        return self._build.fields.match(text, vector, self._visible)

    def knows(self, word: str) -> bool:
        """Whether any passage of the build holds `word` in some form."""
        return self._build.words.knows(word)

    def chunks(self, ids: Sequence[ChunkId]) -> Mapping[ChunkId, Chunk]:
        """The passages of these ids, those of hidden articles left out. Raises `InvariantError` for an unknown id."""
        found = self._store.chunks(ids)
        return {chunk_id: chunk for chunk_id, chunk in found.items() if chunk.document_id not in self._hidden}

    def places(self) -> tuple[Place, ...]:
        """Where every visible passage stands, without its text."""
        return tuple(place for place in self._store.places() if place.article_id not in self._hidden)

    def document(self, article_id: ArticleId) -> Document:
        """With the review that was signed at the desk, where one fits. Raises `ArticleNotFoundError` for what is not
        in the build, or hidden."""
        if article_id in self._hidden:
            raise ArticleNotFoundError(f"Article {article_id!r} was withdrawn or deleted.")
        document = self._store.document(article_id)
        signed = self._signed.get(article_id)
        return document if signed is None else signed.upon(document)

    def titles(self) -> Mapping[ArticleId, str]:
        if self._visible is None:
            return self._store.titles
        return {key: title for key, title in self._store.titles.items() if key not in self._hidden}
