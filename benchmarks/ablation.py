"""What each step of the retrieval is worth: every step added to those before it, and each left out of the whole.

    python benchmarks/ablation.py QUESTIONS [QUESTIONS ...] [--index DIR] [--field NAME]

Section level, answerable questions alone; all rows in one run over one index. Prints Markdown.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from medqa.config import load_settings
from medqa.engine import build_engine
from medqa.evaluation.gold import Level
from medqa.evaluation.questions import QuestionSet, read_questions
from medqa.evaluation.retrieval import evaluate_retrieval
from medqa.evaluation.sweep import configured

PLAIN: dict[str, Any] = {
    "retrieval.lexical": False,
    "retrieval.understanding": False,
    "retrieval.rerank": "none",
    "retrieval.asked": False,
    "embedding.question_model": "",
}
STEPS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("words (BM25), min-max fusion", {"retrieval.lexical": True}),
    ("understanding: spelling, brands, abbreviations, lay words", {"retrieval.understanding": True}),
    ("the adapted encoder of questions", {"embedding.question_model": "auto"}),
    ("fields: headings, titles, names, intents", {"retrieval.rerank": "fast"}),
    ("what people ask for a section", {"retrieval.asked": True}),
)
MEASURES = ("nDCG@10", "Success@3")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("questions", nargs="+", type=Path)
    parser.add_argument("--index", type=Path, default=Path("index"))
    parser.add_argument("--field", default="question")
    arguments = parser.parse_args()
    asked = read_questions(arguments.questions, arguments.field)
    questions = replace(asked, questions=tuple(q for q in asked.questions if q.answerable))
    print(f"{len(questions.questions)} questions\n\n| | nDCG@10 | success@3 | p50 ms |\n|---|---|---|---|")
    chosen = dict(PLAIN)
    print(row("vectors of the plain model alone", chosen, questions, arguments.index), flush=True)
    for name, step in STEPS:
        chosen |= step
        print(row(f"+ {name}", chosen, questions, arguments.index), flush=True)
    whole = dict(chosen)
    for name, step in STEPS:
        without = whole | {key: PLAIN[key] for key in step}
        print(row(f"all without {name}", without, questions, arguments.index), flush=True)


def row(name: str, chosen: dict[str, Any], questions: QuestionSet, index: Path) -> str:
    engine = build_engine(configured(load_settings(index_dir=index), chosen))
    try:
        result = evaluate_retrieval(engine, questions, measures=MEASURES)
    finally:
        engine.close()
    quality, success = (result.estimates[Level.SECTION][measure].value for measure in MEASURES)
    return f"| {name} | {quality:.3f} | {success:.3f} | {result.latency.p50:.1f} |"


if __name__ == "__main__":
    main()
