"""Titles, aliases and headings of a build."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from medqa.errors import DamagedIndexError, EmbeddingError
from medqa.index.fields import FieldIndex, FieldVectors, field_texts, write_fields
from medqa.index.lexical import LexicalIndex, write_words
from tests.synthetic import Synthetic, synthetic

DIM = 24


def _opened(folder: Path, corpus: Synthetic) -> FieldIndex:
    write_words(folder / "words", corpus.lexical_texts)
    write_fields(folder / "fields", corpus.documents, corpus.chunks, corpus.field_vectors, DIM)
    words = LexicalIndex(folder / "words", len(corpus.chunks))
    return FieldIndex(folder / "fields", words, [c.id for c in corpus.chunks], DIM)


def test_a_heading_without_its_articles_name_is_read_with_the_title() -> None:
    corpus = synthetic(12, dim=DIM)
    chunk = replace(corpus.chunks[0], headings=("Baclofen", "Missed dose"))
    other = replace(corpus.chunks[5], headings=("Baclofen", "Can I stop baclofen suddenly?"))
    titles, headings = field_texts({chunk.document_id: "Baclofen"}, [chunk, chunk, other])
    assert titles == ["Baclofen"]
    assert headings == ["Baclofen: Missed dose", "Can I stop baclofen suddenly?"]


def test_an_article_without_a_title_is_read_by_its_id() -> None:
    corpus = synthetic(12, dim=DIM)
    chunk = replace(corpus.chunks[0], headings=())
    titles, headings = field_texts({chunk.document_id: "  "}, [chunk])
    assert titles == headings == [str(chunk.document_id)]


def test_cosines_are_those_of_plain_arithmetic(tmp_path: Path) -> None:
    corpus = synthetic(60, dim=DIM, seed=5)
    fields = _opened(tmp_path, corpus)
    vector = corpus.field_vectors.headings[7]
    firsts = {}
    for chunk in corpus.chunks:
        firsts.setdefault((chunk.document_id, chunk.section_id), chunk.id)
    scores = fields.match("", vector, None).of(list(firsts.values()))
    np.testing.assert_allclose(scores.heading, corpus.field_vectors.headings @ vector, atol=2e-3)
    assert int(np.argmax(scores.heading)) == 7
    assert not scores.name.any()
    assert not scores.whole_share.any()
    without = fields.match("", None, None).of(list(firsts.values()))
    assert not without.heading.any()


def test_an_alias_that_is_said_whole_names_its_article(tmp_path: Path) -> None:
    corpus = synthetic(36, dim=DIM, seed=6)
    named = replace(corpus.documents[2], aliases=("Lioresal tablets", "muscle relaxer"))
    corpus = replace(corpus, documents=(*corpus.documents[:2], named, *corpus.documents[3:]))
    fields = _opened(tmp_path, corpus)
    own = [c.id for c in corpus.chunks if c.document_id == named.id]
    matches = fields.match("how long do LIORESAL tablets last", None, None)
    assert set(matches.by_name(10)) <= set(own)
    scores = matches.of([own[0], corpus.chunks[0].id])
    assert list(scores.whole_share) == [1.0, 0.0]
    partly = fields.match("the tablets", None, None).of([own[0]])
    assert partly.name[0] < scores.name[0]
    assert partly.whole[0] == 0.0


def test_what_is_hidden_is_not_offered(tmp_path: Path) -> None:
    corpus = synthetic(36, dim=DIM, seed=7)
    fields = _opened(tmp_path, corpus)
    hidden = corpus.documents[1]
    visible = np.array([c.document_id != hidden.id for c in corpus.chunks])
    matches = fields.match(hidden.title, corpus.field_vectors.titles[1], visible)
    articles = {c.id: c.document_id for c in corpus.chunks}
    assert hidden.id not in {articles[i] for i in matches.by_name(50)}


def test_vectors_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    corpus = synthetic(24, dim=DIM)
    short = FieldVectors(corpus.field_vectors.titles[:1], corpus.field_vectors.headings)
    with pytest.raises(EmbeddingError):
        write_fields(tmp_path / "fields", corpus.documents, corpus.chunks, short, DIM)


def test_fields_of_another_build_are_refused(tmp_path: Path) -> None:
    corpus = synthetic(24, dim=DIM)
    _opened(tmp_path, corpus)
    words = LexicalIndex(tmp_path / "words", len(corpus.chunks))
    with pytest.raises(DamagedIndexError):
        FieldIndex(tmp_path / "fields", words, [c.id for c in corpus.chunks[:-1]], DIM)
