"""Runs of the lab with figures that are known, put in place without measuring anything."""

from __future__ import annotations

import json
from typing import Any

from medqa.evaluation.intervals import mean_interval
from medqa.evaluation.kept_runs import KeptRuns, RunState
from medqa.evaluation.scorecard import Figure, Scorecard, write_scorecard

MAIN = "section:nDCG@10"
STAMP = {"questions": {"few.jsonl": "aa"}, "field": "text", "corpus_sha256": "cc", "commit": "abc123", "settings": {}}
BEFORE = {f"q{n:02}": 1.0 for n in range(12)}
NOW = {**BEFORE, **{f"q{n:02}": 0.0 for n in range(8)}}


def row(item: str, value: float, ms: float) -> dict[str, Any]:
    right, wrong = {"rank": 1, "section": "sciatica#causes"}, {"rank": 1, "section": "gabapentin#uses"}
    hit = {**(right if value else wrong), "grade": {"section": 2 if value else 0}}
    return {
        "id": item,
        "question": f"<b>{item}</b> why </script> does it hurt",
        "tags": ["plain"] if item < "q06" else ["misspelt"],
        "answerable": True,
        "relevant": {"section": {"sciatica#causes": 2}},
        "hits": [hit],
        "ms": ms,
    }


def made(kept: KeptRuns, values: dict[str, float], *, ms: float = 5.0, kind: Any = "retrieval", **stamp: Any) -> str:
    run = kept.new(kind, "questions/few.jsonl", {"MEDQA_RETRIEVAL__FUSION": "rrf"}, by="tess", note="", owner="")
    figures = {MAIN: Figure(mean_interval(values.values()), values)}
    card = Scorecard(kind, {**STAMP, **stamp}, figures, "section:")
    with (kept.folder(run.id) / "card.json").open("w", encoding="utf-8") as out:
        write_scorecard(out, card)
    abstention = {"aurc": 0.1, "curve": [[0.5, 0.0], [1.0, 0.2]], "observed": {"coverage": 0.9, "risk": 0.1}}
    rows = [row(item, value, ms) for item, value in values.items()]
    report = {"kind": kind, "stamp": dict(card.stamp), "abstention": abstention, "per_question": rows}
    (kept.folder(run.id) / "report.json").write_text(json.dumps(report), "utf-8")
    kept.changed(run, state=RunState.DONE)
    return run.id
