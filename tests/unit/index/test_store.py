from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medqa.errors import ArticleNotFoundError, DamagedIndexError, InvariantError
from medqa.index.store import PassageStore, write_store
from medqa.types import (
    ArticleId,
    ArticleStatus,
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
from tests.synthetic import synthetic

texts = st.text(max_size=20)
strings = st.lists(texts, max_size=3).map(tuple)
dates = st.none() | st.dates(date(1900, 1, 1))
spans = st.tuples(st.integers(0, 40), st.integers(0, 40)).map(lambda pair: Span(min(pair), max(pair)))
blocks = st.builds(
    Block,
    kind=st.sampled_from(BlockKind),
    span=spans,
    sentences=st.lists(spans, max_size=3).map(tuple),
    lead_in=st.none() | spans,
    list_id=st.integers(-1, 5),
    depth=st.integers(0, 3),
)
sections = st.builds(
    Section,
    id=texts.map(SectionId),
    docid=texts,
    heading=texts,
    heading_path=strings,
    level=st.integers(1, 6),
    span=spans,
    heading_span=st.none() | spans,
    blocks=st.lists(blocks, max_size=3).map(tuple),
)
documents = st.builds(
    Document,
    id=texts.map(ArticleId),
    title=texts,
    text=st.text(max_size=60),
    sections=st.lists(sections, max_size=3).map(tuple),
    url=texts,
    kind=texts,
    summary=texts,
    topics=strings,
    medicines=strings,
    conditions=strings,
    aliases=strings,
    sources=st.lists(st.builds(Source, name=texts, url=texts, seen_on=dates, fact=texts), max_size=2).map(tuple),
    review=st.builds(Review, written_on=dates, reviewed_on=dates, review_due_on=dates, reviewed_by=texts),
    status=st.sampled_from(ArticleStatus),
    source_path=texts,
    sha256=texts,
)


@settings(deadline=None, max_examples=60)
@given(st.lists(documents, min_size=1, max_size=3, unique_by=lambda d: d.id), st.data())
def test_articles_and_passages_come_back_equal(
    tmp_path_factory: pytest.TempPathFactory, articles: list[Document], data: st.DataObject
) -> None:
    chunks = [
        Chunk(ChunkId(f"{n}"), article.id, SectionId("s"), "d", span, ("título", "½"), span.of(article.text))
        for n, article in enumerate(articles)
        if (span := data.draw(spans))
    ]
    path = tmp_path_factory.mktemp("store") / "store.sqlite"
    write_store(path, articles, chunks)
    store = PassageStore(path)
    assert store.article_ids == tuple(article.id for article in articles)
    for article in articles:
        found = store.document(article.id)
        assert found == article
        assert [type(section.blocks) for section in found.sections] == [tuple] * len(article.sections)
        assert store.titles[article.id] == article.title
    assert list(store.all_chunks()) == chunks
    assert store.chunks([chunk.id for chunk in chunks]) == {chunk.id: chunk for chunk in chunks}
    assert [store.article_ids[n] for n in store.chunk_articles] == [chunk.document_id for chunk in chunks]
    store.close()


def _store(tmp_path: Path, count: int = 2500) -> tuple[PassageStore, tuple[Chunk, ...]]:
    corpus = synthetic(count, dim=2)
    write_store(tmp_path / "store.sqlite", corpus.documents, corpus.chunks)
    return PassageStore(tmp_path / "store.sqlite"), corpus.chunks


def test_passages_come_in_the_order_asked_for_however_many(tmp_path: Path) -> None:
    store, chunks = _store(tmp_path)
    backwards = [chunk.id for chunk in reversed(chunks)]
    assert list(store.chunks(backwards)) == backwards
    assert [chunk.id for chunk in store.all_chunks()] == [chunk.id for chunk in chunks]


def test_unknown_ids_are_errors(tmp_path: Path) -> None:
    store, chunks = _store(tmp_path, 12)
    with pytest.raises(InvariantError):
        store.chunks([chunks[0].id, ChunkId("nowhere")])
    with pytest.raises(ArticleNotFoundError, match="nowhere"):
        store.document(ArticleId("nowhere"))


def test_many_threads_read_the_same(tmp_path: Path) -> None:
    store, chunks = _store(tmp_path, 1200)

    def read(n: int) -> bool:
        chunk = chunks[n % len(chunks)]
        return (
            store.chunks([chunk.id])[chunk.id] == chunk
            and chunk.span.of(store.document(chunk.document_id).text) == chunk.text
        )

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(read, range(2000)))


def test_is_opened_read_only_and_stays_readable_when_its_folder_goes(tmp_path: Path) -> None:
    store, chunks = _store(tmp_path, 12)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        store._db.execute("DELETE FROM chunks")
    (tmp_path / "store.sqlite").unlink()
    assert store.chunks([chunks[5].id])[chunks[5].id] == chunks[5]


@pytest.mark.parametrize("content", [b"", b"not a database" * 100])
def test_a_file_that_is_no_store_is_damaged(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "store.sqlite").write_bytes(content)
    with pytest.raises(DamagedIndexError):
        PassageStore(tmp_path / "store.sqlite")


def test_a_missing_store_is_damaged_and_not_created(tmp_path: Path) -> None:
    with pytest.raises(DamagedIndexError):
        PassageStore(tmp_path / "store.sqlite")
    assert list(tmp_path.iterdir()) == []
