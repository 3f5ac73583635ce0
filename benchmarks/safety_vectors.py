"""What a linear model on the embedding vectors adds to the safety rules, on held-out development messages.

    python benchmarks/safety_vectors.py            # the table
    python benchmarks/safety_vectors.py --write    # trains on all of it and writes src/medqa/safety/similar.json

Trained on `evals/safety/dev.jsonl`, split a of `dev2.jsonl` and 120 development questions; scored on split b and the
other 60. A message counts as caught when the rules or the model give it any level above none. The frozen test set is
not touched.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
from sklearn.linear_model import LogisticRegression

from medqa.embedding import open_embedder
from medqa.safety.triage import triage

EVALS = Path(__file__).parents[1] / "evals"
TARGET = Path(__file__).parents[1] / "src" / "medqa" / "safety" / "similar.json"
LEVELS = ("emergency", "crisis", "poison", "urgent", "none")
Message = dict[str, Any]


def main() -> None:
    messages = lines("safety/dev2.jsonl")
    questions = [{"text": row["question"], "level": "none"} for row in lines("questions/dev.jsonl")]
    seen = [*lines("safety/dev.jsonl"), *(m for m in messages if m["split"] == "a"), *questions[:120]]
    held_out = [*(m for m in messages if m["split"] == "b"), *questions[120:]]
    cache = Path(platformdirs.user_cache_dir("medqa"))
    embedder = open_embedder(model="bundled", backend="auto", batch_size=8, cache_dir=cache)
    train, test = (np.stack([embedder.encode_query(m["text"]) for m in part]) for part in (seen, held_out))
    if "--write" in sys.argv:
        questions_seen = [*seen, *held_out]
        write(fitted(5, np.vstack([train, test]), [m["level"] for m in questions_seen]))
        return
    verdicts = [triage(m["text"]) for m in held_out]
    rules = np.array([verdict.redirects for verdict in verdicts])
    # what a rule knows as a question about an emergency, or as asking for advice, stays what the rule says
    unknown = np.array([verdict.rule_id is None for verdict in verdicts])
    levels = np.array([m["level"] for m in held_out])
    print("| addition | " + " | ".join(f"{level} of {(levels == level).sum()}" for level in LEVELS) + " |")
    print("|" + "---|" * (len(LEVELS) + 1))
    print_row("rules alone", rules, levels)
    for strength in (1, 5, 20):
        model = fitted(strength, train, [m["level"] for m in seen])
        harmless = model.predict_proba(test)[:, list(model.classes_).index("none")]
        for threshold in (0.1, 0.15, 0.2, 0.3):
            caught = rules | (unknown & (harmless < threshold))
            print_row(f"C {strength}, P(none) < {threshold}", caught, levels)


def fitted(strength: float, vectors: np.ndarray, levels: list[str]) -> LogisticRegression:
    return LogisticRegression(C=strength, max_iter=2000, class_weight="balanced").fit(vectors, levels)


def write(model: LogisticRegression) -> None:
    data = {
        "levels": list(model.classes_),
        "weights": [[round(float(x), 4) for x in row] for row in model.coef_],
        "bias": [round(float(x), 4) for x in model.intercept_],
    }
    TARGET.write_text(json.dumps(data) + "\n", "utf-8")


def print_row(name: str, caught: np.ndarray, levels: np.ndarray) -> None:
    print(f"| {name} | " + " | ".join(str(int(caught[levels == level].sum())) for level in LEVELS) + " |")


def lines(name: str) -> list[Message]:
    return [json.loads(line) for line in (EVALS / name).read_text("utf-8").splitlines()]


if __name__ == "__main__":
    main()
