"""Throughput of the embedder against `SentenceTransformer.encode` as it comes, on the same texts, in one run.

    python benchmarks/embedding.py [--texts 600] [--rounds 3] [--backend auto] [ARTICLES.jsonl[.gz] | FOLDER]

Prints passages a second of each side, the ratio, and how far the vectors agree. The two sides take turns, so
that other work on the machine weighs on both.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from itertools import islice
from pathlib import Path

import numpy as np

from medqa.chunking import Chunker
from medqa.corpus import read_corpus
from medqa.embedding import open_embedder
from medqa.embedding.model_files import open_model_files
from medqa.ports import Embedder

MAX_FILE_BYTES = 1_000_000_000


def passages(corpus: Path, wanted: int, embedder: Embedder) -> list[str]:
    """`wanted` passages as they are indexed, of articles drawn with a fixed seed."""
    documents = list(read_corpus([corpus], max_file_bytes=MAX_FILE_BYTES).documents)
    random.Random(0).shuffle(documents)
    chunker = Chunker(embedder, embedder.max_tokens)
    found = (chunk.embedding_text for document in documents for chunk in chunker.chunk(document))
    return list(islice(found, wanted))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", nargs="?", type=Path, default=Path(__file__).parents[1] / "corpus")
    parser.add_argument("--texts", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--backend", choices=["auto", "openvino", "onnx", "torch"], default="auto")
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--cache-dir", type=Path, default=Path("~/.cache/medqa").expanduser())
    options = parser.parse_args()

    ours = open_embedder(
        model="bundled", backend=options.backend, batch_size=options.batch_size, cache_dir=options.cache_dir
    )
    texts = passages(options.corpus, options.texts, ours)
    from sentence_transformers import SentenceTransformer

    reference = SentenceTransformer(str(open_model_files("bundled").folder), device="cpu")
    ours.encode(texts[:16])
    reference.encode(texts[:16])
    wall, cpu = Counter[str](), Counter[str]()
    size = -(-len(texts) // options.rounds)
    cosines = []
    for start in range(0, len(texts), size):
        part = texts[start : start + size]
        rows = {}
        sides = [("reference", reference.encode), ("ours", ours.encode)]
        for side, encode in sides if start // size % 2 else reversed(sides):
            began, began_cpu = time.perf_counter(), time.process_time()
            rows[side] = encode(part)
            wall[side] += time.perf_counter() - began
            cpu[side] += time.process_time() - began_cpu
        theirs = rows["reference"]
        cosines.append((rows["ours"] * theirs).sum(axis=1) / np.linalg.norm(theirs, axis=1))
    agreement = np.concatenate(cosines)
    print(f"{len(texts)} passages of {np.mean([ours.count_tokens(text) for text in texts]):.0f} tokens on average")
    for side, name in (("reference", "SentenceTransformer.encode"), ("ours", ours.fingerprint)):
        print(
            f"{name}: {len(texts) / wall[side]:.1f} passages/s, {len(texts) / cpu[side]:.1f} a second of processor time"
        )
    print(f"ratio {wall['reference'] / wall['ours']:.2f}, of processor time {cpu['reference'] / cpu['ours']:.2f}")
    print(f"cosine mean {agreement.mean():.4f} min {agreement.min():.4f}")


if __name__ == "__main__":
    main()
