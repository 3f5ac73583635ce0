"""Trains the adapter of the safety gate: low-rank changes (LoRA) to the bundled model, to tell danger from calm.

    python benchmarks/safety_adapter.py --folds 4       # what it says of hands that it was not taught by: half an hour
    python benchmarks/safety_adapter.py --fold 2        # one of these groups of hands
    python benchmarks/safety_adapter.py --untaught w12  # all hands but one: what a new hand would see
    python benchmarks/safety_adapter.py --write         # taught by all of them: what ships, `medqa/embedding/gate/`

The vector of a message is read by a head, multinomial logistic regression over the levels. It begins as the reader of
the plain vectors (`safety_vectors.py`), and both are trained together (cross entropy, levels weighted to be equally
many). What was left out, and the head, are kept beside the model cache for `safety_vectors.py`, which mixes the adapter
with the other readers and packs the head. The fifth of `train1.jsonl` that is kept out there is kept out here.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from safety_vectors import (
    CACHE,
    HEAD,
    HEADINGS,
    LEFT_OUT,
    LEVELS,
    STRENGTHS,
    fitted,
    grouped,
    held_out,
    key,
    left_out_shares,
    messages,
)
from sklearn.metrics import roc_auc_score

from medqa.embedding import open_embedder
from medqa.embedding.adapters import ADAPTER_CONFIG, ADAPTER_WEIGHTS, RECORD
from medqa.embedding.model_files import BUNDLED, GATE_FOLDER, file_sha256, open_model_files
from medqa.ports import Vectors
from medqa.safety.second_look import Linear, clean, harm_odds
from medqa.training.adapting import MICRO_BATCH, Adapting
from medqa.training.recipe import Recipe

QUESTIONS_HAND = "questions"
READ_TOKENS = 256
"""As many as the model takes at run time."""
HEAD_PACE = 4.0
"""The head learns this much faster than the adapter."""


@dataclass(frozen=True)
class Schooling:
    """What, with the messages, decides about the weights."""

    seed: int = 5
    rank: int = 16
    learning_rate: float = 5e-4
    weight_decay: float = 0.01
    warm_up: float = 0.05
    batch: int = 32
    epochs: int = 3
    tokens: int = 128
    dropout: float = 0.1


class Taught(Adapting):
    """A model with an adapter, and the head that reads its vectors."""

    def __init__(self, schooling: Schooling, start: Linear) -> None:
        recipe = Recipe(seed=schooling.seed, rank=schooling.rank, alpha=2 * schooling.rank, strength=1.0)
        super().__init__(open_model_files(BUNDLED), recipe)
        self._schooling = schooling
        torch = self._torch
        self._weights, self._bias = (torch.tensor(part, requires_grad=True) for part in (start.weights, start.bias))
        self._all = [*self._trained, self._weights, self._bias]

    @property
    def head(self) -> Linear:
        return Linear(self._weights.detach().numpy().copy(), self._bias.detach().numpy().copy())

    def teach(self, texts: Sequence[str], levels: np.ndarray) -> None:
        """`levels` (texts,): places in `LEVELS`."""
        s, torch, drawn = self._schooling, self._torch, np.random.default_rng(self._schooling.seed)
        rows = self._ids(texts, s.tokens)
        counts = np.bincount(levels, minlength=len(LEVELS))
        self._weigh = torch.tensor(len(texts) / len(LEVELS) / counts, dtype=torch.float32)
        paces = [{"params": self._trained, "lr": 1.0}, {"params": [self._weights, self._bias], "lr": HEAD_PACE}]
        optimiser = torch.optim.AdamW(paces, lr=1.0, weight_decay=s.weight_decay)
        steps = s.epochs * -(-len(texts) // s.batch)
        warm, step = max(1, round(steps * s.warm_up)), 0
        for epoch in range(s.epochs):
            began, loss, order = time.perf_counter(), 0.0, drawn.permutation(len(texts))
            for start in range(0, len(order), s.batch):
                step += 1
                pace = s.learning_rate * min(1.0, step / warm) * (steps - step + 1) / steps
                for group, times in zip(optimiser.param_groups, (1.0, HEAD_PACE), strict=True):
                    group["lr"] = pace * times
                batch = sorted(order[start : start + s.batch], key=lambda i: len(rows[i]))
                optimiser.zero_grad(set_to_none=True)
                loss += self._slopes([rows[i] for i in batch], levels[batch], step)
                torch.nn.utils.clip_grad_norm_(self._trained, 1.0)
                optimiser.step()
            took = time.perf_counter() - began
            print(f"  epoch {epoch + 1}: loss {loss / (steps / s.epochs):.4f}, {took:.0f} s", flush=True)

    def _slopes(self, rows: Sequence[Any], levels: np.ndarray, step: int) -> float:
        """Adds the gradients of one batch, part by part in a fixed order, so that two runs are equal; the loss."""
        torch = self._torch
        parts = [slice(i, i + MICRO_BATCH) for i in range(0, len(rows), MICRO_BATCH)]

        def run(number: int) -> tuple[float, Any]:
            part = parts[number]
            vectors = self._encoded(rows[part])
            chance = torch.Generator().manual_seed(self._schooling.seed * 1_000_003 + step * 101 + number)
            kept = torch.rand(vectors.shape, generator=chance) >= self._schooling.dropout
            shares = (vectors * kept / (1 - self._schooling.dropout)) @ self._weights.T + self._bias
            wanted = torch.from_numpy(levels[part])
            each = torch.nn.functional.cross_entropy(shares, wanted, reduction="none") * self._weigh[wanted]
            loss = each.sum() / len(rows)
            return float(loss.detach()), torch.autograd.grad(loss, self._all)

        total = 0.0
        for loss, slopes in self._workers.map(run, range(len(parts))):
            total += loss
            for parameter, slope in zip(self._all, slopes, strict=True):
                parameter.grad = slope if parameter.grad is None else parameter.grad + slope
        return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folds", type=int, default=4, help="groups of hands to leave out, one after another")
    parser.add_argument("--fold", type=int, default=None, help="only this group")
    parser.add_argument("--untaught", metavar="HAND", help="only leave out the hands whose name ends so")
    parser.add_argument("--write", action="store_true", help="train on all hands and write the adapter")
    chosen = parser.parse_args()
    rows = [row for row in messages() if row["hand"] != HEADINGS and not held_out(row)]
    hand, schooling = np.array([row["hand"] for row in rows]), Schooling()
    texts = [clean(row["text"]) for row in rows]
    levels = np.array([LEVELS.index(row["level"]) for row in rows])
    embedder = open_embedder(model=BUNDLED, backend="auto", batch_size=8, cache_dir=CACHE.parent)
    plain = np.stack([embedder.encode_query(text) for text in texts])
    if chosen.write:
        taught = taught_by(schooling, texts, levels, plain, np.ones(len(rows), dtype=bool))
        write(taught, schooling, texts)
        return
    groups = grouped([name for name in dict.fromkeys(hand.tolist()) if name != QUESTIONS_HAND], chosen.folds)
    if chosen.untaught:
        groups = [[name for group in groups for name in group if name.endswith(chosen.untaught)]]
    for group in groups if chosen.fold is None else groups[chosen.fold : chosen.fold + 1]:
        theirs = np.isin(hand, group)
        print(f"left out: {', '.join(group)} ({theirs.sum()} messages)", flush=True)
        taught = taught_by(schooling, texts, levels, plain, ~theirs)
        mine = [text for text, left in zip(texts, theirs, strict=True) if left]
        shares = taught.head.log_shares(taught.encode(mine, READ_TOKENS))
        harm = levels[theirs] != LEVELS.index("none")
        for name, found in (
            ("plain", fitted_plain(plain, levels, ~theirs).log_shares(plain[theirs])),
            ("adapted", shares),
        ):
            print(f"  {name}: area under the curve {roc_auc_score(harm, harm_odds(found, LEVELS.index('none'))):.4f}")
        keep_left_out(mine, shares)


def taught_by(schooling: Schooling, texts: list[str], levels: np.ndarray, plain: Vectors, use: np.ndarray) -> Taught:
    taught = Taught(schooling, fitted_plain(plain, levels, use))
    taught.teach([text for text, used in zip(texts, use, strict=True) if used], levels[use])
    return taught


def fitted_plain(plain: Vectors, levels: np.ndarray, use: np.ndarray) -> Linear:
    return fitted(plain[use], np.array(LEVELS)[levels[use]], STRENGTHS["vector"])


def keep_left_out(texts: Sequence[str], shares: np.ndarray) -> None:
    """Adds to, or replaces in, what is known of messages by models that their hand did not teach."""
    known = left_out_shares()
    known |= {key(text): row for text, row in zip(texts, shares, strict=True)}
    CACHE.mkdir(parents=True, exist_ok=True)
    np.savez(CACHE / LEFT_OUT, keys=np.array(list(known)), shares=np.stack(list(known.values())))


def write(taught: Taught, schooling: Schooling, texts: Sequence[str]) -> None:
    taught.save(GATE_FOLDER, BUNDLED)
    hashes = {name: file_sha256(GATE_FOLDER / name) for name in (ADAPTER_CONFIG, ADAPTER_WEIGHTS)}
    record = {
        "base_model": open_model_files(BUNDLED).sha256,
        "adapter": hashes,
        "schooling": asdict(schooling),
        "messages": len(texts),
        "messages_sha256": hashlib.sha256("\n".join(sorted(texts)).encode()).hexdigest(),
    }
    (GATE_FOLDER / RECORD).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    CACHE.mkdir(parents=True, exist_ok=True)
    np.savez(CACHE / HEAD, weights=taught.head.weights, bias=taught.head.bias, adapter=hashes[ADAPTER_WEIGHTS])
    for name, found in hashes.items():
        print(f'    {name}: "{found}",  # for GATE_SHA256 in medqa/embedding/model_files.py')


if __name__ == "__main__":
    main()
