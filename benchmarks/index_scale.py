"""Build, open and query times of the index for generated vectors.

    python benchmarks/index_scale.py 2000 12000 35000

Prints one line for each number of passages; times in milliseconds unless they say otherwise. Recall is measured
against exact cosines: of the ten nearest passages, how many were found. Generated vectors have no clusters,
which is the hardest case for an approximate search: recall on real text is higher.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from medqa.index import Expected, LiveIndex, build_index

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.synthetic import synthetic

_QUERIES = 300


def _milliseconds(call: Callable[[int], object], times: int) -> tuple[float, float]:
    """Median and 95th percentile of `times` calls."""
    taken = []
    for n in range(times):
        started = time.perf_counter()
        call(n)
        taken.append((time.perf_counter() - started) * 1000)
    return float(np.percentile(taken, 50)), float(np.percentile(taken, 95))


def measure(count: int, dim: int) -> dict[str, float]:
    corpus = synthetic(count, dim=dim)
    rng = np.random.default_rng(1)
    # near a passage, but not on it
    queries = corpus.vectors[rng.integers(0, count, _QUERIES)] + 0.05 * rng.standard_normal(
        (_QUERIES, dim), dtype=np.float32
    )
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    words = [" ".join(corpus.chunks[n].text.split()[:6]) for n in rng.integers(0, count, _QUERIES)]
    with tempfile.TemporaryDirectory(prefix="medqa-benchmark-") as folder:
        started = time.perf_counter()
        report = build_index(
            Path(folder),
            documents=corpus.documents,
            chunks=corpus.chunks,
            vectors=corpus.vectors,
            field_vectors=corpus.field_vectors,
            lexical_texts=corpus.lexical_texts,
            embedder="generated",
            chunking="generated",
        )
        build_s = time.perf_counter() - started
        live = LiveIndex(Path(folder), Expected("generated", "generated", dim))
        started = time.perf_counter()
        with live.acquire() as index:
            open_ms = (time.perf_counter() - started) * 1000
            dense = _milliseconds(lambda n: index.dense(queries[n], 100), _QUERIES)
            lexical = _milliseconds(lambda n: index.lexical(words[n], 100), _QUERIES)
            passages = _milliseconds(
                lambda n: index.chunks([corpus.chunks[(n * 97 + m) % count].id for m in range(100)]), _QUERIES
            )
            exact = np.argsort(-(queries @ corpus.vectors.T), axis=1)[:, :10]
            hits = 0
            for n in range(_QUERIES):
                found = {chunk_id for chunk_id, _ in index.dense(queries[n], 10)}
                hits += sum(corpus.chunks[row].id in found for row in exact[n])
        live.close()
    return {
        "passages": count,
        "build s": build_s,
        **{f"{stage} s": seconds for stage, seconds in report.seconds.items()},
        "MB": report.size / 1e6,
        "open": open_ms,
        "dense p50": dense[0],
        "dense p95": dense[1],
        "recall@10": hits / (10 * _QUERIES),
        "lexical p50": lexical[0],
        "lexical p95": lexical[1],
        "100 passages p50": passages[0],
        "peak MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("passages", nargs="*", type=int, default=[2000, 12000])
    parser.add_argument("--dim", type=int, default=384)
    arguments = parser.parse_args()
    for count in arguments.passages:
        print("  ".join(f"{name} {value:.4g}" for name, value in measure(count, arguments.dim).items()), flush=True)


if __name__ == "__main__":
    main()
