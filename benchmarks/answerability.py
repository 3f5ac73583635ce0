"""The weights of `medqa.answering.answerability`, learnt from questions that the library answers and does not answer.

    python benchmarks/answerability.py QUESTIONS.jsonl [QUESTIONS.jsonl ...] --index INDEX [--toml]

Asks every question with no threshold at all, takes the signals of what would have been answered, and learns a logistic
model. Prints, for each signal alone and for growing sets of signals, the area under the ROC curve and the share of the
unanswerable questions that is caught where 8% of the answerable ones go unanswered; models are cross-validated (ten
parts, five draws). Questions that get a safety card are left out; those without any candidate go unanswered whatever
the threshold and count as such. `--toml` prints the lines for src/medqa/answering/answerability.toml.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import astuple, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from medqa.answering.answerability import Answerability, Signals
from medqa.config import load_settings
from medqa.engine import build_engine
from medqa.evaluation.abstention import separation
from medqa.evaluation.questions import Question, read_questions
from medqa.types import NoAnswer

FALSE = 0.08
PARTS, DRAWS = 10, 5
SMOOTHING = 1.0
NAMES = tuple(field.name for field in fields(Signals))
TAGS = ("missing-fact", "near-subject", "off-topic")
SETS: tuple[tuple[str, ...], ...] = (
    ("evidence", "nearest"), ("evidence", "unsaid", "said"), ("nearest", "unsaid", "said"), NAMES,
)  # fmt: skip
Floats = NDArray[np.float64]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("questions", nargs="+", type=Path)
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--toml", action="store_true")
    arguments = parser.parse_args()
    questions, known = signals_of(read_questions(arguments.questions).questions, arguments.index)
    answerable = np.array([q.answerable for q in questions])
    weighed: NDArray[np.bool_] = np.logical_not(np.isnan(known).any(axis=1))
    print(
        f"{len(questions)} questions, {int((~answerable).sum())} unanswerable; without a candidate: "
        f"{int((~weighed & answerable).sum())} answerable, {int((~weighed & ~answerable).sum())} unanswerable"
    )
    print(f"| signals | AUC | caught at 8% | {' | '.join(TAGS)} |\n{'|---' * (3 + len(TAGS))}|")
    for name in NAMES:
        show(name, questions, known[:, NAMES.index(name)])
    for chosen in SETS:
        show(" + ".join(chosen), questions, held_out(known, answerable, weighed, chosen))
    if arguments.toml:
        weights, offset = learn(known[weighed], answerable[weighed])
        scores = np.where(weighed, known @ weights + offset, -math.inf)
        offset -= threshold(scores[answerable])
        print(f"\noffset = {offset:.3f}\n\n[weights]")
        for name, weight in zip(NAMES, weights, strict=True):
            print(f"{name} = {weight:.3f}")


def signals_of(questions: tuple[Question, ...], index: Path) -> tuple[list[Question], Floats]:
    """The questions without a safety card, and (questions, signals); a row of NaN where nothing could be quoted."""
    settings = load_settings(index_dir=index, retrieval={"abstain_below": -1.0, "sure_from": 0.0})
    engine = build_engine(settings)
    parts = engine._open()
    judge: Answerability | None = parts.answerability
    if judge is None:
        raise SystemExit("These settings leave out what the signals need.")
    kept: list[Question] = []
    rows: list[tuple[float, ...]] = []
    for question in questions:
        if engine.triage(question.text).redirects:
            continue
        kept.append(question)
        with parts.live.acquire() as view:
            query = engine._understand(question.text[:4000], view)
            hits = parts.passages.search(query, view, 12)
            composed = parts.composer.compose(query, hits, view)
        rows.append(
            (math.nan,) * len(NAMES)
            if isinstance(composed, NoAnswer)
            else astuple(judge.signals(query, hits, composed)[0])
        )
    engine.close()
    return kept, np.array(rows)


def learn(known: Floats, answerable: NDArray[np.bool_]) -> tuple[Floats, float]:
    """Weights and offset in the signals' own units, by logistic regression on standardised ones, both kinds of question
    weighing the same."""
    mean, spread = known.mean(axis=0), known.std(axis=0) + 1e-9
    inputs = np.column_stack([(known - mean) / spread, np.ones(len(known))])
    share = np.where(answerable, 0.5 / answerable.sum(), 0.5 / (~answerable).sum()) * len(known)
    sign = np.where(answerable, 1.0, -1.0)

    def loss(weights: Floats) -> tuple[float, Floats]:
        margins = sign * (inputs @ weights)
        pull = SMOOTHING * np.append(weights[:-1], 0.0)
        value = float((share * np.logaddexp(0.0, -margins)).sum() + 0.5 * pull @ pull / SMOOTHING)
        return value, pull - inputs.T @ (share * sign / (1.0 + np.exp(np.clip(margins, -500, 500))))

    found = minimize(loss, np.zeros(inputs.shape[1]), jac=True, method="L-BFGS-B").x
    weights = found[:-1] / spread
    return weights, float(found[-1] - mean @ weights)


def held_out(
    known: Floats, answerable: NDArray[np.bool_], weighed: NDArray[np.bool_], chosen: tuple[str, ...]
) -> Floats:
    """What each question scores with the weights learnt from the others, mean over draws."""
    columns = [NAMES.index(name) for name in chosen]
    total = np.zeros(len(known))
    for draw in range(DRAWS):
        rng = np.random.default_rng(draw)
        part = np.empty(len(known), dtype=int)
        for kind in (answerable, ~answerable):
            rows = np.flatnonzero(kind)
            part[rng.permutation(rows)] = np.arange(len(rows)) % PARTS
        for number in range(PARTS):
            seen, unseen = weighed & (part != number), weighed & (part == number)
            weights, offset = learn(known[np.ix_(seen, columns)], answerable[seen])
            total[unseen] += known[np.ix_(unseen, columns)] @ weights + offset
    return np.where(weighed, total / DRAWS, math.nan)


def threshold(scores: Floats) -> float:
    """The least score that leaves at most 8% of `scores` below it."""
    return float(np.sort(scores)[math.floor(FALSE * len(scores) + 1e-9)])


def show(name: str, questions: list[Question], scores: Floats) -> None:
    known = np.where(np.isnan(scores), -math.inf, scores)
    answerable = np.array([q.answerable for q in questions])
    least = threshold(known[answerable])
    caught = known < least
    auc = separation(known[answerable].tolist(), known[~answerable].tolist())
    shares = []
    for tag in TAGS:
        rows = [i for i, q in enumerate(questions) if not q.answerable and tag in q.tags]
        shares.append(f"{caught[rows].sum()} of {len(rows)}")
    print(f"| {name} | {auc:.3f} | {caught[~answerable].mean():.3f} | " + " | ".join(shares) + " |")


if __name__ == "__main__":
    main()
