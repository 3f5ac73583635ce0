"""Whether a message that names no subject asks for something general, told by what the library is known to answer."""

from __future__ import annotations

from medqa.ports import Embedder, PassageIndex

GENERAL_KINDS = frozenset({"living", "safety"})
NEAR = 0.62
"""Cosine of a question that a general article is known to answer: below it a message may be about anything."""


class Generality:
    """Callable: text -> bool. Reads one build; remembers nothing."""

    def __init__(self, questions: Embedder, index: PassageIndex) -> None:
        self._questions = questions
        self._index = index

    def __call__(self, text: str) -> bool:
        """Raises `EmbeddingError` when the model fails."""
        if not text.strip():
            return False
        matches = self._index.fields(text, self._questions.encode_query(text))
        nearest = list(matches.by_question(1))
        scores = matches.of(nearest).asked
        if scores is None or not nearest or scores[0] < NEAR:
            return False
        chunk = self._index.chunks(nearest)[nearest[0]]
        return self._index.document(chunk.document_id).kind in GENERAL_KINDS
