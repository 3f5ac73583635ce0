"""The whole retriever over a small index: what people ask for a section leads to it, and can be switched off."""

from __future__ import annotations

from dataclasses import replace

import pytest

from medqa.retrieval.pipeline import HybridRetriever, RetrievalPlan
from medqa.testing import MemoryIndex, WordEmbedder
from medqa.types import AskedAs, InterpretedQuery
from tests.synthetic import synthetic

ASKED = "my fizzog gone wonky"


@pytest.mark.parametrize("asked", [True, False])
def test_a_section_is_found_by_what_people_ask_for_it(asked: bool) -> None:
    corpus = synthetic(48, seed=4)
    section = corpus.chunks[29]
    documents = [
        replace(d, asked=(AskedAs(section.section_id, ASKED),)) if d.id == section.document_id else d
        for d in corpus.documents
    ]
    embedder = WordEmbedder()
    index = MemoryIndex(documents, corpus.chunks, embedder)
    query = InterpretedQuery(ASKED, ASKED)
    hits = HybridRetriever(embedder, RetrievalPlan(rerank="fast", asked=asked)).search(query, index, 5)
    found = hits[0].chunk.section_docid == section.section_docid
    assert found is asked


def test_the_question_before_decides_between_two_that_fit_as_well() -> None:
    corpus = synthetic(48, seed=4)
    embedder = WordEmbedder()
    index = MemoryIndex(corpus.documents, corpus.chunks, embedder)
    retriever = HybridRetriever(embedder, RetrievalPlan(rerank="fast"))
    asked = corpus.chunks[3].text.split(".")[0]
    alone = retriever.search(InterpretedQuery(asked, asked), index, 20)
    for wanted in alone[1:6]:
        before = f"{wanted.title} {wanted.chunk.text}"
        hits = retriever.search(InterpretedQuery(asked, asked, context=f"{before} {asked}"), index, 20)
        ranks = {hit.chunk.id: hit.rank for hit in hits}
        assert ranks[wanted.chunk.id] <= wanted.rank
        assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
