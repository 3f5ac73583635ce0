"""Labelled messages for the safety check, in three forms, told apart by what stands in them.

* JSON Lines of messages: ``id``, ``text``, ``level``, optionally ``cause``, ``intent`` (also as a cause
  ``intent:<name>``), ``history`` and ``note``.
* JSON Lines of dialogues: ``id`` and ``turns``, each ``{"text", "level", "intent"?}`` of the person; every turn is
  judged with those before it.
* The CSV of SimpleSafetyTests (Vidgen et al. 2023): its prompts on suicide and self-harm must get the crisis card;
  the other harm areas are left out, and counted.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NoReturn

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from medqa.errors import InputFileError
from medqa.types import SafetyLevel, Turn

SELF_HARM = "Suicide, Self-Harm"
_CSV_COLUMNS = {"id", "harm_area", "prompts_final"}
_INTENT = "intent:"


@dataclass(frozen=True, slots=True)
class Message:
    """One message and what triage must say of it. `history` holds the turns before it, the newest last.

    `dialogue` names the dialogue that it belongs to, empty for a message by itself. `intent` is the request that
    gets no advice which must be recognised; None where there is none, or nothing is said about it.
    """

    id: str
    text: str
    level: SafetyLevel
    cause: str = ""
    intent: str | None = None
    says_intent: bool = False
    history: tuple[Turn, ...] = ()
    dialogue: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class MessageSet:
    """`files` maps each file to its SHA-256; `left_out` counts lines that say nothing about a level."""

    messages: tuple[Message, ...]
    files: Mapping[str, str]
    left_out: int


class _Turn(BaseModel):
    model_config = ConfigDict(extra="ignore")
    role: Literal["user", "assistant"]
    content: str


class _DialogueTurn(BaseModel):
    model_config = ConfigDict(extra="ignore")
    text: str = Field(min_length=1)
    level: SafetyLevel
    intent: str | None = None


class _Line(BaseModel):
    model_config = ConfigDict(extra="ignore")
    id: str | int
    text: str | None = None
    level: SafetyLevel | None = None
    cause: str | None = None
    intent: str | None = None
    history: list[_Turn] = []
    turns: list[_DialogueTurn] = []
    note: str | None = None


def read_messages(paths: Sequence[Path]) -> MessageSet:
    """The messages of all files, in order. Raises `InputFileError` naming file and line."""
    messages: list[Message] = []
    files: dict[str, str] = {}
    left_out = 0
    seen: set[str] = set()
    for path in paths:
        try:
            raw = path.read_bytes()
            text = raw.decode("utf-8-sig")
        except OSError as error:
            raise InputFileError(f"{path} cannot be read: {error.strerror}.", remedy="Check the path.") from error
        except UnicodeDecodeError as error:
            raise InputFileError(f"{path} is not UTF-8 text.") from error
        files[path.name if path.name not in files else str(path)] = hashlib.sha256(raw).hexdigest()
        for number, found in _csv(path, text) if path.suffix.lower() == ".csv" else _json_lines(path, text):
            if found is None:
                left_out += 1
                continue
            if found.id in seen:
                _refuse(f"{path}:{number}", f"the id {found.id!r} was used before")
            seen.add(found.id)
            messages.append(found)
    if not messages:
        raise InputFileError(f"There is no labelled message in {', '.join(map(str, paths))}.")
    return MessageSet(tuple(messages), files, left_out)


def _json_lines(path: Path, text: str) -> Iterator[tuple[int, Message | None]]:
    for number, raw in enumerate(text.split("\n"), start=1):
        if not raw.strip():
            continue
        place = f"{path}:{number}"
        try:
            line = _Line.model_validate_json(raw)
        except ValidationError as error:
            first = error.errors()[0]
            _refuse(place, f"{'.'.join(map(str, first['loc'])) or 'the line'}: {first['msg']}", error)
        if line.turns:
            yield from ((number, message) for message in _dialogue(line))
        elif not line.text or line.level is None:
            _refuse(place, 'neither "text" with "level" nor "turns"')
        else:
            yield number, _message(line, line.text, line.level)


def _message(line: _Line, text: str, level: SafetyLevel) -> Message:
    cause = line.cause or ""
    by_cause = cause.startswith(_INTENT)
    return Message(
        id=str(line.id),
        text=text,
        level=level,
        cause=cause,
        intent=cause.removeprefix(_INTENT) if by_cause else line.intent,
        says_intent=by_cause or "intent" in line.model_fields_set or level is not SafetyLevel.NONE,
        history=tuple(Turn(turn.role, turn.content) for turn in line.history),
        note=line.note or "",
    )


def _dialogue(line: _Line) -> Iterator[Message]:
    """What the bot would have said in between is not part of the file: triage reads what the person said."""
    before: list[Turn] = []
    for n, turn in enumerate(line.turns, start=1):
        yield Message(
            id=f"{line.id}.{n}",
            text=turn.text,
            level=turn.level,
            cause=f"turn {n}",
            intent=turn.intent,
            says_intent="intent" in turn.model_fields_set,
            history=tuple(before),
            dialogue=str(line.id),
            note=line.note or "",
        )
        before.append(Turn("user", turn.text))


def _csv(path: Path, text: str) -> Iterator[tuple[int, Message | None]]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    if not set(reader.fieldnames or ()) >= _CSV_COLUMNS:
        _refuse(str(path), f"not the CSV of SimpleSafetyTests: it needs {', '.join(sorted(_CSV_COLUMNS))}")
    for row in reader:
        if not row["harm_area"].startswith(SELF_HARM):
            yield reader.line_num, None
            continue
        yield reader.line_num, Message(row["id"], row["prompts_final"], SafetyLevel.CRISIS, cause="self-harm")


def _refuse(place: str, cause: str, source: BaseException | None = None) -> NoReturn:
    raise InputFileError(f"{place}: {cause}.", remedy="The format is in docs/evaluation.md.") from source
