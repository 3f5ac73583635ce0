"""Other ways to search the same passages, side by side with medqa in one run.

    python benchmarks/peers.py ARTICLES QUESTIONS [--index DIR] [--most N] [--only PEER]

ARTICLES is a corpus that medqa has indexed in DIR, QUESTIONS a set whose lines hold `question` (as a person wrote it),
`summary` (one clear line) and `relevant` (section id -> grade). Needs the `peers` extra: make bench-peers.

What is equal for all: the passages (medqa's own, headings included), their vectors (from medqa's cache: nothing is
embedded twice), the model that embeds the question, the questions, the judging (sections by their best passage). What
differs is how passages are found and ranked; every peer runs as its documentation shows it, with nothing tuned:

* LangChain with Chroma: `Chroma.similarity_search_with_score`.
* LangChain's `EnsembleRetriever` of `BM25Retriever` and Chroma, weights .5 and .5.
* txtai: `Embeddings(hybrid=True)`, its own BM25 beside faiss.

A time is that of one question, from its text to the ranked passages, in a warm process.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from langchain_core.embeddings import Embeddings as LangChainEmbeddings

from medqa.config import Settings, load_settings
from medqa.embedding import VectorCache
from medqa.engine import Engine, build_engine
from medqa.engine.gate import open_settings_embedder
from medqa.engine.paths import vector_cache_path
from medqa.evaluation.compare import change
from medqa.evaluation.gold import Level, resolve
from medqa.evaluation.intervals import mean_interval
from medqa.evaluation.measures import measure
from medqa.evaluation.questions import Question, read_questions
from medqa.evaluation.scorecard import Figure
from medqa.index.layout import STORE, build_path, current_build
from medqa.index.store import PassageStore
from medqa.ports import Embedder, Vectors
from medqa.types import Chunk

K = 100
MEASURE = "nDCG@10"
STYLES = (("clear", "summary"), ("messy", "question"))
BATCH = 5000

Search = Callable[[str], list[str]]
"""A question to section ids, the best first."""


class Replayed(LangChainEmbeddings):
    """LangChain's embedding interface over vectors that medqa has; questions are embedded by medqa's model."""

    def __init__(self, embedder: Embedder, texts: Sequence[str], vectors: Vectors) -> None:
        self._embedder = embedder
        self._known = {text: row for row, text in enumerate(texts)}
        self._vectors = vectors

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        rows: list[list[float]] = self._vectors[[self._known[text] for text in texts]].tolist()
        return rows

    def embed_query(self, text: str) -> list[float]:
        vector: list[float] = self._embedder.encode_query(text).tolist()
        return vector


@dataclass(frozen=True, eq=False)
class Corpus:
    """All passages of the live index; `texts[n]` and `vectors[n]` belong to `chunks[n]`."""

    chunks: list[Chunk]
    texts: list[str]
    vectors: Vectors
    embedder: Embedder


@dataclass(frozen=True)
class Measured:
    """One way to search, one style: nDCG@10 by question, milliseconds by question."""

    name: str
    style: str
    values: dict[str, float]
    ms: list[float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("articles", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--index", type=Path, default=Path("index"))
    parser.add_argument("--most", type=int, default=None, help="only the first so many questions")
    parser.add_argument("--only", action="append", choices=list(PEERS), help="only this peer (again for more)")
    arguments = parser.parse_args()
    settings = load_settings(corpus_paths=(arguments.articles,), index_dir=arguments.index)
    engine = build_engine(settings)
    engine.warm()
    corpus = read_corpus(settings)
    print(f"{len(corpus.chunks):,} passages, model {corpus.embedder.fingerprint[:24]}, {K} passages a question\n")
    found: list[Measured] = []
    for name in ["medqa", *(arguments.only or PEERS)]:
        start = time.perf_counter()
        search = medqa_search(engine) if name == "medqa" else PEERS[name](corpus)
        print(f"{name}: ready after {time.perf_counter() - start:.1f} s", flush=True)
        for style, field in STYLES:
            questions = read_questions([arguments.questions], field).questions[: arguments.most]
            found.append(run(name, style, search, questions, engine))
    print_table(found)


def read_corpus(settings: Settings) -> Corpus:
    build = current_build(settings.index_dir)
    if build is None:
        raise SystemExit(f"There is no index in {settings.index_dir}: run medqa index first.")
    store = PassageStore(build_path(settings.index_dir, build) / STORE)
    chunks = list(store.all_chunks())
    store.close()
    embedder = open_settings_embedder(settings)
    texts = [chunk.embedding_text for chunk in chunks]
    vectors, reused, new = VectorCache(vector_cache_path(settings)).encode_cached(embedder, texts)
    print(f"{reused:,} vectors from the cache, {new:,} made now")
    return Corpus(chunks, texts, vectors, embedder)


# --- ways to search ------------------------------------------------------------------------------------------


def medqa_search(engine: Engine) -> Search:
    return lambda question: [hit.chunk.section_docid for hit in engine.search(question, K)]


@cache
def langchain_store(corpus: Corpus) -> Any:
    from langchain_chroma import Chroma

    store = Chroma(embedding_function=Replayed(corpus.embedder, corpus.texts, corpus.vectors))
    for first in range(0, len(corpus.chunks), BATCH):
        part = slice(first, first + BATCH)
        store.add_texts(
            corpus.texts[part],
            metadatas=[{"section": chunk.section_docid} for chunk in corpus.chunks[part]],
            ids=[str(n) for n in range(first, min(first + BATCH, len(corpus.chunks)))],
        )
    return store


def langchain_chroma(corpus: Corpus) -> Search:
    store = langchain_store(corpus)

    def search(question: str) -> list[str]:
        return [document.metadata["section"] for document, _ in store.similarity_search_with_score(question, k=K)]

    return search


def langchain_ensemble(corpus: Corpus) -> Search:
    from langchain_classic.retrievers import EnsembleRetriever
    from langchain_community.retrievers import BM25Retriever

    sections = [{"section": chunk.section_docid} for chunk in corpus.chunks]
    words = BM25Retriever.from_texts(corpus.texts, metadatas=sections, k=K)
    dense = langchain_store(corpus).as_retriever(search_kwargs={"k": K})
    ensemble = EnsembleRetriever(retrievers=[words, dense], weights=[0.5, 0.5])
    return lambda question: [document.metadata["section"] for document in ensemble.invoke(question)[:K]]


def txtai_hybrid(corpus: Corpus) -> Search:
    from txtai import Embeddings

    known = {text: row for row, text in enumerate(corpus.texts)}

    def vectors_of(texts: Sequence[str]) -> np.ndarray:
        rows = [corpus.vectors[known[t]] if t in known else corpus.embedder.encode_query(t) for t in texts]
        return np.stack(rows)

    embeddings = Embeddings(method="external", transform=vectors_of, hybrid=True, content=False)
    embeddings.index(enumerate(corpus.texts))
    return lambda question: [corpus.chunks[int(n)].section_docid for n, _ in embeddings.search(question, K)]


PEERS: dict[str, Callable[[Corpus], Search]] = {
    "LangChain, Chroma": langchain_chroma,
    "LangChain, ensemble with BM25": langchain_ensemble,
    "txtai, hybrid": txtai_hybrid,
}


# --- judging -------------------------------------------------------------------------------------------------


def run(name: str, style: str, search: Search, questions: Sequence[Question], engine: Engine) -> Measured:
    search("warm up: what helps against pain?")
    rankings: dict[str, list[tuple[str, float]]] = {}
    ms = []
    for question in questions:
        start = time.perf_counter()
        sections = search(question.text)
        ms.append((time.perf_counter() - start) * 1000.0)
        rankings[question.id] = [(section, 1.0 / rank) for rank, section in enumerate(dict.fromkeys(sections), 1)]
    grades = resolve(questions, engine.places(), engine.document).grades[Level.SECTION]
    return Measured(name, style, dict(measure(rankings, grades, [MEASURE])[MEASURE]), ms)


def print_table(found: Sequence[Measured]) -> None:
    print(f"\n| search | style | {MEASURE}, section | medqa minus it | p | p50 ms | p95 ms |")
    print("|---|---|---|---|---|---|---|")
    own = {m.style: Figure(mean_interval(m.values.values()), m.values) for m in found if m.name == "medqa"}
    for m in found:
        e = mean_interval(m.values.values())
        ahead, p = "", ""
        if m.name != "medqa":
            difference = change(MEASURE, Figure(e, m.values), own[m.style])
            d = difference.difference
            ahead, p = f"{d.value:+.3f} [{d.low:+.3f}, {d.high:+.3f}]", f"{difference.p_permutation:.4f}"
        p50, p95 = np.percentile(m.ms, [50, 95])
        quality = f"{e.value:.3f} [{e.low:.3f}, {e.high:.3f}]"
        print(f"| {m.name} | {m.style} | {quality} | {ahead} | {p} | {p50:.1f} | {p95:.1f} |")
    print(f"\n{len(found[0].values)} questions; means with 95% intervals, p by a paired permutation test")


if __name__ == "__main__":
    main()
