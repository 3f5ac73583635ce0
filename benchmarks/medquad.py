"""MedQuAD from end to end: index it, index it again, edit one article, search it, score the rankings.

    python benchmarks/medquad.py ARTICLES.jsonl.gz QUESTIONS.jsonl [--index DIR] [--only search]

ARTICLES is a corpus in the JSONL form, QUESTIONS holds lines with `id`, `question` (as a patient wrote it),
`summary` (a librarian's line) and `relevant` (section id -> grade). Every figure printed was measured in this
run.
"""

from __future__ import annotations

import argparse
import gzip
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import ir_measures
from ir_measures import R, nDCG

from medqa.config import load_settings
from medqa.engine import build_engine

CONFIGURATIONS: dict[str, dict[str, object]] = {
    "lexical alone": {"dense": False, "understanding": False, "rerank": "none"},
    "dense alone": {"lexical": False, "understanding": False, "rerank": "none"},
    "reciprocal rank fusion": {"fusion": "rrf", "understanding": False, "rerank": "none"},
    "min-max fusion": {"fusion": "minmax", "understanding": False, "rerank": "none"},
    "default": {},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("articles", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--index", type=Path, default=None, help="keep the index here")
    parser.add_argument("--only", choices=["index", "search"], default=None)
    arguments = parser.parse_args()
    folder = arguments.index or Path(tempfile.mkdtemp(prefix="medqa-medquad-"))
    if arguments.only != "search":
        measure_indexing(arguments.articles, folder)
    if arguments.only != "index":
        measure_search(arguments.articles, arguments.questions, folder)


def measure_indexing(articles: Path, folder: Path) -> None:
    copy = folder.with_name(folder.name + "-articles.jsonl.gz")
    copy.write_bytes(articles.read_bytes())
    for name in ("first build", "again, nothing changed", "again, one article edited"):
        if name.endswith("edited"):
            edit_one(copy)
        start = time.perf_counter()
        run = subprocess.run(
            ["/usr/bin/time", "-v", sys.executable, "-m", "medqa", "index", "--corpus", copy, "--index", folder],
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.perf_counter() - start
        peak = next((line.split()[-1] for line in run.stderr.splitlines() if "Maximum resident" in line), "0")
        print(f"## {name}: exit {run.returncode}, {seconds:.1f} s, peak {int(peak) / 1024:.0f} MB (largest process)")
        print(run.stdout.strip())
        if run.returncode:
            print(run.stderr[-2000:])
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(f"## on disk, two builds and the vector cache: {size / 1e6:.0f} MB")


def edit_one(copy: Path) -> None:
    lines = gzip.decompress(copy.read_bytes()).decode("utf-8").splitlines()
    article = json.loads(lines[1000])
    article["sections"][0]["text"] += "\n\nThis sentence was added by the benchmark."
    lines[1000] = json.dumps(article, ensure_ascii=False)
    copy.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode("utf-8"), 1))


def measure_search(articles: Path, questions_file: Path, folder: Path) -> None:
    questions = [json.loads(line) for line in questions_file.read_text("utf-8").splitlines()]
    qrels = [
        ir_measures.Qrel(question["id"], section, grade)
        for question in questions
        for section, grade in question["relevant"].items()
    ]
    print(f"\n{len(questions)} questions, section level\n")
    print("| configuration | style | nDCG@10 | R@10 | p50 ms | p95 ms |\n|---|---|---|---|---|---|")
    for name, overrides in CONFIGURATIONS.items():
        engine = build_engine(load_settings(index_dir=folder, corpus_paths=(articles,), retrieval=overrides))
        engine.warm()
        for style, field in (("clear", "summary"), ("messy", "question")):
            run, milliseconds = [], []
            for question in questions:
                start = time.perf_counter()
                hits = engine.search(question[field][: engine.settings.server.max_question_chars], 30)
                milliseconds.append((time.perf_counter() - start) * 1000)
                run += [
                    ir_measures.ScoredDoc(question["id"], section, 1.0 / rank)
                    for rank, section in enumerate(dict.fromkeys(hit.chunk.section_docid for hit in hits), start=1)
                ]
            scores = ir_measures.calc_aggregate([nDCG @ 10, R @ 10], qrels, run)
            p50, p95 = percentiles(milliseconds)
            print(f"| {name} | {style} | {scores[nDCG @ 10]:.3f} | {scores[R @ 10]:.3f} | {p50:.1f} | {p95:.1f} |")
        engine.close()
    print(f"\npeak memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def percentiles(values: Iterable[float]) -> tuple[float, float]:
    cuts = statistics.quantiles(values, n=20)
    return cuts[9], cuts[18]


if __name__ == "__main__":
    main()
