"""Files that commands read and write: JSON Lines of questions, a conversation, JSON for other programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from medqa.errors import InputFileError
from medqa.types import Turn

STANDARD = Path("-")
"""In place of a file: standard input or output."""

MAX_TURNS = 200
"""A longer conversation is refused: nobody has one, and every turn is read again by triage."""


@dataclass(frozen=True, slots=True)
class Line:
    """One usable line of a JSON Lines file. `id` is given back as it came; `number` counts from 1."""

    number: int
    id: str | int
    text: str
    history: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that cannot be used, and why. `id` is None where not even that could be read."""

    number: int
    id: str | int | None
    cause: str


def read_lines(path: Path, field: str) -> Iterator[Line | BadLine]:
    """The lines of ``{"id", <field>, "history"?}`` objects, blank lines skipped, in order.

    Raises `InputFileError` when the file cannot be opened or is not UTF-8; a single bad line is a `BadLine`.
    """
    seen: set[str] = set()
    with _reading(path) as lines:
        for number, raw in enumerate(lines, start=1):
            if not raw.strip():
                continue
            line = _parse(number, raw, field)
            if isinstance(line, Line):
                if str(line.id) in seen:
                    line = BadLine(number, line.id, f"the id {line.id!r} was used by a line before")
                else:
                    seen.add(str(line.id))
            yield line


def _parse(number: int, raw: bytes, field: str) -> Line | BadLine:
    try:
        item = json.loads(raw.decode("utf-8-sig" if number == 1 else "utf-8"))
    except UnicodeDecodeError as error:
        return BadLine(number, None, f"not UTF-8 (byte {error.start + 1} of the line)")
    except json.JSONDecodeError as error:
        return BadLine(number, None, f"not JSON: {error.msg} (column {error.colno})")
    except RecursionError:
        return BadLine(number, None, "nested too deeply")
    if not isinstance(item, dict):
        return BadLine(number, None, "not a JSON object")
    line_id = item.get("id")
    if isinstance(line_id, bool) or not isinstance(line_id, str | int) or line_id == "":
        return BadLine(number, None, 'no "id" (a text or a whole number)')
    text = item.get(field)
    if not isinstance(text, str):
        return BadLine(number, line_id, f'no text in "{field}"')
    try:
        history = parse_turns(item.get("history") or [])
    except ValueError as error:
        return BadLine(number, line_id, f'"history": {error}')
    return Line(number, line_id, text, history)


def read_history(path: Path | None) -> tuple[Turn, ...]:
    """A conversation from a JSON list of ``{"role", "content"}``; empty without a file."""
    if path is None:
        return ()
    try:
        return parse_turns(json.loads(path.read_bytes()))
    except OSError as error:
        raise InputFileError(f"The conversation {path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:  # JSON and UTF-8 errors are ValueErrors
        raise InputFileError(
            f"{path} is not a conversation: {error}.", remedy='It must be a JSON list of {"role", "content"}.'
        ) from error


def parse_turns(value: object) -> tuple[Turn, ...]:
    """Turns of a parsed JSON value. Raises ValueError that names the entry, counted from 1."""
    if not isinstance(value, list):
        raise ValueError("not a list")
    if len(value) > MAX_TURNS:
        raise ValueError(f"{len(value)} turns; at most {MAX_TURNS} are read")
    turns = []
    for number, entry in enumerate(value, start=1):
        role = entry.get("role") if isinstance(entry, dict) else None
        content = entry.get("content") if isinstance(entry, dict) else None
        if role not in ("user", "assistant") or not isinstance(content, str):
            raise ValueError(f'entry {number} is not {{"role": "user" or "assistant", "content": text}}')
        turns.append(Turn(role, content))
    return tuple(turns)


def to_json(value: Any, *, indent: int | None = None) -> str:
    """JSON with its characters as they are; escaped only where a lone surrogate has no UTF-8 form."""
    text = json.dumps(value, ensure_ascii=False, indent=indent, allow_nan=False)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, ensure_ascii=True, indent=indent, allow_nan=False)
    return text


def print_json(value: Any) -> None:
    sys.stdout.write(to_json(value, indent=2) + "\n")


@contextmanager
def writing(path: Path) -> Iterator[TextIO]:
    """A UTF-8 text file to write to, ``-`` for standard output. Raises `InputFileError`."""
    if path == STANDARD:
        yield sys.stdout
        return
    try:
        with path.open("w", encoding="utf-8", newline="\n") as file:
            yield file
    except OSError as error:
        if error.filename is None:
            raise  # not about opening this file
        raise InputFileError(f"{path} cannot be written: {error.strerror}.", remedy="Choose another place.") from error


@contextmanager
def _reading(path: Path) -> Iterator[Iterator[bytes]]:
    if path == STANDARD:
        yield iter(sys.stdin.buffer)
        return
    try:
        file = path.open("rb")
    except OSError as error:
        raise InputFileError(f"{path} cannot be read: {error.strerror}.", remedy="Check the path.") from error
    with file:
        yield iter(file)


def same_file(first: Path, second: Path) -> bool:
    """Whether both paths are one existing file."""
    return first != STANDARD and first.exists() and second.exists() and first.samefile(second)


def count_lines(path: Path) -> int:
    """Lines of a file, for a progress bar; 0 for a stream. Raises `InputFileError` when it cannot be opened."""
    if path == STANDARD or (path.exists() and not path.is_file()):
        return 0
    with _reading(path) as lines:
        return sum(1 for _ in lines)
