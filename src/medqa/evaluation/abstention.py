"""Knowing when not to answer: what a threshold on the evidence would catch, and at what price.

Selective answering after El-Yaniv and Wiener, "On the Foundations of Noise-free Selective Classification", JMLR 11,
2010. A question is *covered* when it is answered. *Risk* is the share of covered questions that should not have been
answered, or for which nothing that answers stands among the first three sections that were found.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from medqa.evaluation.asking import Asked, evidence_of, kind_of
from medqa.evaluation.intervals import Estimate, share_interval
from medqa.evaluation.questions import Question

FALSE_ABSTENTIONS = (0.02, 0.05, 0.08, 0.12)
"""Shares of answerable questions that may go unanswered, for which the best threshold is looked up."""


@dataclass(frozen=True, slots=True)
class Case:
    """One question: what should happen, what the pipeline thought of its evidence, and what it did.

    `found` says whether something that answers stood among the first three sections.
    """

    question_id: str
    answerable: bool
    found: bool
    evidence: float
    kind: str


@dataclass(frozen=True, slots=True)
class Point:
    """What happens at one threshold. `false` is the share of answerable questions that go unanswered, `caught` the
    share of unanswerable ones that do; `threshold` None: as the engine decided.
    """

    threshold: float | None
    false: Estimate
    caught: Estimate
    coverage: float
    risk: float


@dataclass(frozen=True, slots=True)
class Abstention:
    """`curve` holds (coverage, risk) from the surest question on; `aurc` is the area under it, less being better;
    `auc` the chance that an answerable question has more evidence than an unanswerable one. Both leave out questions
    that got a safety card: no evidence was weighed for those.
    """

    cases: tuple[Case, ...]
    observed: Point
    given: tuple[Point, ...]
    chosen: Mapping[float, Point]
    curve: tuple[tuple[float, float], ...]
    aurc: float
    auc: float
    found: Estimate
    redirected: int


def cases_of(
    questions: Sequence[Question], asked: Mapping[str, Asked], success: Mapping[str, float]
) -> tuple[Case, ...]:
    """`success` is Success@3 at section level for each answerable question."""
    return tuple(
        Case(
            question_id=q.id,
            answerable=q.answerable,
            found=success.get(q.id, 0.0) > 0.0,
            evidence=evidence_of(asked[q.id].reply),
            kind=kind_of(asked[q.id]),
        )
        for q in questions
    )


def abstention(cases: Sequence[Case], thresholds: Sequence[float] = ()) -> Abstention:
    """The figures over `cases`, which must hold answerable and unanswerable questions."""
    yes = [case for case in cases if case.answerable]
    curve = risk_coverage(cases)
    return Abstention(
        cases=tuple(cases),
        observed=_point(None, cases, {c.question_id for c in cases if c.kind == "answered"}),
        given=tuple(at_threshold(cases, threshold) for threshold in thresholds),
        chosen={limit: at_threshold(cases, choose(cases, limit)) for limit in FALSE_ABSTENTIONS},
        curve=curve,
        aurc=sum(risk for _, risk in curve) / len(curve),
        auc=separation(
            [c.evidence for c in yes if c.kind != "redirected"],
            [c.evidence for c in cases if not c.answerable and c.kind != "redirected"],
        ),
        found=share_interval(sum(c.found for c in yes), len(yes)),
        redirected=sum(c.kind == "redirected" for c in cases),
    )


def at_threshold(cases: Sequence[Case], threshold: float) -> Point:
    """What an engine would do that answers from this evidence on. A safety card is never an answer."""
    answered = {c.question_id for c in cases if c.kind != "redirected" and c.evidence >= threshold}
    return _point(threshold, cases, answered)


def choose(cases: Sequence[Case], most_false: float) -> float:
    """The greatest threshold that leaves at most that share of the answerable questions unanswered.

    Half-way to the next smaller evidence of any question, so that the threshold does not sit on a question.
    Questions that got a safety card, or that no threshold would answer, count as unanswered. Minus infinity
    where these alone are too many.
    """
    yes = [c for c in cases if c.answerable]
    scores = sorted((c.evidence for c in yes if c.kind != "redirected" and c.evidence > -math.inf), reverse=True)
    needed = len(yes) - math.floor(most_false * len(yes) + 1e-9)
    if needed > len(scores) or not scores:
        return -math.inf
    lowest = scores[max(needed, 1) - 1]
    below = [c.evidence for c in cases if -math.inf < c.evidence < lowest]
    return (lowest + max(below)) / 2 if below else lowest


def risk_coverage(cases: Sequence[Case]) -> tuple[tuple[float, float], ...]:
    """(coverage, risk) after each question, the surest first. Equal evidence comes in together."""
    ordered = sorted((c for c in cases if c.kind != "redirected"), key=lambda c: -c.evidence)
    points: list[tuple[float, float]] = []
    wrong = 0
    for number, case in enumerate(ordered, start=1):
        wrong += not (case.answerable and case.found)
        if number < len(ordered) and ordered[number].evidence == case.evidence:
            continue
        points.append((number / len(ordered), wrong / number))
    return tuple(points)


def separation(answerable: Sequence[float], unanswerable: Sequence[float]) -> float:
    """The area under the ROC curve: the share of pairs in the right order, equal ones counting half."""
    if not answerable or not unanswerable:
        return 0.0
    won = sum((yes > no) + 0.5 * (yes == no) for yes in answerable for no in unanswerable)
    return won / (len(answerable) * len(unanswerable))


def _point(threshold: float | None, cases: Sequence[Case], answered: set[str]) -> Point:
    yes = [c for c in cases if c.answerable]
    no = [c for c in cases if not c.answerable]
    wrong = sum(c.question_id in answered and not (c.answerable and c.found) for c in cases)
    return Point(
        threshold=threshold,
        false=share_interval(sum(c.question_id not in answered for c in yes), len(yes)),
        caught=share_interval(sum(c.question_id not in answered for c in no), len(no)),
        coverage=len(answered) / len(cases) if cases else 0.0,
        risk=wrong / len(answered) if answered else 0.0,
    )
