"""Generated articles, passages and vectors of any number: made from a seed, so that a run can be repeated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from medqa.index.fields import FieldVectors
from medqa.ports import Vectors
from medqa.types import (
    ArticleId,
    Block,
    BlockKind,
    Chunk,
    ChunkId,
    Document,
    Review,
    Section,
    SectionId,
    Source,
    Span,
)

_SYLLABLES = ("ba", "clo", "fen", "ga", "pen", "tin", "do", "lor", "mi", "gra", "ne", "spa", "sti", "ci", "ty", "pam")
_PER_SECTION = 4
_PER_ARTICLE = 12


@dataclass(frozen=True, slots=True)
class Synthetic:
    """`vectors` is float32 (len(chunks), dim), L2-normalised."""

    documents: tuple[Document, ...]
    chunks: tuple[Chunk, ...]
    vectors: Vectors
    lexical_texts: tuple[str, ...]
    field_vectors: FieldVectors


def synthetic(chunk_count: int, *, dim: int = 384, seed: int = 0, tag: str = "") -> Synthetic:
    """Articles of twelve one-sentence passages, four to a section. `tag` stands in every sentence."""
    rng = np.random.default_rng(seed)
    words = _vocabulary(rng, max(200, chunk_count // 4))
    documents: list[Document] = []
    chunks: list[Chunk] = []
    while len(chunks) < chunk_count:
        count = min(_PER_ARTICLE, chunk_count - len(chunks))
        document, passages = _article(len(documents), count, words, rng, tag)
        documents.append(document)
        chunks.extend(passages)
    vectors = unit_rows(rng, chunk_count, dim)
    titles = unit_rows(rng, len(documents), dim)
    headings = unit_rows(rng, len({(chunk.document_id, chunk.section_id) for chunk in chunks}), dim)
    return Synthetic(
        documents=tuple(documents),
        chunks=tuple(chunks),
        vectors=vectors,
        lexical_texts=tuple(chunk.embedding_text for chunk in chunks),
        field_vectors=FieldVectors(titles, headings, unit_rows(rng, 0, dim)),
    )


def unit_rows(rng: np.random.Generator, count: int, dim: int) -> Vectors:
    """float32 (count, dim), L2-normalised."""
    rows = rng.standard_normal((count, dim), dtype=np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


def _vocabulary(rng: np.random.Generator, size: int) -> list[str]:
    words: dict[str, None] = {}
    while len(words) < size:
        words["".join(rng.choice(_SYLLABLES, size=int(rng.integers(2, 5))))] = None
    return list(words)


def _article(
    number: int, count: int, words: list[str], rng: np.random.Generator, tag: str
) -> tuple[Document, list[Chunk]]:
    article_id = ArticleId(f"article-{number:05d}")
    title = f"About {words[number % len(words)]} {number}"
    text = ""
    sections: list[Section] = []
    places: list[tuple[SectionId, str, tuple[str, ...], Span]] = []
    for first in range(0, count, _PER_SECTION):
        heading = f"Part {first // _PER_SECTION + 1}"
        section_id = SectionId(f"part-{first // _PER_SECTION + 1}")
        start = len(text)
        text += heading
        heading_span = Span(start, len(text))
        text += "\n\n"
        body_start = len(text)
        blocks: list[Block] = []
        for _ in range(first, min(first + _PER_SECTION, count)):
            sentence = " ".join(rng.choice(words, size=12)) + (f" {tag}" if tag else "") + ", 2½ mg."
            span = Span(len(text), len(text) + len(sentence))
            text += sentence + "\n\n"
            blocks.append(Block(BlockKind.PARAGRAPH, span, (span,)))
            places.append((section_id, f"{article_id}#{section_id}", (title, heading), span))
        sections.append(
            Section(
                id=section_id,
                docid=f"{article_id}#{section_id}",
                heading=heading,
                heading_path=(heading,),
                level=2,
                span=Span(body_start, blocks[-1].span.end),
                heading_span=heading_span,
                blocks=tuple(blocks),
            )
        )
    document = Document(
        id=article_id,
        title=title,
        text=text,
        sections=tuple(sections),
        sources=(Source("A source", "https://example.org/", date(2026, 1, 2), "a fact"),),
        review=Review(written_on=date(2026, 1, 1)),
    )
    passages = [
        Chunk(ChunkId(f"{article_id}#{n}"), article_id, section_id, docid, span, headings, span.of(text))
        for n, (section_id, docid, headings, span) in enumerate(places)
    ]
    return document, passages
