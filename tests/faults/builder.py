"""Builds one index of generated articles, to be killed: ``python -m tests.faults.builder ROOT COUNT DIM SEED``.

Writes ``stage NAME`` lines as it goes and ``built ID`` at the end; a refusal is one line on standard error.
"""

from __future__ import annotations

import sys
from pathlib import Path

from medqa.errors import MedqaError
from medqa.index import build_index
from tests.synthetic import synthetic

EMBEDDER = "generated"
CHUNKING = "generated"


def tag(seed: int) -> str:
    """The word that stands in every sentence of the build of that seed, and in no other's."""
    return f"seed{seed:04d}x"


def main(root: Path, count: int, dim: int, seed: int) -> int:
    corpus = synthetic(count, dim=dim, seed=seed, tag=tag(seed))

    def say(stage: str) -> None:
        sys.stdout.write(f"stage {stage}\n")
        sys.stdout.flush()

    say("starting")
    try:
        report = build_index(
            root,
            documents=corpus.documents,
            chunks=corpus.chunks,
            vectors=corpus.vectors,
            field_vectors=corpus.field_vectors,
            lexical_texts=corpus.lexical_texts,
            embedder=EMBEDDER,
            chunking=CHUNKING,
            on_stage=say,
        )
    except MedqaError as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return 1
    sys.stdout.write(f"built {report.build_id}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *map(int, sys.argv[2:5])))
