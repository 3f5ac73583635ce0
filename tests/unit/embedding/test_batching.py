"""Batches: the order of the input, whatever the order of the work."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medqa.embedding.batching import encode_in_batches, padded, pool
from medqa.embedding.checks import unit_rows
from medqa.errors import EmbeddingError
from medqa.ports import Vectors


def numbered(batch: Sequence[int]) -> Vectors:
    return np.array([[i, -i] for i in batch], dtype=np.float32)


@given(st.lists(st.integers(1, 9), max_size=40), st.integers(1, 7), st.integers(1, 3))
def test_every_row_is_at_its_place(lengths: list[int], batch_size: int, workers: int) -> None:
    told: list[tuple[int, int]] = []
    rows = encode_in_batches(
        lengths, 2, numbered, batch_size=batch_size, workers=workers, progress=lambda d, t: told.append((d, t))
    )
    assert rows.dtype == np.float32
    assert rows.tolist() == [[i, -i] for i in range(len(lengths))]
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert not lengths or told[-1] == (len(lengths), len(lengths))


@pytest.mark.parametrize("workers", [1, 2])
def test_batches_hold_neighbours_in_length(workers: int) -> None:
    lengths = [1, 9, 2, 8, 3, 7, 4, 6]
    spreads = []

    def run(batch: Sequence[int]) -> Vectors:
        chosen = [lengths[i] for i in batch]
        spreads.append(max(chosen) - min(chosen))
        return numbered(batch)

    encode_in_batches(lengths, 2, run, batch_size=2, workers=workers)
    assert max(spreads) == 1


def test_work_goes_on_in_as_many_threads_as_there_are_workers() -> None:
    both = threading.Barrier(2, timeout=10)

    def run(batch: Sequence[int]) -> Vectors:
        both.wait()
        return numbered(batch)

    encode_in_batches([1] * 4, 2, run, batch_size=1, workers=2)


@pytest.mark.parametrize("workers", [1, 2])
def test_the_first_error_stops_the_rest(workers: int) -> None:
    ran = []

    def run(batch: Sequence[int]) -> Vectors:
        ran.append(batch)
        if len(ran) == 3:
            raise EmbeddingError("broken")
        time.sleep(0.001)
        return numbered(batch)

    with pytest.raises(EmbeddingError, match="broken"):
        encode_in_batches([1] * 500, 2, run, batch_size=1, workers=workers)
    assert len(ran) < 20


def test_progress_may_cancel() -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encode_in_batches([1] * 9, 2, numbered, batch_size=1, workers=2, progress=stop)


def test_padding_by_hand() -> None:
    ids, mask = padded([np.array([5, 6, 7]), np.array([8])])
    assert ids.tolist() == [[5, 6, 7], [8, 0, 0]]
    assert mask.tolist() == [[1, 1, 1], [1, 0, 0]]


def test_pooling_by_hand() -> None:
    hidden = np.array([[[1, 2], [3, 4], [5, 9]], [[2, 2], [50, 50], [50, 50]]], dtype=np.float32)
    mask = np.array([[1, 1, 1], [1, 0, 0]])
    assert pool(hidden, mask, "mean").tolist() == [[3, 5], [2, 2]]
    assert pool(hidden, mask, "cls").tolist() == [[1, 2], [2, 2]]


def test_rows_become_unit_vectors() -> None:
    np.testing.assert_allclose(unit_rows(np.array([[3.0, 4.0]]), 2, ["a"]), [[0.6, 0.8]])


@pytest.mark.parametrize("bad", [np.nan, np.inf, 0.0])
def test_a_vector_that_cannot_be_used_is_an_error(bad: float) -> None:
    with pytest.raises(EmbeddingError, match="no usable vector for 'second'"):
        unit_rows(np.array([[3.0, 4.0], [bad, bad]]), 2, ["first", "second"])


def test_an_array_of_another_shape_is_an_error() -> None:
    with pytest.raises(EmbeddingError, match="shape"):
        unit_rows(np.ones((2, 3)), 2, ["a", "b"])
