"""How well a set's questions find what answers them: searched, judged at three levels, and timed."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from medqa.engine import Engine
from medqa.errors import InvariantError, QuestionError
from medqa.evaluation.abstention import Abstention, abstention, cases_of
from medqa.evaluation.asking import Asked, ask_all
from medqa.evaluation.gold import Grades, Labels, Level, refuse_broken, resolve
from medqa.evaluation.intervals import Estimate, mean_interval
from medqa.evaluation.measures import DEFAULT, PerQuestion, Scored, measure
from medqa.evaluation.questions import Question, QuestionSet
from medqa.evaluation.stamp import Stamp, stamp
from medqa.types import Hit

DEPTH = 100
"""Passages that are asked for. Less than this many units of a level may come of them."""
SUCCESS = "Success@3"
TAG_MEASURES = ("nDCG@10", SUCCESS)

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Searched:
    """What came back for one question, and in how many milliseconds. `error`: why nothing could."""

    question_id: str
    hits: tuple[Hit, ...] = ()
    ms: float = 0.0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds of one search, the model warm."""

    p50: float
    p95: float
    mean: float
    n: int


@dataclass(frozen=True, slots=True)
class Given:
    """A run or judgements from a file, and which level its units are of."""

    level: Level
    units: Mapping[str, Scored] | Grades


@dataclass(frozen=True, slots=True)
class RetrievalResult:
    """Everything a report needs. `values` holds each measure for each judged question at each level.

    `main` is the level that a single figure means: sections, where they were judged. `by_tag` holds, for each
    tag, the estimates at that level. `searched` is empty where a run came from a file. `asked` and `abstention`
    are there where the set holds questions of both kinds, with and without an answer.
    """

    stamp: Stamp
    depth: int
    questions: tuple[Question, ...]
    labels: Labels
    searched: Mapping[str, Searched]
    runs: Mapping[Level, Mapping[str, Scored]]
    values: Mapping[Level, PerQuestion]
    estimates: Mapping[Level, Mapping[str, Estimate]]
    by_tag: Mapping[str, Mapping[str, Estimate]]
    latency: Latency
    asked: Mapping[str, Asked] = field(default_factory=dict)
    abstention: Abstention | None = None

    @property
    def levels(self) -> tuple[Level, ...]:
        return tuple(self.values)

    @property
    def main(self) -> Level:
        return main_level(self.levels)

    @property
    def scored(self) -> int:
        """How many questions count: those with something relevant at the main level."""
        return len(judged(self.labels.grades[self.main]))

    @property
    def failed(self) -> tuple[Searched, ...]:
        return tuple(s for s in self.searched.values() if s.error)

    @property
    def asking(self) -> Latency:
        """Milliseconds of a whole reply; of no question where none was asked."""
        return latency_of([a.ms for a in self.asked.values() if not a.error])


def evaluate_retrieval(
    engine: Engine,
    questions: QuestionSet,
    *,
    measures: Sequence[str] = DEFAULT,
    depth: int = DEPTH,
    skip_broken: bool = False,
    run: Given | None = None,
    qrels: Given | None = None,
    thresholds: Sequence[float] = (),
    progress: Progress | None = None,
) -> RetrievalResult:
    """Search for every question and judge what came; or judge a `run` from elsewhere; by the set's labels or `qrels`.

    With both given the engine is not used, and only their level is judged. Raises `InputFileError` when labels
    do not fit the indexed articles (unless `skip_broken`: then those questions are left out), and the index's
    own errors. A question that cannot be searched for counts as zero. Where questions of both kinds are there,
    each is also asked, to see which ones go unanswered; `thresholds` are tried on their evidence.
    """
    if run is not None and qrels is not None and run.level is not qrels.level:
        raise InvariantError(f"a run of {run.level}s cannot be judged by labels of {qrels.level}s")
    manifest = engine.manifest() if run is None or qrels is None else None
    if qrels is None:
        labels = resolve(questions.questions, engine.places(), engine.document)
        if not skip_broken:
            refuse_broken(labels.broken)
    else:
        labels = Labels({qrels.level: {q.id: grades_of(qrels, q.id) for q in questions.questions}}, {}, (), 0, ())
    left_out = {broken.question_id for broken in labels.broken}
    kept = tuple(q for q in questions.questions if q.id not in left_out)
    searched: dict[str, Searched] = {}
    runs: dict[Level, Mapping[str, Scored]]
    if run is None:
        engine.warm()
        searched = {s.question_id: s for s in search_all(engine, kept, depth, progress)}
        runs = {level: {q.id: units_of(searched[q.id].hits, level) for q in kept} for level in labels.grades}
    else:
        runs = {run.level: {q.id: scored_of(run, q.id) for q in kept}}
    values = {level: measure(runs[level], labels.grades[level], measures) for level in runs}
    asked: dict[str, Asked] = {}
    abstaining = None
    if searched and len({q.answerable for q in kept}) == 2:
        asked = {a.question_id: a for a in ask_all(engine, kept, progress)}
        main = main_level(tuple(runs))
        success = measure(runs[main], labels.grades[main], [SUCCESS])[SUCCESS]
        abstaining = abstention(cases_of(kept, asked, success), thresholds)
    return RetrievalResult(
        stamp=stamp(engine.settings, manifest, questions=dict(questions.files), field=questions.field),
        depth=depth,
        questions=kept,
        labels=labels,
        searched=searched,
        runs=runs,
        values=values,
        estimates={level: estimates_of(values[level]) for level in values},
        by_tag=tag_estimates(kept, values[main_level(tuple(values))]),
        latency=latency_of([s.ms for s in searched.values() if not s.error]),
        asked=asked,
        abstention=abstaining,
    )


