"""Ranking measures for every question, by `ir_measures` (trec_eval's own numbers).

A question without a result, or missing from the run, counts as zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from medqa.errors import InputFileError
from medqa.evaluation.gold import Grades

DEFAULT = ("nDCG@10", "AP", "RR", "R@10", "R@100", "Success@1", "Success@3", "Success@10")
"""AP is average precision (its mean is MAP), RR reciprocal rank (MRR), R recall; see https://ir-measur.es."""

Scored = Sequence[tuple[str, float]]
"""Units with their scores, best first."""
PerQuestion = Mapping[str, Mapping[str, float]]
"""By measure, then by question id."""


def check_measures(names: Sequence[str]) -> tuple[str, ...]:
    """The measures by the names that `ir_measures` gives them. Raises `InputFileError` for an unknown one."""
    import ir_measures

    checked = []
    for name in names:
        try:
            checked.append(str(ir_measures.parse_measure(name)))
        except (NameError, ValueError) as error:
            raise InputFileError(
                f"{name!r} is not a measure.", remedy=f"Known ones are, for example: {', '.join(DEFAULT)}."
            ) from error
    return tuple(dict.fromkeys(checked))


def measure(run: Mapping[str, Scored], grades: Grades, names: Sequence[str] = DEFAULT) -> PerQuestion:
    """Each measure for each question that has a relevant unit, in the order of `grades`."""
    import ir_measures

    judged = {question: units for question, units in grades.items() if any(g > 0 for g in units.values())}
    if not judged:
        return {name: {} for name in names}
    parsed = [ir_measures.parse_measure(name) for name in names]
    qrels = [ir_measures.Qrel(q, unit, grade) for q, units in judged.items() for unit, grade in units.items()]
    scored = [ir_measures.ScoredDoc(q, unit, score) for q in judged for unit, score in run.get(q, ())]
    values: dict[str, dict[str, float]] = {name: dict.fromkeys(judged, 0.0) for name in names}
    named = dict(zip(map(str, parsed), names, strict=True))
    for metric in ir_measures.iter_calc(parsed, qrels, scored):
        values[named[str(metric.measure)]][metric.query_id] = float(metric.value)
    return values
