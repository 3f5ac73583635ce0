"""Question sets: JSON Lines with the questions and what a good answer to each rests on.

Two forms of labels are read, and one set may hold both:

* ``gold``: a list of ``{"article_id", "section_id"?, "quote", "grade"?, "start"?, "end"?}``. The quote is the
  anchor; the offsets count code points of the stored article text and are checked against it (`gold`).
* ``relevant``: ``{section id across the corpus: grade}``, for corpora whose sections came with labels.

Further fields: ``id``, the question (any text field, by name), ``tags``, ``answerable`` (default true),
``key_facts`` and ``must_not`` (regular expressions), ``may_cite`` (section ids across the corpus, or
``{"article_id", "section_id"}``) and ``note``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, NoReturn

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from medqa.errors import InputFileError

Grade = Annotated[int, Field(ge=0, le=10)]


@dataclass(frozen=True, slots=True)
class Gold:
    """A quote that answers. `start` and `end` are None where the set gives no offsets."""

    article_id: str
    quote: str
    grade: int = 1
    section_id: str | None = None
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """One question with its labels. `place` is where it was read (``file:line``), for messages."""

    id: str
    text: str
    tags: tuple[str, ...] = ()
    answerable: bool = True
    gold: tuple[Gold, ...] = ()
    relevant: Mapping[str, int] = field(default_factory=dict)
    key_facts: tuple[str, ...] = ()
    must_not: tuple[str, ...] = ()
    may_cite: tuple[str, ...] = ()
    note: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """The questions of one or more files, in order. `files` maps each file to its SHA-256."""

    questions: tuple[Question, ...]
    files: Mapping[str, str]
    field: str = "question"


class _GoldLine(BaseModel):
    model_config = ConfigDict(extra="ignore")
    article_id: str
    quote: str = Field(min_length=1)
    grade: Grade = 1
    section_id: str | None = None
    start: int | None = Field(None, ge=0)
    end: int | None = Field(None, ge=0)


class _SectionLine(BaseModel):
    model_config = ConfigDict(extra="ignore")
    article_id: str
    section_id: str


class _Line(BaseModel):
    model_config = ConfigDict(extra="allow")
    id: str | int
    tags: list[str] = []
    answerable: bool = True
    gold: list[_GoldLine] = []
    relevant: dict[str, Grade] = {}
    key_facts: list[str] = []
    must_not: list[str] = []
    may_cite: list[str | _SectionLine] = []
    note: str = ""


def read_questions(paths: Sequence[Path], field: str = "question") -> QuestionSet:
    """The questions of all files, `field` of each line being the question.

    Raises `InputFileError` naming file and line: not JSON, a field missing or malformed, an id used twice, an
    answerable question without a label, an unanswerable one with labels.
    """
    questions: list[Question] = []
    files: dict[str, str] = {}
    places: dict[str, str] = {}
    for path in paths:
        try:
            raw = path.read_bytes()
        except OSError as error:
            raise InputFileError(f"{path} cannot be read: {error.strerror}.", remedy="Check the path.") from error
        files[path.name if path.name not in files else str(path)] = hashlib.sha256(raw).hexdigest()
        for question in _parsed(path, raw, field):
            if question.id in places:
                _refuse(question.place, f"the id {question.id!r} was used at {places[question.id]}")
            places[question.id] = question.place
            questions.append(question)
    if not questions:
        raise InputFileError(f"There is no question in {', '.join(map(str, paths))}.")
    return QuestionSet(tuple(questions), files, field)


def _parsed(path: Path, raw: bytes, field: str) -> Iterable[Question]:
    for number, line in enumerate(raw.split(b"\n"), start=1):
        if not line.strip():
            continue
        place = f"{path}:{number}"
        try:
            value = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
            parsed = _Line.model_validate(value)
        except ValidationError as error:
            first = error.errors()[0]
            _refuse(place, f"{'.'.join(map(str, first['loc'])) or 'the line'}: {first['msg']}", error)
        except (ValueError, RecursionError) as error:
            _refuse(place, f"not JSON in UTF-8: {error}", error)
        yield _question(place, parsed, field)


def _question(place: str, line: _Line, field: str) -> Question:
    text = (line.model_extra or {}).get(field)
    if not isinstance(text, str) or not text.strip():
        _refuse(place, f'no text in "{field}"')
    labelled = bool(line.gold or any(grade > 0 for grade in line.relevant.values()))
    if line.answerable and not labelled:
        _refuse(place, f"question {line.id!r} is answerable but has neither gold nor relevant")
    if not line.answerable and labelled:
        _refuse(place, f"question {line.id!r} is not answerable but has labels")
    for pattern in (*line.key_facts, *line.must_not):
        try:
            re.compile(pattern)
        except re.error as error:
            _refuse(place, f"{pattern!r} is not a regular expression: {error}", error)
    return Question(
        id=str(line.id),
        text=text,
        tags=tuple(dict.fromkeys(line.tags)),
        answerable=line.answerable,
        gold=tuple(Gold(**gold.model_dump()) for gold in line.gold),
        relevant=dict(line.relevant),
        key_facts=tuple(line.key_facts),
        must_not=tuple(line.must_not),
        may_cite=tuple(s if isinstance(s, str) else f"{s.article_id}#{s.section_id}" for s in line.may_cite),
        note=line.note,
        place=place,
    )


def _refuse(place: str, cause: str, source: BaseException | None = None) -> NoReturn:
    raise InputFileError(f"{place}: {cause}.", remedy="The format is in docs/evaluation.md.") from source
