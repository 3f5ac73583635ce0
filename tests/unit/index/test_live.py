from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from medqa.errors import (
    ArticleNotFoundError,
    DamagedIndexError,
    IndexMissingError,
    InvariantError,
    StaleIndexError,
    StateError,
)
from medqa.index import Expected, LiveIndex, Manifest, opened, rollback
from medqa.index.layout import CURRENT, build_path, point_to
from medqa.index.manifest import check_files
from medqa.ports import PassageIndex
from medqa.types import ArticleId, ChunkId
from tests.unit.index.conftest import DIM, EXPECTED, Built


class Hidden:
    def __init__(self, *ids: str) -> None:
        self.ids = frozenset(map(ArticleId, ids))

    def hidden_articles(self) -> frozenset[ArticleId]:
        return self.ids


@pytest.fixture
def live(built: Built) -> Iterator[LiveIndex]:
    live = LiveIndex(built.root, EXPECTED)
    yield live
    live.close()


def test_answers_with_what_was_built(built: Built, live: LiveIndex) -> None:
    with live.acquire() as index:
        assert isinstance(index, PassageIndex)
        assert index.build_id == built.second.build_id
        assert (index.info.articles, index.info.chunks) == (4, 48)
        for n in (0, 17, 47):
            chunk = built.new.chunks[n]
            assert index.dense(built.new.vectors[n], 3)[0] == (chunk.id, pytest.approx(1.0, abs=1e-5))
            assert index.lexical(chunk.text, 3)[0][0] == chunk.id
            assert index.chunks([chunk.id]) == {chunk.id: chunk}
            assert chunk.span.of(index.document(chunk.document_id).text) == chunk.text
        assert index.titles() == {document.id: document.title for document in built.new.documents}
        with pytest.raises(ArticleNotFoundError):
            index.document(ArticleId("nowhere"))
        with pytest.raises(InvariantError):
            index.chunks([ChunkId("nowhere")])


def test_nothing_is_opened_before_the_first_question(built: Built) -> None:
    assert LiveIndex(built.root, EXPECTED).manifest is None


def test_a_switch_is_noticed_and_running_questions_end_on_the_old_build(built: Built, live: LiveIndex) -> None:
    with live.acquire() as before:
        rollback(built.root)
        with live.acquire() as after:
            assert after.build_id == built.first.build_id
            assert before.build_id == built.second.build_id
            assert after.dense(built.old.vectors[5], 1)[0][0] == built.old.chunks[5].id
            assert before.dense(built.new.vectors[5], 1)[0][0] == built.new.chunks[5].id
        old = before._build
        assert before.document(ArticleId("article-00000")) == built.new.documents[0]
    with pytest.raises(DamagedIndexError):
        old.store.document(ArticleId("article-00001"))  # closed with its last question
    assert not hasattr(old.vectors, "_client")


def test_a_swept_build_serves_its_running_questions_to_the_end(built: Built, live: LiveIndex) -> None:
    with live.acquire() as index:
        rollback(built.root)
        shutil.rmtree(build_path(built.root, built.second.build_id))
        for n, chunk in enumerate(built.new.chunks):
            assert index.dense(built.new.vectors[n], 1)[0][0] == chunk.id
            assert index.lexical(chunk.text, 1)
            assert index.chunks([chunk.id])[chunk.id] == chunk
            assert index.document(chunk.document_id)


