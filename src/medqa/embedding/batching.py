"""Batches of neighbours in length, so that next to nothing is computed for padding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

import numpy as np
from numpy.typing import NDArray

from medqa.embedding.tokens import TokenIds
from medqa.ports import Progress, Vectors


def encode_in_batches(
    lengths: Sequence[int],
    dim: int,
    run: Callable[[Sequence[int]], Vectors],
    *,
    batch_size: int,
    workers: int,
    progress: Progress | None = None,
) -> Vectors:
    """float32 of shape (len(lengths), dim), in the order of `lengths`.

    `run` turns positions into their rows; it is called with at most `batch_size` positions of similar
    length, longest first (memory peaks at once, and the last batches are short, so that all workers end
    together), from `workers` threads. The first error of a batch, or of `progress`, stops the rest.
    """
    vectors = np.empty((len(lengths), dim), dtype=np.float32)
    order = sorted(range(len(lengths)), key=lambda i: (-lengths[i], i))
    batches = [order[i : i + batch_size] for i in range(0, len(order), batch_size)]
    done = 0

    def finish(batch: Sequence[int], rows: Vectors) -> None:
        nonlocal done
        vectors[batch] = rows
        done += len(batch)
        if progress is not None:
            progress(done, len(lengths))

    if workers == 1:
        for batch in batches:
            finish(batch, run(batch))
        return vectors
    with ThreadPoolExecutor(workers, thread_name_prefix="embed") as pool:
        running: dict[Future[Vectors], Sequence[int]] = {}
        try:
            for batch in batches:
                running[pool.submit(run, batch)] = batch
                if len(running) >= 2 * workers:  # keeps the queue short, so that a stop is quick
                    _collect(running, finish)
            while running:
                _collect(running, finish)
        finally:
            for future in running:
                future.cancel()
    return vectors


def _collect(running: dict[Future[Vectors], Sequence[int]], finish: Callable[[Sequence[int], Vectors], None]) -> None:
    ready, _ = wait(running, return_when=FIRST_COMPLETED)
    for future in ready:
        finish(running.pop(future), future.result())


def padded(rows: Sequence[TokenIds]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """`rows` padded on the right with id 0 to the longest: (ids, mask), int64 (len(rows), longest)."""
    longest = max(len(row) for row in rows)
    ids = np.zeros((len(rows), longest), dtype=np.int64)
    mask = np.zeros_like(ids)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = row
        mask[i, : len(row)] = 1
    return ids, mask


def pool(hidden: NDArray[np.float32], mask: NDArray[np.int64], how: str) -> NDArray[np.float32]:
    """Token states (batch, tokens, dim) to one row a text, (batch, dim).

    ``mean`` averages the states that are not padding (Reimers and Gurevych 2019, section 3,
    https://arxiv.org/abs/1908.10084), ``cls`` takes the first.
    """
    if how == "cls":
        first: NDArray[np.float32] = hidden[:, 0, :]
        return first
    weights = mask.astype(np.float32)
    summed: NDArray[np.float32] = np.matmul(weights[:, None, :], hidden)[:, 0, :]
    mean: NDArray[np.float32] = summed / weights.sum(axis=1, keepdims=True)
    return mean
