"""A measurement of answers as plain values, and as a scorecard."""

from __future__ import annotations

from typing import Any

from medqa.evaluation.answers import LESS_IS_BETTER, AnswersResult, Marked
from medqa.evaluation.asking import evidence_of
from medqa.evaluation.intervals import Estimate
from medqa.evaluation.retrieval_json import estimate_to_json, finite
from medqa.evaluation.scorecard import Figure, Scorecard
from medqa.presentation import reply_to_json


def answers_to_json(result: AnswersResult) -> dict[str, Any]:
    return {
        "kind": "answers",
        "stamp": result.stamp.to_json(),
        "questions": len(result.marked),
        "kinds": dict(result.kinds),
        "measures": {name: estimate_to_json(e) for name, e in result.estimates.items()},
        "tags": {tag: {n: estimate_to_json(e) for n, e in row.items()} for tag, row in result.by_tag.items()},
        "words": {"median": result.words[0], "p90": result.words[1]},
        "reading_grade": {"median": round(result.grades[0], 1), "p90": round(result.grades[1], 1)},
        "latency_ms": {"p50": round(result.latency.p50, 2), "p95": round(result.latency.p95, 2), "n": result.latency.n},
        "labels": {
            "moved": result.labels.moved,
            "unknown": list(result.labels.unknown),
            "broken": [{"id": b.question_id, "place": b.place, "cause": b.cause} for b in result.labels.broken],
        },
        "per_question": [_marked(m) for m in result.marked],
    }


def answers_card(result: AnswersResult) -> Scorecard:
    """Each measure by its name, ``words:median``, ``grade:median`` and the milliseconds."""
    figures = {
        name: Figure(
            estimate,
            {m.question.id: m.values[name] for m in result.marked if name in m.values},
            less_is_better=name in LESS_IS_BETTER,
        )
        for name, estimate in result.estimates.items()
    }
    n = sum(m.words is not None for m in result.marked)
    for name, value in (
        ("words:median", result.words[0]),
        ("grade:median", result.grades[0]),
        ("ms:p50", result.latency.p50),
        ("ms:p95", result.latency.p95),
    ):
        figures[name] = Figure(Estimate(value, value, value, n), {}, less_is_better=True)
    return Scorecard("answers", result.stamp.to_json(), figures)


def _marked(marked: Marked) -> dict[str, Any]:
    question, reply = marked.question, marked.asked.reply
    return {
        "id": question.id,
        "question": question.text,
        "tags": list(question.tags),
        "answerable": question.answerable,
        "kind": marked.kind,
        "evidence": finite(evidence_of(reply)),
        "values": {name: round(value, 4) for name, value in marked.values.items()},
        "words": marked.words,
        "reading_grade": None if marked.grade is None else round(marked.grade, 1),
        "missing": list(marked.missing),
        "forbidden": list(marked.forbidden),
        "cited": [
            {"article_id": article, "section_id": section, "fit": fit}
            for (article, section), fit in marked.cited.items()
        ],
        "ms": round(marked.asked.ms, 2),
        "error": marked.asked.error or None,
        "reply": None if reply is None else {k: reply_to_json(reply)[k] for k in ("answer", "citations", "warnings")},
    }