def test_a_build_that_is_swept_while_it_is_opened_gives_way_to_the_next(
    built: Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sweep_first(folder: Path, manifest: Manifest) -> None:
        if folder.name == built.second.build_id:
            point_to(built.root, built.first.build_id)
            shutil.rmtree(folder)
        check_files(folder, manifest)

    monkeypatch.setattr(opened, "check_files", sweep_first)
    live = LiveIndex(built.root, EXPECTED)
    with live.acquire() as index:
        assert index.build_id == built.first.build_id
    assert live.problem is None
    live.close()


def test_a_new_build_that_cannot_be_opened_leaves_the_old_one_serving(built: Built) -> None:
    live = LiveIndex(built.root, EXPECTED, retry_after_s=0.0)
    live.check()
    store = build_path(built.root, built.first.build_id) / "store.sqlite"
    whole = store.read_bytes()
    store.write_bytes(whole[:-1])
    point_to(built.root, built.first.build_id)
    for _ in range(2):
        with live.acquire() as index:
            assert index.build_id == built.second.build_id
    assert isinstance(live.problem, DamagedIndexError)
    with pytest.raises(DamagedIndexError, match=r"store\.sqlite"):
        live.check()
    store.write_bytes(whole)
    with live.acquire() as index:
        assert index.build_id == built.first.build_id
    assert live.problem is None
    live.close()


def test_a_failed_opening_is_not_repeated_for_every_question(built: Built, monkeypatch: pytest.MonkeyPatch) -> None:
    store = build_path(built.root, built.second.build_id) / "store.sqlite"
    whole = store.read_bytes()
    store.write_bytes(b"")
    live = LiveIndex(built.root, EXPECTED, retry_after_s=3600)
    for _ in range(3):
        with pytest.raises(DamagedIndexError), live.acquire():
            pass
    store.write_bytes(whole)
    with pytest.raises(DamagedIndexError), live.acquire():
        pass
    point_to(built.root, built.first.build_id)  # another pointer is another try, at once
    with live.acquire() as index:
        assert index.build_id == built.first.build_id
    live.close()


def test_missing_stale_and_lost_builds_say_so(built: Built, tmp_path: Path) -> None:
    with pytest.raises(IndexMissingError, match="medqa index"), LiveIndex(tmp_path / "none", EXPECTED).acquire():
        pass
    with pytest.raises(StaleIndexError, match="model-b"):
        LiveIndex(built.root, Expected("model-b", "chunks-a", DIM)).check()
    shutil.rmtree(build_path(built.root, built.second.build_id))
    with pytest.raises(DamagedIndexError):
        LiveIndex(built.root, EXPECTED).check()


def test_a_pointer_that_vanishes_keeps_the_build_serving(built: Built, live: LiveIndex) -> None:
    live.check()
    (built.root / CURRENT).unlink()
    with live.acquire() as index:
        assert index.build_id == built.second.build_id
    assert isinstance(live.problem, IndexMissingError)


def test_a_pointer_that_cannot_be_read_keeps_the_build_serving(built: Built, live: LiveIndex) -> None:
    live.check()
    (built.root / CURRENT).unlink()
    (built.root / CURRENT).mkdir()
    with live.acquire() as index:
        assert index.build_id == built.second.build_id
    assert isinstance(live.problem, DamagedIndexError)


def test_a_build_that_appears_is_found(built: Built) -> None:
    content = (built.root / CURRENT).read_bytes()
    (built.root / CURRENT).unlink()
    live = LiveIndex(built.root, EXPECTED, retry_after_s=3600)
    with pytest.raises(IndexMissingError), live.acquire():
        pass
    (built.root / CURRENT).write_bytes(content)
    with live.acquire() as index:
        assert index.build_id == built.second.build_id
    live.close()


def test_closing_waits_for_running_questions_and_refuses_new_ones(built: Built) -> None:
    live = LiveIndex(built.root, EXPECTED)
    with live.acquire() as index:
        live.close()
        assert index.lexical(built.new.chunks[0].text, 1)
    with pytest.raises(IndexMissingError, match="closed"), live.acquire():
        pass


def test_hidden_articles_are_in_no_result_and_k_results_remain(built: Built) -> None:
    hidden = Hidden("article-00000", "article-00002", "article-99999")
    live = LiveIndex(built.root, EXPECTED, hidden)
    seen = [chunk for chunk in built.new.chunks if chunk.document_id not in hidden.ids]
    with live.acquire() as index:
        assert index.info.chunks == len(seen) == 24
        assert index.info.articles == 2
        for n in range(0, 48, 5):
            for k in (1, 5, 24):
                found = index.dense(built.new.vectors[n], k)
                cosines = {
                    chunk.id: float(built.new.vectors[m] @ built.new.vectors[n])
                    for m, chunk in enumerate(built.new.chunks)
                    if chunk in seen
                }
                assert [i for i, _ in found] == sorted(cosines, key=lambda i: -cosines[i])[:k]
        assert len(index.dense(built.new.vectors[0], 1000)) == 24
        words = index.lexical("newtext", 100)
        assert [i for i, _ in words] == [chunk.id for chunk in seen]
        assert index.chunks([chunk.id for chunk in built.new.chunks]) == {chunk.id: chunk for chunk in seen}
        assert set(index.titles()) == {"article-00001", "article-00003"}
        with pytest.raises(ArticleNotFoundError, match="withdrawn"):
            index.document(ArticleId("article-00000"))
    live.close()


def test_hiding_binds_the_next_question_and_a_rolled_back_build(built: Built) -> None:
    hidden = Hidden()
    live = LiveIndex(built.root, EXPECTED, hidden)
    with live.acquire() as running:
        hidden.ids = frozenset({ArticleId("article-00001")})
        assert ArticleId("article-00001") in running.titles()
        with live.acquire() as index:
            assert ArticleId("article-00001") not in index.titles()
    rollback(built.root)
    with live.acquire() as index:
        assert index.build_id == built.first.build_id
        assert ArticleId("article-00001") not in index.titles()
        assert len(index.dense(built.old.vectors[12], 5)) == 5
        assert not any(i.startswith("article-00001#") for i, _ in index.dense(built.old.vectors[12], 60))
    live.close()


def test_everything_may_be_hidden(built: Built) -> None:
    live = LiveIndex(built.root, EXPECTED, Hidden(*(document.id for document in built.new.documents)))
    with live.acquire() as index:
        assert index.dense(built.new.vectors[0], 5) == []
        assert index.lexical("newtext", 5) == []
        assert index.titles() == {}
    live.close()


def test_an_unreadable_record_of_withdrawals_stops_the_answers(built: Built) -> None:
    class Broken:
        def hidden_articles(self) -> frozenset[ArticleId]:
            raise StateError("broken")

    live = LiveIndex(built.root, EXPECTED, Broken())
    with pytest.raises(StateError), live.acquire():
        pass
    live.close()


def test_readers_in_many_threads_see_whole_builds_while_it_switches(built: Built, live: LiveIndex) -> None:
    """No error and no mixture: each question sees one build, whose every part agrees."""
    stop = threading.Event()
    seen: set[str] = set()

    def ask(n: int) -> int:
        asked = 0
        while not stop.is_set():
            with live.acquire() as index:
                corpus = built.old if index.build_id == built.first.build_id else built.new
                row = (n * 7 + asked) % len(corpus.chunks)
                chunk = corpus.chunks[row]
                assert index.dense(corpus.vectors[row], 1)[0][0] == chunk.id
                assert index.chunks([chunk.id])[chunk.id].text == chunk.text
                assert index.document(chunk.document_id).text == next(
                    d.text for d in corpus.documents if d.id == chunk.document_id
                )
                seen.add(index.build_id)
            asked += 1
        return asked

    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(ask, n) for n in range(4)]
        try:
            for turn in range(8):
                point_to(built.root, (built.first if turn % 2 == 0 else built.second).build_id)
                stop.wait(0.2)
        finally:
            stop.set()
        assert min(reader.result() for reader in readers) > 0
    assert seen == {built.first.build_id, built.second.build_id}
    assert np.isfinite(built.new.vectors).all()
