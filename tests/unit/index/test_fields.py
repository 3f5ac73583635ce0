"""Titles, aliases and headings of a build."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from medqa.errors import DamagedIndexError, EmbeddingError
from medqa.index.fields import FieldIndex, field_texts, write_fields
from medqa.index.lexical import LexicalIndex, write_words
from medqa.knowledge.asking import usual_questions
from medqa.types import AskedAs, SectionId
from tests.synthetic import Synthetic, synthetic, unit_rows

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
    texts = field_texts([replace(corpus.documents[0], title="Baclofen")], [chunk, chunk, other])
    assert texts.titles == ("Baclofen",)
    assert texts.headings == ("Baclofen: Missed dose", "Can I stop baclofen suddenly?")
    assert texts.asked == ()


def test_an_article_without_a_title_is_read_by_its_id() -> None:
    corpus = synthetic(12, dim=DIM)
    chunk = replace(corpus.chunks[0], headings=())
    texts = field_texts([replace(corpus.documents[0], title="  ")], [chunk])
    assert texts.titles == texts.headings == (str(chunk.document_id),)


def test_questions_are_the_usual_ones_of_a_section_and_those_its_article_gives() -> None:
    corpus = synthetic(12, dim=DIM)
    first, second = (replace(corpus.chunks[n], section_id=SectionId(s)) for n, s in ((0, "storage"), (5, "own-idea")))
    asked = (AskedAs(SectionId("own-idea"), "wots that"), AskedAs(SectionId("gone"), "never found"))
    article = replace(corpus.documents[0], title="Baclofen", kind="medicine", asked=asked)
    texts = field_texts([article], [first, second])
    usual = usual_questions("medicine", "storage", "Baclofen")
    assert usual
    assert all("baclofen" in question for question in usual)
    assert texts.asked == (*usual, "wots that")
    assert texts.asked_sections == (*[0] * len(usual), 1)
    assert usual_questions("living", "storage", "Baclofen") == ()


def test_a_section_is_found_by_a_question_that_it_is_known_to_answer(tmp_path: Path) -> None:
    corpus = synthetic(36, dim=DIM, seed=8)
    section = corpus.chunks[17]
    asked = tuple(AskedAs(section.section_id, question) for question in ("one", "two"))
    documents = tuple(replace(d, asked=asked) if d.id == section.document_id else d for d in corpus.documents)
    vectors = replace(corpus.field_vectors, asked=unit_rows(np.random.default_rng(3), 2, DIM))
    corpus = replace(corpus, documents=documents, field_vectors=vectors)
    fields = _opened(tmp_path, corpus)
    matches = fields.match("", vectors.asked[1], None)
    found = matches.by_question(3)[0]
    assert next(c for c in corpus.chunks if c.id == found).section_id == section.section_id
    scores = matches.of([found, corpus.chunks[0].id])
    assert scores.asked is not None
    assert scores.asked[0] == pytest.approx(1.0, abs=2e-3)
    assert scores.asked[1] == pytest.approx(scores.heading[1], abs=1e-6), "known by its heading alone"
    assert fields.match("", None, None).by_question(3) == []
    hidden = np.array([c.document_id != section.document_id for c in corpus.chunks])
    assert found not in fields.match("", vectors.asked[1], hidden).by_question(50)


def test_a_build_that_knows_no_questions_says_so(tmp_path: Path) -> None:
    corpus = synthetic(12, dim=DIM)
    matches = _opened(tmp_path, corpus).match("", corpus.vectors[0], None)
    assert matches.by_question(5) == []
    assert matches.of([corpus.chunks[0].id]).asked is None


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
    short = replace(corpus.field_vectors, titles=corpus.field_vectors.titles[:1])
    with pytest.raises(EmbeddingError):
        write_fields(tmp_path / "fields", corpus.documents, corpus.chunks, short, DIM)


def test_fields_of_another_build_are_refused(tmp_path: Path) -> None:
    corpus = synthetic(24, dim=DIM)
    _opened(tmp_path, corpus)
    words = LexicalIndex(tmp_path / "words", len(corpus.chunks))
    with pytest.raises(DamagedIndexError):
        FieldIndex(tmp_path / "fields", words, [c.id for c in corpus.chunks[:-1]], DIM)
