"""Builds again and again, keeping one build: ``python -m tests.faults.switcher ROOT COUNT DIM FIRST TIMES``."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from medqa.index import build_index
from tests.faults.builder import CHUNKING, EMBEDDER, tag
from tests.synthetic import synthetic


def main(root: Path, count: int, dim: int, first: int, times: int) -> None:
    for seed in range(first, first + times):
        corpus = synthetic(count, dim=dim, seed=seed, tag=tag(seed))
        build_index(
            root,
            documents=corpus.documents,
            chunks=corpus.chunks,
            vectors=corpus.vectors,
            field_vectors=corpus.field_vectors,
            lexical_texts=corpus.lexical_texts,
            embedder=EMBEDDER,
            chunking=CHUNKING,
            keep_builds=1,
        )
    time.sleep(1.0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:6]))
