"""The weights of the fast reranker, learnt from labelled questions on one or more corpora.

    python benchmarks/rerank_weights.py SET [SET ...] [--write]

SET is ``QUESTIONS.jsonl,FIELD,INDEX,SHARE``: a question set, the field that holds the question, an index folder, and
how much the set counts. Minimises the listwise softmax cross-entropy of the labelled passages (Cao et al., "Learning
to Rank: From Pairwise Approach to Listwise Approach", ICML 2007) with no weight below zero. Prints nDCG@10 and
success@3 at section level on the half of each set that was not learnt from, both ways round; `--write` then learns
from all of it and prints the lines for src/medqa/retrieval/fast.toml.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from medqa.config import load_settings
from medqa.engine import build_engine
from medqa.evaluation.gold import Level, resolve
from medqa.evaluation.questions import read_questions
from medqa.retrieval.pipeline import FIELD_DEPTH
from medqa.retrieval.rerank import Features, fast_weights, features
from medqa.types import ChunkId

SMOOTHING = 0.002
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: `known` (n, features) of its candidates, `grades` (n,) and `sections` of each, and all labels."""

    known: Floats
    grades: Floats
    sections: tuple[str, ...]
    labels: tuple[int, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    named = [entry.rsplit(",", 3) for entry in arguments.sets]
    parts = [(read(Path(path), field, Path(index)), float(share)) for path, field, index, share in named]
    rng = np.random.default_rng(0)
    halves = []
    for asked, _ in parts:
        order = rng.permutation(len(asked))
        halves.append((order[: len(order) // 2], order[len(order) // 2 :]))
    print("| set | nDCG@10 shipped weights | nDCG@10 held out | success@3 held out |\n|---|---|---|---|")
    shipped = np.array([getattr(fast_weights(), field.name) for field in fields(Features)])
    held_out: list[list[tuple[float, float]]] = [[] for _ in parts]
    for seen, unseen in ((0, 1), (1, 0)):
        weights = learn([([a[i] for i in half[seen]], share) for (a, share), half in zip(parts, halves, strict=True)])
        for number, ((asked, _), half) in enumerate(zip(parts, halves, strict=True)):
            held_out[number] += [scores(asked[i], weights) for i in half[unseen]]
    for entry, (asked, _), found in zip(arguments.sets, parts, held_out, strict=True):
        today = np.mean([scores(one, shipped)[0] for one in asked])
        ndcg, success = np.mean(found, axis=0)
        print(f"| {','.join(entry.split(',')[:2])} | {today:.3f} | {ndcg:.3f} | {success:.3f} |")
    if arguments.write:
        weights = learn(parts)
        for field, weight in zip(fields(Features), weights, strict=True):
            print(f"{field.name} = {weight:.2f}")
        for entry, (asked, _) in zip(arguments.sets, parts, strict=True):
            print(f"# learnt from all: {np.mean([scores(one, weights) for one in asked], axis=0).round(3)} {entry}")


def read(path: Path, field: str, index: Path) -> list[Asked]:
    engine = build_engine(load_settings(index_dir=index))
    questions = [q for q in read_questions([path], field).questions if q.answerable]
    labels = resolve(questions, engine.places(), engine.document).grades[Level.SECTION]
    found = []
    parts = engine._open()
    with parts.live.acquire() as view:
        for question in questions:
            wanted = labels.get(question.id, {})
            query = engine._understand(question.text[:4000], view)
            vector = parts.embedder.encode_query(query.searched)
            dense, lexical = view.dense(vector, 100), view.lexical(query.searched, 100)
            matches = view.fields(query.searched, vector)
            near = [i for i, _ in (*dense, *lexical)]
            ids: Sequence[ChunkId] = list(dict.fromkeys([*near, *matches.by_name(FIELD_DEPTH)]))
            known = features(ids, dense, lexical, matches)
            chunks = view.chunks(ids)
            sections = tuple(chunks[i].section_docid for i in ids)
            grades = np.array([wanted.get(section, 0) for section in sections], dtype=float)
            found.append(Asked(known, grades, sections, tuple(wanted.values())))
    engine.close()
    return found


def learn(parts: Sequence[tuple[Sequence[Asked], float]]) -> Floats:
    def loss(weights: Floats) -> tuple[float, Floats]:
        total, slope = SMOOTHING * float(weights @ weights), 2 * SMOOTHING * weights
        for asked, share in parts:
            for one in asked:
                if not one.grades.any():
                    continue
                wanted = one.grades / one.grades.sum()
                logits = one.known @ weights
                shares = np.exp(logits - logits.max())
                shares /= shares.sum()
                total -= share / len(asked) * float(wanted @ np.log(shares + 1e-12))
                slope = slope + share / len(asked) * (one.known.T @ (shares - wanted))
        return total, slope

    count = len(fields(Features))
    return np.asarray(minimize(loss, np.ones(count), jac=True, method="L-BFGS-B", bounds=[(0, None)] * count).x)


def scores(one: Asked, weights: Floats) -> tuple[float, float]:
    """(nDCG@10, success@3) of the sections, each at its best passage."""
    discounts = 1 / np.log2(np.arange(2, 12))
    grades: dict[str, float] = {}
    for row in np.argsort(-(one.known @ weights), kind="stable"):
        grades.setdefault(one.sections[row], float(one.grades[row]))
        if len(grades) == 10:
            break
    gains = np.array(list(grades.values()))
    ideal = np.sort(np.array(one.labels, dtype=float))[::-1][:10]
    best = float(ideal @ discounts[: len(ideal)])
    return float(gains @ discounts[: len(gains)]) / best if best else 0.0, float(gains[:3].any())


if __name__ == "__main__":
    main()
