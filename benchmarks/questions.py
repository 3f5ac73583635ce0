"""The development questions against the live index: what was answered, from where, and what was missed.

    python benchmarks/questions.py [evals/questions/dev.jsonl] [--show]

Prints, over the answerable questions, how many were answered, from a gold section, with every key fact; over
the unanswerable ones, how many were abstained; each by tag. `--show` prints every reply that fell short.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

from medqa.config import load_settings
from medqa.engine import build_engine
from medqa.presentation import reply_to_json

Row = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("questions", type=Path, nargs="?", default=Path("evals/questions/dev.jsonl"))
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--index", type=Path, default=Path("index"))
    arguments = parser.parse_args()
    engine = build_engine(load_settings(index_dir=arguments.index))
    marks: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    words: list[int] = []
    for line in arguments.questions.read_text("utf-8").splitlines():
        question = json.loads(line)
        reply = reply_to_json(engine.ask(question["question"]))
        scores = score(question, reply)
        if reply["kind"] == "answered":
            words.append(sum(len(sentence["text"].split()) for sentence in reply["answer"]))
        for tag in ("all", *question["tags"]):
            for name, value in scores.items():
                marks[tag][name].append(value)
        if arguments.show and not all(scores.values()):
            show(question, reply, scores)
    print_table(marks)
    words.sort()
    print(f"\nmedian answer: {words[len(words) // 2]} words over {len(words)} answers")


def score(question: Row, reply: Row) -> dict[str, bool]:
    if not question["answerable"]:
        return {"abstained": reply["kind"] != "answered"}
    text = " ".join(f"{s.get('context') or ''} {s['text']}" for s in reply["answer"])
    gold = {(g["article_id"], g["section_id"]) for g in question["gold"]}
    cited = [(c["article_id"], c["section_id"]) for c in reply["citations"]]
    return {
        "answered": reply["kind"] == "answered",
        "a gold section": any(c in gold for c in cited),
        "first citation gold": bool(cited) and cited[0] in gold,
        "key facts": bool(cited) and all(re.search(fact, text, re.IGNORECASE) for fact in question["key_facts"]),
    }


def show(question: Row, reply: Row, scores: dict[str, bool]) -> None:
    print(f"\n{question['id']} {question['tags']} {question['question'][:300]}")
    print(f"   {reply['kind']}; short of: {', '.join(name for name, value in scores.items() if not value)}")
    print(f"   read as: {reply['interpreted_question'][:200]}; notes: {reply['trace']['notes']}")
    print(f"   gold: {[(g['article_id'], g['section_id']) for g in question['gold']]} facts {question['key_facts']}")
    for sentence in reply["answer"]:
        n = sentence["citations"][0]
        cited = reply["citations"][n - 1]
        print(f"   - {sentence['text'][:160]} [{cited['article_id']}#{cited['section_id']}]")
    print("   hits:", [(h["article_id"], h["section_id"]) for h in reply["trace"]["hits"][:5]])


def print_table(marks: dict[str, dict[str, list[bool]]]) -> None:
    names = list(dict.fromkeys(name for row in marks.values() for name in row))
    print("| tag | " + " | ".join(names) + " |\n|" + "---|" * (len(names) + 1))
    for tag, row in sorted(marks.items(), key=lambda item: item[0] != "all"):
        cells = [f"{sum(row[n])}/{len(row[n])} ({sum(row[n]) / len(row[n]):.2f})" if row.get(n) else "" for n in names]
        print(f"| {tag} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
