"""The work behind `medqa eval retrieval`: files in, figures out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from medqa.config import Settings
from medqa.engine import build_engine
from medqa.evaluation.abstention import Abstention, Point
from medqa.evaluation.gold import Level
from medqa.evaluation.measures import DEFAULT, check_measures
from medqa.evaluation.questions import Question, QuestionSet, read_questions
from medqa.evaluation.retrieval import Given, RetrievalResult, evaluate_retrieval
from medqa.evaluation.retrieval_card import retrieval_card
from medqa.evaluation.retrieval_json import retrieval_to_json
from medqa.evaluation.retrieval_report import retrieval_report
from medqa.evaluation.trec_files import read_qrels, read_run, write_qrels, write_run
from medqa.surfaces.cli_errors import WrongUsage
from medqa.surfaces.cli_eval_verdict import Ending, cell, conclude
from medqa.surfaces.cli_files import writing
from medqa.surfaces.progress import counting
from medqa.surfaces.terminal import say


@dataclass(frozen=True, slots=True)
class RetrievalJob:
    """The options of the command."""

    questions: tuple[Path, ...]
    field: str
    depth: int
    measures: tuple[str, ...]
    level: str
    run: Path | None
    qrels: Path | None
    run_out: Path | None
    qrels_out: Path | None
    thresholds: tuple[float, ...]
    skip_broken: bool
    ending: Ending


def measure_retrieval(settings: Settings, job: RetrievalJob) -> bool:
    """False when a question could not be searched for or a gate was missed."""
    if job.level not in tuple(Level):
        raise WrongUsage(f"--level is one of: {', '.join(Level)}.")
    level = Level(job.level)
    measures = check_measures(job.measures or DEFAULT)
    run = Given(level, read_run(job.run)) if job.run else None
    qrels = Given(level, read_qrels(job.qrels)) if job.qrels else None
    if job.questions:
        questions = read_questions(job.questions, job.field)
    else:
        named = qrels.units if qrels else {}
        questions = QuestionSet(tuple(Question(id, text="") for id in named), {}, job.field)
    engine = build_engine(settings)
    try:
        with counting("questions") as progress:
            result = evaluate_retrieval(
                engine,
                questions,
                measures=measures,
                depth=job.depth,
                skip_broken=job.skip_broken,
                run=run,
                qrels=qrels,
                thresholds=job.thresholds,
                progress=progress,
            )
    finally:
        engine.close()
    if job.run_out:
        with writing(job.run_out) as out:
            write_run(out, result.runs[level])
    if job.qrels_out:
        with writing(job.qrels_out) as out:
            write_qrels(out, result.labels.grades[level])
    for failed in result.failed:
        say(f"question {failed.question_id!r}: {failed.error}")
    passed = conclude(
        job.ending,
        retrieval_card(result),
        lines=lambda: retrieval_lines(result),
        values=lambda: retrieval_to_json(result),
        report=lambda comparison: retrieval_report(result, comparison),
    )
    return passed and not result.failed


def retrieval_lines(result: RetrievalResult) -> list[str]:
    """The figures as plain text, under 80 columns."""
    stamp = result.stamp
    lines = [
        f"{len(result.questions)} questions, {result.scored} with an answer to find"
        + (f"; {stamp.articles} articles, {stamp.chunks} passages" if stamp.build_id else ""),
        "",
        f"{'':<12}" + "".join(f"{level.value:>22}" for level in result.levels),
    ]
    for name in result.estimates[result.main]:
        cells = "".join(f"{cell(result.estimates[level][name]):>22}" for level in result.levels)
        lines.append(f"{name:<12}{cells}")
    if result.by_tag:
        names = list(next(iter(result.by_tag.values())))
        width = max(len(tag) for tag in result.by_tag) + 2
        lines += ["", f"{'by tag, ' + result.main.value:<{width}}{'n':>5}" + "".join(f"{n:>22}" for n in names)]
        for tag, row in result.by_tag.items():
            n = next(iter(row.values())).n
            lines.append(f"{tag:<{width}}{n:>5}" + "".join(f"{cell(row[name]):>22}" for name in names))
    if result.latency.n:
        lines += ["", f"a search takes {result.latency.p50:.1f} ms (p50), {result.latency.p95:.1f} ms (p95)"]
    if result.abstention:
        lines += ["", *abstention_lines(result.abstention)]
        lines.append(f"a reply takes {result.asking.p50:.1f} ms (p50), {result.asking.p95:.1f} ms (p95)")
    labels = result.labels
    if labels.unknown:
        lines.append(f"{len(labels.unknown)} labelled sections are not in the index; they count as not found")
    if labels.broken:
        lines.append(f"{len(labels.broken)} questions left out: their labels no longer fit the articles")
    if labels.moved:
        lines.append(f"{labels.moved} gold quotes were found at other offsets than the set says")
    return lines


def abstention_lines(found: Abstention) -> list[str]:
    """What went unanswered, and what other thresholds on the evidence would do."""
    head = f"{'abstaining':<26}{'falsely (answerable)':>24}{'rightly (unanswerable)':>24}"
    lines = [head, _point("as it is configured", found.observed)]
    lines += [_point(f"below {point.threshold:.3f}", point) for point in found.given]
    for limit, point in found.chosen.items():
        if point.threshold is not None and math.isfinite(point.threshold):
            lines.append(_point(f"below {point.threshold:.3f}, for {limit:.0%}", point))
    lines.append(f"evidence tells the two apart: AUC {found.auc:.3f}; risk over coverage: area {found.aurc:.3f}")
    if found.redirected:
        lines.append(f"{found.redirected} questions got a safety card or a refusal instead of an answer")
    return lines


def _point(name: str, point: Point) -> str:
    return f"{name:<26}{cell(point.false):>24}{cell(point.caught):>24}"
