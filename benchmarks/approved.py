"""Who gets an approved answer, and who should.

    python benchmarks/approved.py --index INDEX [evals/approved/first.jsonl]

Approves the answers of the answers file (each with a sentence of its article) in a copy of the index's folder, then
asks what the matching and the safety check make of every question. Prints, for a row of thresholds, the share of
paraphrases that get their answer, the paraphrases that get another one, and the near misses that get any; then the
misses by kind.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from medqa.answering.approved_matching import LIKE_ENOUGH, Match
from medqa.config import load_settings
from medqa.engine import Engine, build_engine
from medqa.engine.approved import PERSONAL
from medqa.errors import MedqaError
from medqa.state import ApprovedStore
from medqa.types import ApprovedQuote, ArticleId

THRESHOLDS = (0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9)


@dataclass(frozen=True, slots=True)
class Asked:
    """A line of the set with the nearest approved answers; none where the safety check answers it."""

    line: dict[str, Any]
    matches: tuple[Match, ...]

    def given(self, threshold: float) -> Match | None:
        fitting = [m for m in self.matches if not m.differs and m.cosine >= threshold]
        return max(fitting, key=lambda m: m.cosine, default=None)


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def approve_all(engine: Engine, store: ApprovedStore, answers: Path) -> dict[str, str]:
    """Approves every answer; returns the set's id by the store's."""
    names = {}
    for entry in read(answers):
        document = engine.document(entry["article"])
        span = next(b.sentences[0] for s in document.sections for b in s.blocks if b.sentences)
        quote = ApprovedQuote(ArticleId(document.id), span, span.of(document.text))
        today = date.today()
        made = store.approve(entry["questions"], [quote], owner="b", on=today, until=today + timedelta(1), by="b")
        names[made.approval.id] = entry["id"]
    return names


def asked(engine: Engine, line: dict[str, Any]) -> Asked:
    verdict = engine.triage(line["question"])
    if verdict.redirects or verdict.intent in PERSONAL:
        return Asked(line, ())
    try:
        return Asked(line, engine.approved_like(line["question"], 100))
    except MedqaError:
        return Asked(line, ())


def table(found: Sequence[Asked], names: dict[str, str]) -> None:
    wanted = [one for one in found if one.line["answer"]]
    others = [one for one in found if not one.line["answer"]]
    print(f"{'threshold':>9}  {'right':>12}  {'another':>9}  {'near misses given':>18}")
    for threshold in THRESHOLDS:
        given = [(one, one.given(threshold)) for one in wanted]
        right = sum(m is not None and names[m.approved.approval.id] == one.line["answer"] for one, m in given)
        another = sum(m is not None and names[m.approved.approval.id] != one.line["answer"] for one, m in given)
        wrong = sum(one.given(threshold) is not None for one in others)
        print(
            f"{threshold:9.2f}  {right:4} ({right / len(wanted):.3f})  {another:9}"
            f"  {wrong:8} ({wrong / len(others):.3f})"
        )


def misses(found: Sequence[Asked], names: dict[str, str]) -> None:
    kinds: Counter[tuple[str, str]] = Counter()
    for one in found:
        match = one.given(LIKE_ENOUGH)
        got = names[match.approved.approval.id] if match else None
        right = got == one.line["answer"]
        kinds[(one.line["kind"], "right" if right else "wrong")] += 1
        if right:
            continue
        own = next((m for m in one.matches if names[m.approved.approval.id] == (one.line["answer"] or got)), None)
        told = f"{own.cosine:.2f} {list(own.differs)} for {own.wording!r}" if own else "the safety check"
        print(f"  {one.line['id']} {one.line['kind']}: {one.line['question'][:110]!r}\n      {told}")
    for kind in sorted({kind for kind, _ in kinds}):
        print(f"{kind:12} {kinds[(kind, 'right')]} of {kinds[(kind, 'right')] + kinds[(kind, 'wrong')]} right")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set", nargs="?", type=Path, default=Path("evals/approved/first.jsonl"))
    parser.add_argument("--answers", type=Path, default=Path("evals/approved/first_answers.jsonl"))
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--quiet", action="store_true", help="no single questions (for the frozen test)")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="medqa-benchmark-") as folder:
        root = Path(folder) / "index"
        shutil.copytree(chosen.index, root, ignore=shutil.ignore_patterns("state"))
        engine = build_engine(load_settings(index_dir=root))
        store = ApprovedStore(root)
        names = approve_all(engine, store, chosen.answers)
        found = [asked(engine, line) for line in read(chosen.set)]
        table(found, names)
        if not chosen.quiet:
            misses(found, names)
        engine.close()
        store.close()


if __name__ == "__main__":
    main()
