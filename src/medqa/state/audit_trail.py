"""Who changed what and when, as a table that only grows: its triggers refuse every change of a line."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from medqa.state.database import StateDatabase

Detail = Mapping[str, str | int | bool | None]


@dataclass(frozen=True, slots=True)
class TrailEntry:
    """`at` is an ISO time in UTC; `subject` what was acted on, such as an article's id."""

    id: int
    at: str
    actor: str
    action: str
    subject: str
    detail: Detail


class AuditTrail:
    """The table ``audit_trail`` of the state file of an index folder. Entries are never changed or removed."""

    def __init__(self, root: Path) -> None:
        self._database = StateDatabase(root)

    def add(self, actor: str, action: str, subject: str, **detail: str | int | bool | None) -> None:
        """Note an act that stands by itself. One that changes the state file notes itself in its transaction."""
        with self._database.writing() as db:
            note_act(db, actor, action, subject, detail)

    def entries(self, subject: str = "", *, limit: int = 100, before: int | None = None) -> tuple[TrailEntry, ...]:
        """Newest first; of one `subject` where it is given; those older than entry `before` for the next page."""
        where, values = ["1"], []
        if subject:
            where.append("subject = ?")
            values.append(subject)
        if before is not None:
            where.append("id < ?")
            values.append(str(before))
        with self._database.reading() as db:
            if db is None:
                return ()
            rows = db.execute(
                "SELECT id, at, actor, action, subject, detail FROM audit_trail "  # noqa: S608 - fixed conditions
                f"WHERE {' AND '.join(where)} ORDER BY id DESC LIMIT ?",
                (*values, limit),
            ).fetchall()
        return tuple(TrailEntry(i, at, who, act, on, json.loads(detail)) for i, at, who, act, on, detail in rows)


def note_act(db: sqlite3.Connection, actor: str, action: str, subject: str, detail: Detail) -> None:
    """Add an entry inside the transaction of what it tells of: both are kept, or neither."""
    db.execute(
        "INSERT INTO audit_trail (at, actor, action, subject, detail) VALUES (?, ?, ?, ?, ?)",
        (now(), actor, action, subject, json.dumps(detail, ensure_ascii=False)),
    )


def now() -> str:
    """This moment as an ISO time in UTC, to the millisecond: times of one form sort as text."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
