"""A retrieval result as plain values, complete: figures, tables, and every question with what was found."""

from __future__ import annotations

import math
from typing import Any

from medqa.evaluation.abstention import Abstention, Point
from medqa.evaluation.intervals import Estimate
from medqa.evaluation.retrieval import RetrievalResult, Searched, unit_of
from medqa.types import Hit

TOP = 10
"""Hits that are listed with each question."""


def estimate_to_json(estimate: Estimate) -> dict[str, Any]:
    return {
        "value": round(estimate.value, 4),
        "low": round(estimate.low, 4),
        "high": round(estimate.high, 4),
        "n": estimate.n,
    }


def retrieval_to_json(result: RetrievalResult) -> dict[str, Any]:
    """``measures`` and ``tags`` hold value, 95% interval and number of questions."""
    return {
        "kind": "retrieval",
        "stamp": result.stamp.to_json(),
        "depth": result.depth,
        "questions": len(result.questions),
        "scored": result.scored,
        "main_level": result.main.value,
        "measures": {
            level.value: {name: estimate_to_json(e) for name, e in result.estimates[level].items()}
            for level in result.levels
        },
        "tags": {tag: {name: estimate_to_json(e) for name, e in row.items()} for tag, row in result.by_tag.items()},
        "latency_ms": {
            "p50": round(result.latency.p50, 2),
            "p95": round(result.latency.p95, 2),
            "mean": round(result.latency.mean, 2),
            "n": result.latency.n,
        },
        "labels": {
            "moved": result.labels.moved,
            "unknown": list(result.labels.unknown),
            "broken": [{"id": b.question_id, "place": b.place, "cause": b.cause} for b in result.labels.broken],
        },
        "abstention": _abstention_to_json(result.abstention) if result.abstention else None,
        "per_question": [_question_to_json(result, index) for index in range(len(result.questions))],
    }


def _question_to_json(result: RetrievalResult, index: int) -> dict[str, Any]:
    question = result.questions[index]
    searched = result.searched.get(question.id, Searched(question.id))
    return {
        "id": question.id,
        "question": question.text,
        "tags": list(question.tags),
        "answerable": question.answerable,
        "relevant": {level.value: dict(result.labels.grades[level][question.id]) for level in result.levels},
        "values": {
            level.value: {
                name: round(values[question.id], 4)
                for name, values in result.values[level].items()
                if question.id in values
            }
            for level in result.levels
        },
        "ms": round(searched.ms, 2),
        "reply": _reply(result, question.id),
        "error": searched.error or None,
        "hits": [_hit(result, question.id, hit) for hit in searched.hits[:TOP]],
    }


def _hit(result: RetrievalResult, question: str, hit: Hit) -> dict[str, Any]:
    chunk = hit.chunk
    return {
        "rank": hit.rank,
        "article_id": chunk.document_id,
        "section": chunk.section_docid,
        "chunk_id": chunk.id,
        "start": chunk.span.start,
        "end": chunk.span.end,
        "score": round(hit.score, 5),
        "scorer": hit.scorer,
        "grade": {
            level.value: result.labels.grades[level][question].get(unit_of(hit, level), 0) for level in result.levels
        },
    }


def _reply(result: RetrievalResult, question: str) -> dict[str, Any] | None:
    if result.abstention is None:
        return None
    case = next(c for c in result.abstention.cases if c.question_id == question)
    return {"kind": case.kind, "evidence": finite(case.evidence), "ms": round(result.asked[question].ms, 2)}


def _abstention_to_json(found: Abstention) -> dict[str, Any]:
    """``observed`` is what the engine did, ``chosen`` what the best threshold for each limit would do."""
    return {
        "auc": round(found.auc, 4),
        "aurc": round(found.aurc, 4),
        "found_at_3": estimate_to_json(found.found),
        "redirected": found.redirected,
        "observed": _point(found.observed),
        "given": [_point(point) for point in found.given],
        "chosen": [{"most_false": limit, **_point(point)} for limit, point in found.chosen.items()],
        "curve": [[round(coverage, 4), round(risk, 4)] for coverage, risk in found.curve],
    }


def _point(point: Point) -> dict[str, Any]:
    return {
        "threshold": None if point.threshold is None else finite(point.threshold),
        "false_abstentions": estimate_to_json(point.false),
        "caught": estimate_to_json(point.caught),
        "coverage": round(point.coverage, 4),
        "risk": round(point.risk, 4),
    }


def finite(value: float) -> float | None:
    """Four decimals; None for an infinity, which JSON does not have."""
    return round(value, 4) if math.isfinite(value) else None
