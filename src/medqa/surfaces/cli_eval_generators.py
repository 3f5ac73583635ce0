"""The work behind `medqa eval answers --compare-generators`."""

from __future__ import annotations

from pathlib import Path

import typer

from medqa.config import Settings
from medqa.evaluation.generators import compare_generators, side_by_side_lines
from medqa.evaluation.questions import read_questions
from medqa.surfaces.progress import counting


def print_generators(settings: Settings, files: tuple[Path, ...], field: str) -> None:
    """A table of both composers on the questions of `files`."""
    questions = read_questions(files, field)
    with counting("questions, twice") as progress:
        both = compare_generators(settings, questions, progress)
    for line in side_by_side_lines(both):
        typer.echo(line)
