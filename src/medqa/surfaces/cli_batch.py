"""Many questions in one run: JSON Lines in, JSON Lines or a TREC run out.

A line that fails is named on stderr with its number and the others go on; the caller ends with status 1.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from medqa.config import Settings
from medqa.engine import Engine, build_engine, triage_only
from medqa.errors import InputFileError, MedqaError
from medqa.presentation import reply_to_json
from medqa.surfaces.cli_files import BadLine, Line, count_lines, read_lines, same_file, to_json, writing
from medqa.surfaces.progress import stage_progress
from medqa.surfaces.terminal import say
from medqa.surfaces.trec import Unit, ranked_units, run_lines


def ask_all(settings: Settings, source: Path, target: Path, field: str) -> bool:
    """Answer every line of `source`. False when one failed: it gets ``{"id", "error"}``."""
    engine = build_engine(settings)
    try:
        # a missing or damaged index is one failure, not one a line
        engine.index_info()
        return _each(source, target, field, lambda line: [_answer(engine, line)], failed=_error_line)
    finally:
        engine.close()


def search_all(settings: Settings, source: Path, target: Path, field: str, *, unit: Unit, k: int) -> bool:
    """Write a TREC run of the first `k` units for every line. False when one failed: it has no lines."""
    engine = build_engine(settings)

    def ranked(line: Line) -> list[str]:
        return run_lines(line.id, ranked_units(lambda n: engine.search(line.text, n), unit, k))

    try:
        engine.index_info()
        return _each(source, target, field, ranked, failed=lambda bad: [])
    finally:
        engine.close()


def triage_all(settings: Settings, source: Path, target: Path, field: str) -> bool:
    """Judge every line of `source`. False when one could not be read: it gets ``{"id", "error"}``."""
    region = settings.safety.region

    def judged(line: Line) -> list[str]:
        verdict = triage_only(line.text, line.history, region=region)
        fields = {"level": verdict.level.value, "rule_id": verdict.rule_id, "intent": verdict.intent}
        return [to_json({"id": line.id, **fields, "redirects": verdict.redirects})]

    return _each(source, target, field, judged, failed=_error_line)


def _answer(engine: Engine, line: Line) -> str:
    return to_json({"id": line.id, **reply_to_json(engine.ask(line.text, line.history))})


def _error_line(bad: BadLine) -> list[str]:
    return [] if bad.id is None else [to_json({"id": bad.id, "error": bad.cause})]


def _each(
    source: Path,
    target: Path,
    field: str,
    work: Callable[[Line], list[str]],
    *,
    failed: Callable[[BadLine], list[str]],
) -> bool:
    """Lines are read as they are needed and written at once, so that a run that is stopped keeps what it has."""
    if same_file(target, source):
        raise InputFileError(f"{target} is the input as well.", remedy="Write to another file.")
    done = bad = 0
    total = count_lines(source)
    with writing(target) as out, stage_progress() as progress:
        for number, line in enumerate(read_lines(source, field), start=1):
            written: list[str]
            if isinstance(line, Line):
                try:
                    written = work(line)
                    done += 1
                except MedqaError as error:
                    line = BadLine(line.number, line.id, str(error))
            if isinstance(line, BadLine):
                bad += 1
                say(f"{source}:{line.number}: {line.cause}")
                written = failed(line)
            out.writelines(f"{text}\n" for text in written)
            out.flush()
            if progress:
                progress("questions", number, total)
    say(f"{done} done, {bad} failed.")
    return bad == 0
