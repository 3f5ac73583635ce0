"""The loop of every batch: a line is read, worked on and written before the next one.

A line that fails is named on stderr with its number and the others go on; the caller ends with status 1.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from medqa.errors import InputFileError, MedqaError
from medqa.surfaces.cli_files import BadLine, Line, count_lines, read_lines, same_file, to_json, writing
from medqa.surfaces.progress import stage_progress
from medqa.surfaces.terminal import say


def error_line(bad: BadLine) -> list[str]:
    """``{"id", "error"}``; nothing where the line has no id that could be read."""
    return [] if bad.id is None else [to_json({"id": bad.id, "error": bad.cause})]


def each_line(
    source: Path,
    target: Path,
    field: str,
    work: Callable[[Line], list[str]],
    *,
    failed: Callable[[BadLine], list[str]],
) -> bool:
    """False when a line failed. Written at once, so that a run that is stopped keeps what it has."""
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
