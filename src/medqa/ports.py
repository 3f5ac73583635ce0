"""What the rooms ask of each other. Implement one of these to put your own part in.

`medqa.testing` ships fakes for them and contract suites that run on a fake and on the real thing alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from medqa.types import Answer, ArticleId, Chunk, ChunkId, Document, Hit, InterpretedQuery, NoAnswer

Vectors = NDArray[np.float32]
Scores = NDArray[np.float64]
Progress = Callable[[int, int], None]
"""Called with (done, total); may raise to cancel the work."""


@runtime_checkable
class TokenCounter(Protocol):
    """Counts as the embedding model does, special tokens left out."""

    def count_tokens(self, text: str) -> int: ...

    def token_offsets(self, text: str) -> Sequence[tuple[int, int]]:
        """Half-open code point offsets of each token of `text`, in order."""
        ...


@runtime_checkable
class Embedder(TokenCounter, Protocol):
    """Texts to vectors. `fingerprint` changes whenever the same text could give another vector."""

    @property
    def fingerprint(self) -> str: ...

    @property
    def dim(self) -> int: ...

    @property
    def max_tokens(self) -> int:
        """Longest text that is read whole, special tokens left out."""
        ...

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """float32 of shape (len(texts), dim), rows L2-normalised and finite, in the order of `texts`.

        Raises `EmbeddingError` for an empty text, a lone surrogate, or a text above `max_tokens`
        (nothing is cut silently).
        """
        ...

    def encode_query(self, text: str) -> Vectors:
        """float32 of shape (dim,), L2-normalised. A query above `max_tokens` is cut to its first tokens."""
        ...


@runtime_checkable
class IdentifiedModel(Protocol):
    """An embedder that knows its model: what was trained on one run of a model fits its other runs too."""

    @property
    def model_identity(self) -> str:
        """Hash of the model's own files, whatever runs it (quantised or not)."""
        ...


class WordMatch(NamedTuple):
    """A word, by its half-open code point offsets, and how near the nearest token of another text is: a cosine."""

    start: int
    end: int
    cosine: float


@runtime_checkable
class WordMatcher(Protocol):
    """An embedder that can compare word by word."""

    def match_words(self, question: str, text: str) -> Sequence[WordMatch]:
        """Every word of `question` with its nearest token in `text`, in order, each read in its own company. What the
        model does not read whole is left out on either side. Raises `EmbeddingError` for a text without tokens."""
        ...


class FieldScores(NamedTuple):
    """How the fields around passages fit a question: float arrays of shape (n,), one value for each passage.

    `heading` and `title` are cosines in [-1, 1]. `name` is the best name of the passage's article in the question: its
    share squared times its mass (the sum of the inverse document frequencies of its stems that were said);
    `whole` the mass of the best name that was said whole. The shares are relative to the best article's. `intent` is
    the share of the question's intents (stop, driving, pregnancy ...) that the section's heading has. `asked` is the
    cosine of the nearest question that the section is known to answer, or of its heading; None where no section of the
    build is known by questions.
    """

    heading: Scores
    title: Scores
    name: Scores
    name_share: Scores
    whole: Scores
    whole_share: Scores
    intent: Scores
    asked: Scores | None


@runtime_checkable
class FieldMatches(Protocol):
    """How titles, aliases and headings fit one question."""

    def by_name(self, k: int) -> Sequence[ChunkId]:
        """First passages of sections of the articles whose names the question says, best first."""
        ...

    def by_question(self, k: int) -> Sequence[ChunkId]:
        """First passages of the sections that are known to answer the nearest questions, best first."""
        ...

    def of(self, ids: Sequence[ChunkId]) -> FieldScores: ...


@runtime_checkable
class PassageIndex(Protocol):
    """An open build: vectors, words, and the text beside them. Read-only; safe from several threads."""

    def dense(self, vector: Vectors, k: int) -> Sequence[tuple[ChunkId, float]]:
        """Nearest passages by cosine similarity, best first, scores in [-1, 1]."""
        ...

    def lexical(self, text: str, k: int) -> Sequence[tuple[ChunkId, float]]:
        """Best passages by BM25, best first, scores above 0; empty when no word matches."""
        ...

    def fields(self, text: str, vector: Vectors | None) -> FieldMatches:
        """Titles, aliases and headings against a question, given as words and as a vector (None: words alone)."""
        ...

    def knows(self, word: str) -> bool:
        """Whether any passage holds `word` in some form: such a word is no misspelling."""
        ...

    def chunks(self, ids: Sequence[ChunkId]) -> Mapping[ChunkId, Chunk]: ...

    def document(self, article_id: ArticleId) -> Document:
        """Raises `ArticleNotFoundError`."""
        ...

    def titles(self) -> Mapping[ArticleId, str]:
        """Every article that may be quoted, by id."""
        ...


@runtime_checkable
class Retriever(Protocol):
    def search(self, query: InterpretedQuery, index: PassageIndex, k: int) -> tuple[Hit, ...]: ...


@runtime_checkable
class Reranker(Protocol):
    def rerank(self, query: InterpretedQuery, hits: Sequence[Hit]) -> tuple[Hit, ...]: ...


@runtime_checkable
class PairScorer(Protocol):
    """Reads a question together with each passage."""

    def score(self, question: str, passages: Sequence[str]) -> Scores:
        """float64 of shape (len(passages),): the log-odds that each answers. A passage may begin with a line of its
        headings; of long ones only the part nearest to the question is read. Raises `EmbeddingError` for a text without
        words."""
        ...


@runtime_checkable
class Generator(Protocol):
    """Composes an answer from passages, or says that they do not carry one."""

    def compose(self, query: InterpretedQuery, hits: Sequence[Hit], index: PassageIndex) -> Answer | NoAnswer: ...
