"""What is offered: near topics or none after an abstention, questions on the subject after an answer."""

from __future__ import annotations

from dataclasses import replace

from medqa.engine.suggestions import MIN_NEAR_COSINE, nearest_topics, next_questions
from medqa.testing import MemoryIndex, WordEmbedder
from medqa.types import (
    Answer,
    ArticleId,
    Chunk,
    ChunkId,
    Citation,
    CitedSentence,
    Document,
    Hit,
    HitScores,
    StageScore,
)
from tests.synthetic import synthetic


def test_what_dense_search_did_not_reach_is_not_near() -> None:
    corpus = synthetic(48, seed=2)
    index = MemoryIndex(corpus.documents, corpus.chunks, WordEmbedder())

    def hit(row: int, cosine: float | None) -> Hit:
        dense = None if cosine is None else StageScore(cosine, 1)
        scores = HitScores(dense=dense, lexical=None, fused=None, rerank=StageScore(1.0, 1))
        return Hit(chunk=corpus.chunks[row], title="", rank=1, score=1.0, scorer="fast", scores=scores)

    far = [hit(0, None), hit(13, MIN_NEAR_COSINE - 0.01)]
    assert nearest_topics(far, index) == ()
    near = nearest_topics([*far, hit(25, MIN_NEAR_COSINE)], index)
    assert [article for article, _, _ in near] == [corpus.chunks[25].document_id]
    assert len(nearest_topics(far, index, by_vector=False)) == 2


def _article(name: str, *headings: str) -> tuple[Document, list[Chunk]]:
    corpus = synthetic(12, seed=len(name), tag=name)
    document, kept = corpus.documents[0], corpus.chunks
    sections = tuple(
        replace(section, heading=heading) for section, heading in zip(document.sections, headings, strict=False)
    )
    own = replace(document, id=ArticleId(name), title=name.title(), sections=sections)
    return own, [replace(c, id=ChunkId(f"{name}-{c.id}"), document_id=own.id) for c in kept]


def _answer(document: Document, section: int) -> Answer:
    block = document.sections[section].blocks[0].span
    citation = Citation(
        document_id=document.id,
        section_id=document.sections[section].id,
        span=block,
        quote=block.of(document.text),
        title=document.title,
        section=document.sections[section].heading,
        url="",
        reviewed_on=None,
        review_overdue=False,
    )
    return Answer((CitedSentence(citation.quote, (citation,)),))


def test_what_is_discussed_is_what_is_offered() -> None:
    alcohol, of_alcohol = _article(
        "alcohol", "Can I drink alcohol with zorbin?", "Can I drink alcohol with relaxol?", "What is alcohol?"
    )
    relaxol, of_relaxol = _article(
        "relaxol", "Can I drink alcohol on relaxol?", "Can I drive on relaxol?", "Can I stop relaxol?"
    )
    index = MemoryIndex([alcohol, relaxol], [*of_alcohol, *of_relaxol], WordEmbedder())
    answer = _answer(alcohol, 1)
    offered = next_questions(answer, index, asked="relaxol with wine?", about=("relaxol",))
    assert offered[:2] == ("Can I drive on relaxol?", "Can I stop relaxol?")
    assert not any("drink" in question for question in offered), "just answered"
    again = next_questions(
        answer, index, asked="relaxol with wine?", about=("relaxol",), before=["can i drive on Relaxol"]
    )
    assert "Can I drive on relaxol?" not in again
    assert next_questions(answer, index, asked="wine?")[0] == "What is alcohol?", "there is no other"