def main_level(levels: Sequence[Level]) -> Level:
    return Level.SECTION if Level.SECTION in levels else levels[0]


def grades_of(given: Given, question: str) -> dict[str, int]:
    return {unit: int(grade) for unit, grade in dict(given.units.get(question, {})).items()}


def scored_of(given: Given, question: str) -> list[tuple[str, float]]:
    return [(unit, float(score)) for unit, score in dict(given.units.get(question, ())).items()]


def search_all(
    engine: Engine, questions: Sequence[Question], depth: int, progress: Progress | None = None
) -> list[Searched]:
    """One search a question, timed one after the other."""
    found = []
    for number, question in enumerate(questions, start=1):
        start = time.perf_counter()
        try:
            hits = engine.search(question.text, depth)
        except QuestionError as error:
            found.append(Searched(question.id, error=str(error)))
        else:
            found.append(Searched(question.id, hits, (time.perf_counter() - start) * 1000.0))
        if progress:
            progress(number, len(questions))
    return found


def unit_of(hit: Hit, level: Level) -> str:
    """The name of the hit's unit across the corpus."""
    match level:
        case Level.ARTICLE:
            return hit.chunk.document_id
        case Level.SECTION:
            return hit.chunk.section_docid
        case Level.PASSAGE:
            return hit.chunk.id


def units_of(hits: Sequence[Hit], level: Level) -> list[tuple[str, float]]:
    """Each unit once, at its best passage. The score is 1 / rank: the order is the retriever's, not a score's."""
    units = dict.fromkeys(unit_of(hit, level) for hit in hits)
    return [(unit, 1.0 / rank) for rank, unit in enumerate(units, start=1)]


def estimates_of(values: PerQuestion) -> dict[str, Estimate]:
    return {name: mean_interval(by_question.values()) for name, by_question in values.items()}


def tag_estimates(questions: Sequence[Question], values: PerQuestion) -> dict[str, dict[str, Estimate]]:
    """The measures of `TAG_MEASURES` for each tag, the most frequent tag first."""
    by_tag: dict[str, list[str]] = defaultdict(list)
    for question in questions:
        for tag in question.tags:
            by_tag[tag].append(question.id)
    table = {}
    for tag, ids in sorted(by_tag.items(), key=lambda item: (-len(item[1]), item[0])):
        row = {
            name: mean_interval(values[name][i] for i in ids if i in values[name])
            for name in TAG_MEASURES
            if name in values
        }
        if any(estimate.n for estimate in row.values()):
            table[tag] = row
    return table


def latency_of(milliseconds: Sequence[float]) -> Latency:
    import numpy as np

    if not milliseconds:
        return Latency(0.0, 0.0, 0.0, 0)
    p50, p95 = np.percentile(milliseconds, [50, 95])
    return Latency(float(p50), float(p95), float(np.mean(milliseconds)), len(milliseconds))


def judged(grades: Grades) -> list[str]:
    """The questions that count: those with something relevant."""
    return [question for question, units in grades.items() if any(grade > 0 for grade in units.values())]
