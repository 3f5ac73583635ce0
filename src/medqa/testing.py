"""Fakes of the ports, and contract suites for your own adapters.

A contract is a class with test methods; subclass it in your tests and give it the thing to be tested::

    class TestMyEmbedder(EmbedderContract):
        def embedder(self) -> Embedder:
            return MyEmbedder()

The same contracts run on the fakes here and on the real parts of medqa.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from medqa.errors import ArticleNotFoundError, EmbeddingError
from medqa.ports import Embedder, FieldScores, PassageIndex, Progress, Vectors
from medqa.types import ArticleId, Chunk, ChunkId, Document

_TOKEN = re.compile(r"\w+|[^\w\s]")


class WordEmbedder:
    """A small deterministic `Embedder`: texts that share words are near each other. Needs no model.

    Each word adds 1 to one of `dim` hashed places; vectors are L2-normalised. A token is a word or a sign.
    """

    fingerprint = "fake-words-1"
    max_tokens = 254

    def __init__(self, dim: int = 256) -> None:
        self._dim = dim

    @property
    def dim(self) -> int:
        return self._dim

    def token_offsets(self, text: str) -> Sequence[tuple[int, int]]:
        return [match.span() for match in _TOKEN.finditer(text)]

    def count_tokens(self, text: str) -> int:
        return len(self.token_offsets(text))

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        vectors = np.zeros((len(texts), self._dim), dtype=np.float32)
        for row, text in enumerate(texts):
            if not text.strip():
                raise EmbeddingError("An empty text cannot be embedded.")
            if any("\ud800" <= c <= "\udfff" for c in text):
                raise EmbeddingError("A text with half a surrogate pair cannot be embedded.")
            if self.count_tokens(text) > self.max_tokens:
                raise EmbeddingError(f"A text of more than {self.max_tokens} tokens cannot be embedded whole.")
            vectors[row] = self._vector(text)
            if progress is not None:
                progress(row + 1, len(texts))
        return vectors

    def encode_query(self, text: str) -> Vectors:
        offsets = self.token_offsets(text)
        if not offsets:
            raise EmbeddingError("An empty question cannot be embedded.")
        return self._vector(text[: offsets[: self.max_tokens][-1][1]])

    def _vector(self, text: str) -> Vectors:
        vector = np.zeros(self._dim, dtype=np.float32)
        for word in _TOKEN.findall(text.casefold()):
            digest = hashlib.blake2b(word.encode("utf-8", "replace"), digest_size=4).digest()
            vector[int.from_bytes(digest, "big") % self._dim] += 1.0
        unit: Vectors = vector / np.float32(max(float(np.linalg.norm(vector)), 1e-12))
        return unit


class MemoryIndex:
    """A `PassageIndex` over lists: exact cosine, and BM25 (k1 1.5, b .75) over casefolded words."""

    def __init__(self, documents: Sequence[Document], chunks: Sequence[Chunk], embedder: Embedder) -> None:
        self._documents = {document.id: document for document in documents}
        self._chunks = {chunk.id: chunk for chunk in chunks}
        self._ids = list(self._chunks)
        self._vectors = embedder.encode([self._chunks[i].embedding_text for i in self._ids]) if self._ids else None
        self._embedder = embedder
        self._words = [Counter(_TOKEN.findall(self._chunks[i].embedding_text.casefold())) for i in self._ids]

    def dense(self, vector: Vectors, k: int) -> Sequence[tuple[ChunkId, float]]:
        if self._vectors is None:
            return []
        return self._best(self._vectors @ vector, k)

    def lexical(self, text: str, k: int) -> Sequence[tuple[ChunkId, float]]:
        wanted = set(_TOKEN.findall(text.casefold()))
        lengths = [sum(words.values()) for words in self._words]
        mean = sum(lengths) / max(len(lengths), 1) or 1.0
        scores = []
        for words, length in zip(self._words, lengths, strict=True):
            score = 0.0
            for word in wanted & words.keys():
                holders = sum(word in other for other in self._words)
                idf = math.log(1 + (len(self._words) - holders + 0.5) / (holders + 0.5))
                score += idf * words[word] / (words[word] + 1.5 * (0.25 + 0.75 * length / mean))
            scores.append(score)
        return [(i, s) for i, s in self._best(np.array(scores), k) if s > 0]

    def fields(self, text: str, vector: Vectors | None) -> MemoryFields:
        return MemoryFields(self, text, vector)

    def knows(self, word: str) -> bool:
        return any(word.casefold() in words for words in self._words)

    def chunks(self, ids: Sequence[ChunkId]) -> Mapping[ChunkId, Chunk]:
        return {i: self._chunks[i] for i in ids if i in self._chunks}

    def document(self, article_id: ArticleId) -> Document:
        if article_id not in self._documents:
            raise ArticleNotFoundError(f"There is no article {article_id!r}.")
        return self._documents[article_id]

    def titles(self) -> Mapping[ArticleId, str]:
        return {document.id: document.title for document in self._documents.values()}

    def _best(self, scores: Sequence[float] | np.ndarray, k: int) -> list[tuple[ChunkId, float]]:
        order = sorted(range(len(self._ids)), key=lambda i: (-float(scores[i]), i))[:k]
        return [(self._ids[i], float(scores[i])) for i in order]


class MemoryFields:
    """`FieldMatches` of a `MemoryIndex`: exact cosines, and names whose words all weigh 1."""

    def __init__(self, index: MemoryIndex, text: str, vector: Vectors | None) -> None:
        self._index, self._vector = index, vector
        said = set(_TOKEN.findall(text.casefold()))
        self._named = {d.id: self._name(d, said) for d in index._documents.values()}
        self._headings = {c.id: self._near(c.headings[-1] if c.headings else "") for c in index._chunks.values()}
        self._asked = self._questions()

    def by_name(self, k: int) -> Sequence[ChunkId]:
        owners = {i: self._named[self._index._chunks[i].document_id][0] for i in self._first()}
        return sorted((i for i in owners if owners[i] > 0), key=lambda i: (-owners[i], -self._headings[i]))[:k]

    def by_question(self, k: int) -> Sequence[ChunkId]:
        asked = self._asked or {}
        return sorted((i for i in self._first() if asked), key=lambda i: -asked[self._section(i)])[:k]

    def of(self, ids: Sequence[ChunkId]) -> FieldScores:
        documents = [self._index._documents[self._index._chunks[i].document_id] for i in ids]
        name = np.array([self._named[d.id][0] for d in documents])
        whole = np.array([self._named[d.id][1] for d in documents])
        most = max((name for name, _ in self._named.values()), default=0.0) or 1.0
        longest = max((whole for _, whole in self._named.values()), default=0.0) or 1.0
        return FieldScores(
            heading=np.array([self._headings[i] for i in ids]),
            title=np.array([self._near(d.title) for d in documents]),
            name=name,
            name_share=name / most,
            whole=whole,
            whole_share=whole / longest,
            intent=np.zeros(len(documents)),
            asked=None if self._asked is None else np.array([self._asked[self._section(i)] for i in ids]),
        )

    def _questions(self) -> dict[str, float] | None:
        """For each section, its heading or the nearest question that its article gives for it."""
        if not any(document.asked for document in self._index._documents.values()):
            return None
        best: dict[str, float] = {}
        for chunk in self._index._chunks.values():
            questions = self._index._documents[chunk.document_id].asked
            near = [self._near(asked.question) for asked in questions if asked.section_id == chunk.section_id]
            best[chunk.section_docid] = max(near, default=self._headings[chunk.id])
        return best

    def _section(self, chunk_id: ChunkId) -> str:
        return self._index._chunks[chunk_id].section_docid

    def _first(self) -> list[ChunkId]:
        firsts: dict[str, ChunkId] = {}
        for chunk in self._index._chunks.values():
            firsts.setdefault(chunk.section_docid, chunk.id)
        return list(firsts.values())

    def _near(self, text: str) -> float:
        if self._vector is None or not text.strip():
            return 0.0
        return float(self._index._embedder.encode_query(text) @ self._vector)

    @staticmethod
    def _name(document: Document, said: set[str]) -> tuple[float, float]:
        name = whole = 0.0
        for alias in (document.title, *document.aliases):
            words = set(_TOKEN.findall(alias.casefold()))
            share = len(words & said) / max(len(words), 1)
            name = max(name, share * share * len(words & said))
            whole = max(whole, len(words) if share == 1.0 else 0.0)
        return name, whole


class EmbedderContract:
    """What every `Embedder` must do."""

    texts = ("Baclofen can make you sleepy.", "Call 911.", "Take 2.5 mg with water.\tTake it slowly.")

    def embedder(self) -> Embedder:
        raise AssertionError("give the contract an embedder: override embedder()")

    def test_rows_are_float32_unit_vectors_in_order(self) -> None:
        embedder = self.embedder()
        vectors = embedder.encode(self.texts)
        assert vectors.dtype == np.float32
        assert vectors.shape == (len(self.texts), embedder.dim)
        assert np.isfinite(vectors).all()
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-3)
        for row, text in enumerate(self.texts):
            assert float(embedder.encode([text])[0] @ vectors[row]) > 0.999

    def test_a_query_is_near_its_own_text(self) -> None:
        embedder = self.embedder()
        vectors = embedder.encode(self.texts)
        for row, text in enumerate(self.texts):
            query = embedder.encode_query(text)
            assert query.shape == (embedder.dim,)
            assert int(np.argmax(vectors @ query)) == row

    def test_nothing_unusable_becomes_a_vector(self) -> None:
        embedder = self.embedder()
        for bad in ("", "   ", "half a pair \ud800 here", "word " * (embedder.max_tokens + 1)):
            try:
                embedder.encode(["fine", bad])
            except EmbeddingError:
                continue
            raise AssertionError(f"{bad[:20]!r} was embedded")

    def test_a_long_query_is_cut_and_not_refused(self) -> None:
        embedder = self.embedder()
        assert np.isfinite(embedder.encode_query("pain " * (embedder.max_tokens * 2))).all()

    def test_token_offsets_lie_in_the_text_in_order(self) -> None:
        embedder = self.embedder()
        for text in self.texts:
            offsets = list(embedder.token_offsets(text))
            assert len(offsets) == embedder.count_tokens(text)
            assert offsets == sorted(offsets)
            assert all(0 <= start <= end <= len(text) for start, end in offsets)


class PassageIndexContract:
    """What every open `PassageIndex` must do. `opened` gives the index, its documents, chunks and embedder."""

    def opened(self) -> tuple[PassageIndex, Sequence[Document], Sequence[Chunk], Embedder]:
        raise AssertionError("give the contract an index: override opened()")

    def test_every_passage_finds_itself(self) -> None:
        index, _, chunks, embedder = self.opened()
        for chunk in chunks:
            best, score = index.dense(embedder.encode([chunk.embedding_text])[0], 1)[0]
            assert best == chunk.id
            assert score > 0.99
            assert chunk.id in {i for i, _ in index.lexical(chunk.embedding_text, len(chunks))}

    def test_rankings_are_sorted_and_no_longer_than_asked(self) -> None:
        index, _, chunks, embedder = self.opened()
        for ranking in (
            index.dense(embedder.encode_query(chunks[0].text), 2),
            index.lexical(chunks[0].text, 2),
        ):
            assert len(ranking) <= 2
            assert [s for _, s in ranking] == sorted((s for _, s in ranking), reverse=True)

    def test_unknown_words_find_nothing(self) -> None:
        index, *_ = self.opened()
        assert list(index.lexical("zzyzx qwrtp", 5)) == []

    def test_words_of_the_passages_are_known(self) -> None:
        index, _, chunks, _ = self.opened()
        longest = max(re.findall(r"[A-Za-z]+", chunks[0].text), key=len)
        assert index.knows(longest)
        assert not index.knows("zzyzx")

    def test_a_title_that_is_said_is_the_best_name(self) -> None:
        index, documents, chunks, embedder = self.opened()
        for document in documents:
            of_article = [c.id for c in chunks if c.document_id == document.id]
            if not of_article:
                continue
            fields = index.fields(document.title, embedder.encode_query(document.title))
            scores = fields.of([of_article[0]])
            assert list(scores.name_share) == [1.0]
            assert list(scores.whole_share) == [1.0]
            assert scores.title[0] > 0.99
            assert set(fields.by_name(len(chunks))) & set(of_article)

    def test_a_heading_that_is_asked_is_near(self) -> None:
        index, _, chunks, embedder = self.opened()
        for chunk in chunks:
            fields = index.fields("zzyzx", embedder.encode_query(" ".join(chunk.headings)))
            assert list(fields.by_name(5)) == []
            own, best = fields.of([chunk.id]).heading[0], fields.of([c.id for c in chunks]).heading.max()
            assert own > best - 0.05

    def test_the_text_is_kept_to_the_letter(self) -> None:
        index, documents, chunks, _ = self.opened()
        stored = index.chunks([c.id for c in chunks])
        for chunk in chunks:
            assert stored[chunk.id] == chunk
            assert chunk.span.of(index.document(chunk.document_id).text) == chunk.text
        for document in documents:
            assert index.document(document.id) == document
        assert dict(index.titles()) == {d.id: d.title for d in documents}

    def test_an_unknown_article_is_an_error(self) -> None:
        index, *_ = self.opened()
        try:
            index.document(ArticleId("no-such-article"))
        except ArticleNotFoundError:
            return
        raise AssertionError("an unknown article was not refused")


__all__ = ["EmbedderContract", "MemoryIndex", "PassageIndexContract", "WordEmbedder"]
