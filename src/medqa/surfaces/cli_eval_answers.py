"""The work behind `medqa eval answers`."""

from __future__ import annotations

from pathlib import Path

from medqa.config import Settings
from medqa.engine import build_engine
from medqa.errors import InputFileError
from medqa.evaluation.answers import AnswersResult, evaluate_answers
from medqa.evaluation.answers_json import answers_card, answers_to_json
from medqa.evaluation.answers_report import answers_report
from medqa.evaluation.dialogues import MEASURES as DIALOGUES
from medqa.evaluation.dialogues import DialoguesResult, evaluate_dialogues, holds_dialogues
from medqa.evaluation.dialogues_report import dialogues_card, dialogues_report, dialogues_to_json, inherited, lost
from medqa.evaluation.questions import read_questions
from medqa.surfaces.cli_eval_verdict import Ending, cell, conclude
from medqa.surfaces.progress import counting
from medqa.surfaces.terminal import say

TAG_MEASURES = ("answered", "key-facts", "gold-cited", "caught")


def measure_answers(
    settings: Settings, files: tuple[Path, ...], ending: Ending, *, field: str, skip_broken: bool
) -> bool:
    """False when a question was refused or a gate was missed."""
    dialogues = [holds_dialogues(path) for path in files]
    if any(dialogues):
        if not all(dialogues):
            raise InputFileError("Questions and conversations are measured apart: give one kind at a time.")
        return measure_dialogues(settings, files, ending)
    questions = read_questions(files, field)
    engine = build_engine(settings)
    try:
        with counting("questions") as progress:
            result = evaluate_answers(engine, questions, skip_broken=skip_broken, progress=progress)
    finally:
        engine.close()
    for failed in result.failed:
        say(f"question {failed.question.id!r}: {failed.asked.error}")
    passed = conclude(
        ending,
        answers_card(result),
        lines=lambda: answers_lines(result),
        values=lambda: answers_to_json(result),
        report=lambda comparison: answers_report(result, comparison),
    )
    return passed and not result.failed


def measure_dialogues(settings: Settings, files: tuple[Path, ...], ending: Ending) -> bool:
    """False when a gate was missed."""
    engine = build_engine(settings)
    try:
        with counting("conversations") as progress:
            result = evaluate_dialogues(engine, files, progress=progress)
    finally:
        engine.close()
    return conclude(
        ending,
        dialogues_card(result),
        lines=lambda: dialogues_lines(result),
        values=lambda: dialogues_to_json(result),
        report=lambda comparison: dialogues_report(result, comparison),
    )


def dialogues_lines(result: DialoguesResult) -> list[str]:
    lines = [f"{result.dialogues} conversations, {len(result.marked)} turns after the first", ""]
    lines += [f"{name:<18}{cell(e):>22}  of {e.n:<5}{DIALOGUES[name]}" for name, e in result.estimates.items()]
    names = ("follow-up", "in-full", "subject", "no-inheritance")
    width = max((len(tag) for tag in result.by_tag), default=0) + 2
    lines += ["", f"{'by tag':<{width}}" + "".join(f"{name:>18}" for name in names)]
    for tag, row in result.by_tag.items():
        cells = (f"{row[n].value:.3f} ({row[n].n})" if n in row else "-" for n in names)
        lines.append(f"{tag:<{width}}" + "".join(f"{text:>18}" for text in cells))
    for title, turns in (("lost", lost(result)), ("given a subject", inherited(result))):
        lines += ["", f"{title}: {len(turns)}"]
        lines += [
            f"  {turn.id}  {turn.user}\n      read as: {turn.read}\n      meant: {turn.standalone}" for turn in turns
        ]
    return lines


def answers_lines(result: AnswersResult) -> list[str]:
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(result.kinds.items(), key=lambda k: -k[1]))
    lines = [
        f"{len(result.marked)} questions: {kinds}; {result.stamp.articles} articles, {result.stamp.chunks} passages",
        "",
    ]
    lines += [f"{name:<22}{cell(e):>22}  of {e.n}" for name, e in result.estimates.items()]
    lines += [
        "",
        f"words of an answer: median {result.words[0]:.0f}, 9 of 10 within {result.words[1]:.0f}",
        f"reading grade: median {result.grades[0]:.1f}, 9 of 10 within {result.grades[1]:.1f}",
        f"a reply takes {result.latency.p50:.1f} ms (p50), {result.latency.p95:.1f} ms (p95)",
    ]
    if result.by_tag:
        width = max(len(tag) for tag in result.by_tag) + 2
        lines += ["", f"{'by tag':<{width}}" + "".join(f"{name:>14}" for name in TAG_MEASURES)]
        for tag, row in result.by_tag.items():
            cells = (f"{row[n].value:.3f} ({row[n].n})" if n in row else "-" for n in TAG_MEASURES)
            lines.append(f"{tag:<{width}}" + "".join(f"{text:>14}" for text in cells))
    if result.labels.broken:
        lines += ["", f"{len(result.labels.broken)} questions left out: their labels no longer fit the articles"]
    return lines
