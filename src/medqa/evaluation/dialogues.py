"""Conversations: does a follow-up find what the same question finds when it is asked in full?

A set holds one conversation a line: ``{"id", "tags", "turns": [{"user", "standalone", "subjects", "inherits", "gold",
"answerable"}]}``. Every turn but the first is read with the messages before it, searched for as it was read and as
`standalone` puts it, and compared with its gold sections among the first three.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from medqa.engine import Engine
from medqa.errors import InputFileError
from medqa.evaluation.intervals import Estimate, mean_interval, share_interval
from medqa.evaluation.stamp import Stamp, stamp
from medqa.knowledge.folding import fold
from medqa.knowledge.lexicon import Lexicon
from medqa.ports import Progress
from medqa.types import Turn

FIRST = 3
DEPTH = 30
MEASURES = {
    "follow-up": "follow-ups that find a gold section among the first three",
    "in-full": "the same questions, asked in full",
    "difference": "what the conversation costs (in full less follow-up)",
    "own": "turns of their own that find a gold section among the first three",
    "no-inheritance": "turns of their own that were left as they are",
    "subject": "follow-ups that name every subject they are about, once they are read",
    "card": "turns that got a safety card",
}
LESS_IS_BETTER = frozenset({"difference", "card"})


class _GoldLine(BaseModel):
    model_config = ConfigDict(extra="ignore")
    article_id: str
    section_id: str


class _TurnLine(BaseModel):
    model_config = ConfigDict(extra="ignore")
    user: str = Field(min_length=1)
    standalone: str = Field(min_length=1)
    subjects: list[str] = []
    inherits: bool = False
    gold: list[_GoldLine] = []
    answerable: bool = True


class _DialogueLine(BaseModel):
    model_config = ConfigDict(extra="ignore")
    id: str
    tags: list[str] = []
    turns: list[_TurnLine] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class MarkedTurn:
    """One turn after the first. `values` holds 0 or 1 for each of `MEASURES` that it counts for; `read` is how it was
    read, `note` what was done to it."""

    id: str
    tags: tuple[str, ...]
    user: str
    standalone: str
    read: str
    note: str
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class DialoguesResult:
    stamp: Stamp
    dialogues: int
    marked: tuple[MarkedTurn, ...]
    estimates: Mapping[str, Estimate]
    by_tag: Mapping[str, Mapping[str, Estimate]]


def holds_dialogues(path: Path) -> bool:
    """Whether the first line of a set is a conversation. False for what cannot be read: its reader tells why."""
    try:
        with path.open(encoding="utf-8-sig") as lines:
            first = json.loads(next((line for line in lines if line.strip()), "null"))
    except (OSError, ValueError):
        return False
    return isinstance(first, dict) and "turns" in first


def evaluate_dialogues(engine: Engine, paths: Sequence[Path], *, progress: Progress | None = None) -> DialoguesResult:
    """Raises `InputFileError` for a line that is no conversation, and the index's own errors."""
    files: dict[str, str] = {}
    dialogues: list[_DialogueLine] = []
    for path in paths:
        raw = path.read_bytes()
        files[path.name if path.name not in files else str(path)] = hashlib.sha256(raw).hexdigest()
        dialogues += _read(path, raw)
    lexicon = Lexicon.load()
    marked: list[MarkedTurn] = []
    for done, dialogue in enumerate(dialogues, start=1):
        history: list[Turn] = []
        for number, turn in enumerate(dialogue.turns):
            if number:
                marked.append(_marked(engine, lexicon, dialogue, number, history))
            history.append(Turn("user", turn.user))
        if progress is not None:
            progress(done, len(dialogues))
    tags = dict.fromkeys(tag for turn in marked for tag in turn.tags)
    return DialoguesResult(
        stamp=stamp(engine.settings, engine.manifest(), questions=files, field="turns"),
        dialogues=len(dialogues),
        marked=tuple(marked),
        estimates=_estimates(marked),
        by_tag={tag: _estimates([turn for turn in marked if tag in turn.tags]) for tag in tags},
    )


def _read(path: Path, raw: bytes) -> list[_DialogueLine]:
    found = []
    for number, line in enumerate(raw.decode("utf-8-sig").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            found.append(_DialogueLine.model_validate(json.loads(line)))
        except ValidationError as error:
            first = error.errors()[0]
            raise InputFileError(
                f"{path}:{number}: {'.'.join(map(str, first['loc']))}: {first['msg']}.",
                remedy="The format is in docs/conversation.md.",
            ) from error
        except ValueError as error:
            raise InputFileError(f"{path}:{number}: not JSON: {error}.") from error
    return found


def _marked(
    engine: Engine, lexicon: Lexicon, dialogue: _DialogueLine, number: int, history: Sequence[Turn]
) -> MarkedTurn:
    turn = dialogue.turns[number]
    read = engine.standalone(turn.user, history)
    values: dict[str, float] = {"card": float(engine.triage(turn.user, history).redirects)}
    if turn.inherits:
        values["subject"] = float(all(_names(read.text, subject, lexicon) for subject in turn.subjects))
    else:
        values["no-inheritance"] = float(not read.changed)
    gold = {f"{g.article_id}#{g.section_id}" for g in turn.gold}
    if turn.answerable and gold:
        found = _finds(engine, turn.user, gold, history)
        if turn.inherits:
            full = _finds(engine, turn.standalone, gold)
            values |= {"follow-up": found, "in-full": full, "difference": full - found}
        else:
            values["own"] = found
    return MarkedTurn(
        f"{dialogue.id}.{number}", tuple(dialogue.tags), turn.user, turn.standalone, read.text, read.note, values
    )


def _finds(engine: Engine, question: str, gold: set[str], history: Sequence[Turn] = ()) -> float:
    sections = dict.fromkeys(hit.chunk.section_docid for hit in engine.search(question, DEPTH, history))
    return float(any(section in gold for section in list(sections)[:FIRST]))


def _names(text: str, subject: str, lexicon: Lexicon) -> bool:
    """Whether `text` says the subject, by its own words or by any name that the lexicon has for it."""
    if fold(subject) in fold(text):
        return True
    wanted = {m.name for m in lexicon.mentions(subject)} or {subject}
    named = {m.name for m in lexicon.mentions(text)}
    return bool(wanted & named)


def _estimates(marked: Sequence[MarkedTurn]) -> dict[str, Estimate]:
    estimates = {}
    for name in MEASURES:
        values = [turn.values[name] for turn in marked if name in turn.values]
        if values:
            shares = name != "difference"
            estimates[name] = share_interval(int(sum(values)), len(values)) if shares else mean_interval(values)
    return estimates
