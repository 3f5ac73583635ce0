"""Asks a live index until SIGTERM, then tells what it met: ``python -m tests.faults.reader ROOT COUNT DIM``."""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from medqa.errors import MedqaError
from medqa.index import Expected, LiveIndex
from tests.faults.builder import CHUNKING, EMBEDDER, tag
from tests.synthetic import Synthetic, synthetic


def main(root: Path, count: int, dim: int) -> None:
    going = True

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal going
        going = False

    signal.signal(signal.SIGTERM, stop)
    live = LiveIndex(root, Expected(EMBEDDER, CHUNKING, dim))
    corpora: dict[int, Synthetic] = {}
    asked, errors = 0, []
    sys.stdout.write("reading\n")
    sys.stdout.flush()
    while going:
        try:
            with live.acquire() as index:
                text = index.document(next(iter(index.titles()))).text
                seed = int(text[text.index("seed") + 4 :][:4])
                if seed not in corpora:
                    corpora[seed] = synthetic(count, dim=dim, seed=seed, tag=tag(seed))
                corpus = corpora[seed]
                row = asked % count
                chunk = corpus.chunks[row]
                if index.dense(corpus.vectors[row], 1)[0][0] != chunk.id or index.chunks([chunk.id])[chunk.id] != chunk:
                    errors.append(f"a mixture in {index.build_id}")
                if live.problem is not None:
                    errors.append(str(live.problem))
        except MedqaError as error:
            errors.append(f"{type(error).__name__}: {error}")
        asked += 1
        time.sleep(0.005)
    live.close()
    sys.stdout.write(json.dumps({"asked": asked, "errors": errors[:5], "seeds": sorted(corpora)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:4]))
