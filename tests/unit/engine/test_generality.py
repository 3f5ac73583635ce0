"""What a general article is known to answer needs no subject."""

from __future__ import annotations

from dataclasses import replace

import pytest

from medqa.engine.generality import Generality
from medqa.testing import MemoryIndex, WordEmbedder
from medqa.types import AskedAs
from tests.synthetic import synthetic

QUESTION = "how do i throw away old pills"


@pytest.mark.parametrize(("kind", "general"), [("safety", True), ("living", True), ("medicine", False), ("", False)])
def test_a_question_is_general_where_a_general_article_answers_it(kind: str, general: bool) -> None:
    corpus = synthetic(36, seed=9)
    section = corpus.chunks[14]
    asked = (AskedAs(section.section_id, QUESTION),)
    documents = [
        replace(d, kind=kind, asked=asked) if d.id == section.document_id else replace(d, kind="medicine")
        for d in corpus.documents
    ]
    embedder = WordEmbedder()
    is_general = Generality(embedder, MemoryIndex(documents, corpus.chunks, embedder))
    assert is_general(QUESTION) is general
    assert not is_general("zzz")
    assert not is_general("  ")


def test_a_library_that_knows_no_questions_knows_no_general_ones() -> None:
    corpus = synthetic(24, seed=9)
    embedder = WordEmbedder()
    index = MemoryIndex([replace(d, kind="safety") for d in corpus.documents], corpus.chunks, embedder)
    assert not Generality(embedder, index)(corpus.chunks[3].headings[-1])
