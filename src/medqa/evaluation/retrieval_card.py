"""The scorecard of a retrieval measurement."""

from __future__ import annotations

from medqa.evaluation.intervals import Estimate
from medqa.evaluation.retrieval import RetrievalResult
from medqa.evaluation.scorecard import Figure, Scorecard


def retrieval_card(result: RetrievalResult) -> Scorecard:
    """``<level>:<measure>`` for every level, ``abstention:...`` where it was looked at, ``ms:p50`` and ``ms:p95``."""
    figures = {
        f"{level.value}:{name}": Figure(result.estimates[level][name], dict(values))
        for level in result.levels
        for name, values in result.values[level].items()
    }
    found = result.abstention
    if found is not None:
        unanswered = {c.question_id: float(c.kind != "answered") for c in found.cases}
        yes = {c.question_id for c in found.cases if c.answerable}
        figures["abstention:caught"] = Figure(
            found.observed.caught, {q: v for q, v in unanswered.items() if q not in yes}
        )
        figures["abstention:false"] = Figure(
            found.observed.false, {q: v for q, v in unanswered.items() if q in yes}, less_is_better=True
        )
        figures["abstention:auc"] = _bare(found.auc, len(found.cases))
        figures["abstention:aurc"] = _bare(found.aurc, len(found.cases), less=True)
    if result.latency.n:
        for name in ("p50", "p95"):
            figures[f"ms:{name}"] = _bare(getattr(result.latency, name), result.latency.n, less=True)
    return Scorecard("retrieval", result.stamp.to_json(), figures, main=f"{result.main.value}:")


def _bare(value: float, n: int, *, less: bool = False) -> Figure:
    return Figure(Estimate(value, value, value, n), {}, less_is_better=less)
