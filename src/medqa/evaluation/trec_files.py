"""Runs and relevance judgements in the TREC formats: ``qid Q0 docid rank score tag`` and ``qid 0 docid grade``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from medqa.errors import InputFileError
from medqa.evaluation.gold import Grades
from medqa.evaluation.measures import Scored

TAG = "medqa"


def read_run(path: Path) -> dict[str, list[tuple[str, float]]]:
    """By question id, units with their scores, best first; equal scores in the order of trec_eval (by docid,
    last first). The rank column is not read: trec_eval goes by the score. Raises `InputFileError` naming the line.
    """
    run: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for number, fields in _rows(path, 6):
        try:
            run[fields[0]].append((fields[2], float(fields[4])))
        except ValueError as error:
            raise InputFileError(f"{path}:{number}: the score {fields[4]!r} is not a number.") from error
    return {
        question: sorted(units, key=lambda unit: (unit[1], unit[0]), reverse=True) for question, units in run.items()
    }


def read_qrels(path: Path) -> Grades:
    """By question id, the grade of each judged unit. Raises `InputFileError` naming the line."""
    grades: dict[str, dict[str, int]] = defaultdict(dict)
    for number, fields in _rows(path, 4):
        try:
            grades[fields[0]][fields[2]] = int(fields[3])
        except ValueError as error:
            raise InputFileError(f"{path}:{number}: the grade {fields[3]!r} is not a whole number.") from error
    return dict(grades)


def write_run(out: TextIO, run: Mapping[str, Scored]) -> None:
    for question, units in run.items():
        for rank, (unit, score) in enumerate(units, start=1):
            out.write(f"{_token(question)} Q0 {_token(unit)} {rank} {score:.9f} {TAG}\n")


def write_qrels(out: TextIO, grades: Grades) -> None:
    for question, units in grades.items():
        for unit, grade in sorted(units.items()):
            out.write(f"{_token(question)} 0 {_token(unit)} {grade}\n")


def _rows(path: Path, columns: int) -> list[tuple[int, list[str]]]:
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        raise InputFileError(f"{path} cannot be read: {error.strerror}.", remedy="Check the path.") from error
    except UnicodeDecodeError as error:
        raise InputFileError(f"{path} is not UTF-8 text.") from error
    rows = [(number, line.split()) for number, line in enumerate(lines, start=1) if line.strip()]
    for number, fields in rows:
        if len(fields) != columns:
            raise InputFileError(f"{path}:{number}: {len(fields)} columns instead of {columns}.")
    return rows


def _token(text: str) -> str:
    if not text or any(c.isspace() for c in text):
        raise InputFileError(f"A TREC file cannot hold the id {text!r}: it is empty or has a space in it.")
    return text
