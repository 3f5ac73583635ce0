"""Vectors are kept, reused, swept; a bad file costs time only."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from medqa.embedding import VectorCache, text_hash
from medqa.embedding.cache import WRITE_ROWS
from medqa.ports import Progress, Vectors
from medqa.testing import WordEmbedder

TEXTS = [f"Passage {i} about pain." for i in range(20)]


class Counting(WordEmbedder):
    """The fake, which remembers what it was asked to encode."""

    def __init__(self, dim: int = 256) -> None:
        super().__init__(dim)
        self.encoded: list[str] = []

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        self.encoded += texts
        return super().encode(texts, progress)


class Random(Counting):
    """Vectors without meaning, no two alike."""

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        rows = np.random.default_rng(0).standard_normal((len(texts), self.dim)).astype(np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "vectors.sqlite"


def test_a_text_is_encoded_once(path: Path) -> None:
    embedder = Counting()
    first, reused, new = VectorCache(path).encode_cached(embedder, TEXTS)
    assert (reused, new) == (0, 20)
    again, reused, new = VectorCache(path).encode_cached(embedder, [*reversed(TEXTS), "One more."])
    assert (reused, new) == (20, 1)
    np.testing.assert_array_equal(again[:20], first[::-1])
    np.testing.assert_array_equal(first, WordEmbedder().encode(TEXTS))
    assert embedder.encoded[20:] == ["One more."]


def test_equal_texts_in_one_call_are_encoded_once(path: Path) -> None:
    embedder = Counting()
    vectors, reused, new = VectorCache(path).encode_cached(embedder, ["Same.", "Other.", "Same."])
    assert (reused, new) == (1, 2)
    np.testing.assert_array_equal(vectors[0], vectors[2])
    assert sorted(embedder.encoded) == ["Other.", "Same."]


def test_another_model_shares_nothing(path: Path) -> None:
    VectorCache(path).encode_cached(Counting(256), TEXTS)
    vectors, reused, new = VectorCache(path).encode_cached(Counting(64), TEXTS)
    assert (reused, new) == (0, 20)
    assert vectors.shape == (20, 64)


def test_nothing_to_encode(path: Path) -> None:
    vectors, reused, new = VectorCache(path).encode_cached(Counting(), [])
    assert (vectors.shape, reused, new) == ((0, 256), 0, 0)


def test_progress_counts_what_is_reused_too(path: Path) -> None:
    VectorCache(path).encode_cached(Counting(), TEXTS[:5])
    told: list[tuple[int, int]] = []
    VectorCache(path).encode_cached(Counting(), TEXTS, lambda done, total: told.append((done, total)))
    assert told[0] == (5, 20)
    assert told[-1] == (20, 20)


def test_a_killed_run_keeps_the_batches_before(path: Path) -> None:
    texts = [f"Passage {i:05}" for i in range(3 * WRITE_ROWS)]

    class Killed(Counting):
        def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
            if len(self.encoded) >= 2 * WRITE_ROWS:
                raise KeyboardInterrupt
            return super().encode(texts, progress)

    with pytest.raises(KeyboardInterrupt):
        VectorCache(path).encode_cached(Killed(), texts)
    assert VectorCache(path).encode_cached(Counting(), texts)[1:] == (2 * WRITE_ROWS, WRITE_ROWS)


@pytest.mark.parametrize("damage", ["garbage", "truncated", "pages", "empty", "schema", "table"])
def test_a_damaged_file_costs_time_only(path: Path, damage: str, caplog: pytest.LogCaptureFixture) -> None:
    texts = [f"Passage {i}" for i in range(300)]
    expected, _, _ = VectorCache(path).encode_cached(Counting(), texts)
    content = path.read_bytes()
    if damage == "garbage":
        path.write_bytes(b"not a database" * 100)
    elif damage == "truncated":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "pages":
        path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    elif damage == "empty":
        path.write_bytes(b"")
    else:
        change = "PRAGMA user_version = 99" if damage == "schema" else "DROP TABLE vectors"
        with sqlite3.connect(path) as db:
            db.execute(change)
        db.close()
    with caplog.at_level(logging.WARNING):
        vectors, _, new = VectorCache(path).encode_cached(Counting(), texts)
    assert new > 0
    assert caplog.records or damage == "empty"
    np.testing.assert_array_equal(vectors, expected)
    assert VectorCache(path).encode_cached(Counting(), texts)[1:] == (300, 0)


def test_one_altered_vector_is_encoded_anew(path: Path) -> None:
    expected, _, _ = VectorCache(path).encode_cached(Counting(), TEXTS)
    with sqlite3.connect(path) as db:
        key = bytes.fromhex(text_hash(TEXTS[3]))
        (blob,) = db.execute("SELECT vector FROM vectors WHERE text_hash = ?", (key,)).fetchone()
        db.execute("UPDATE vectors SET vector = ? WHERE text_hash = ?", (b"\x01" + blob[1:], key))
    db.close()
    vectors, reused, new = VectorCache(path).encode_cached(Counting(), TEXTS)
    assert (reused, new) == (19, 1)
    np.testing.assert_array_equal(vectors, expected)


def test_swept_vectors_leave_no_byte(path: Path) -> None:
    vectors, _, _ = VectorCache(path).encode_cached(Random(64), TEXTS)
    traces = [(text_hash(text), row.tobytes()) for text, row in zip(TEXTS, vectors, strict=True)]
    assert VectorCache(path).sweep({text_hash(text) for text in TEXTS[5:]}) == 5
    content = path.read_bytes()
    for number, (key, blob) in enumerate(traces):
        assert (bytes.fromhex(key) in content) == (number >= 5)
        assert (blob in content) == (number >= 5)
    assert VectorCache(path).encode_cached(Random(64), TEXTS)[1:] == (15, 5)


def test_a_sweep_takes_the_damaged_file_along(path: Path) -> None:
    VectorCache(path).encode_cached(Counting(), TEXTS)
    path.write_bytes(b"not a database" * 100)
    VectorCache(path).encode_cached(Counting(), TEXTS)
    assert len(list(path.parent.iterdir())) == 2
    VectorCache(path).sweep({text_hash(text) for text in TEXTS})
    assert list(path.parent.iterdir()) == [path]
    path.write_bytes(b"not a database" * 100)
    VectorCache(path).sweep(set())
    assert list(path.parent.iterdir()) == []


def test_sweeping_where_nothing_was_kept(path: Path) -> None:
    assert VectorCache(path).sweep(set()) == 0
    assert not path.exists()


def test_thirty_five_thousand_are_looked_up_in_seconds(path: Path) -> None:
    texts = [f"{i}" for i in range(35_000)]

    embedder = Random(384)
    VectorCache(path).encode_cached(embedder, texts)
    began = time.process_time()
    _, reused, new = VectorCache(path).encode_cached(embedder, texts)
    assert (reused, new) == (35_000, 0)
    assert time.process_time() - began < 5
