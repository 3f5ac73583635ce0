"""Questions that the library had no answer to: counts by topic, and the question only where the owner says so."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from medqa.state.database import StateDatabase
from medqa.state.redaction import redacted

NOTHING_NEAR = "nothing near"


@dataclass(frozen=True, slots=True)
class GapTopic:
    """How often nothing was found on a topic: all in all, in the last 7 and the last 30 days; `days` are the counts of
    the last 30 days, oldest first."""

    topic: str
    n: int
    week: int
    month: int
    days: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class GapQuestion:
    """A redacted question. `near` is the section that comes nearest to it; questions near the same are of a kind."""

    at: str
    topic: str
    near: str
    text: str


class GapStore:
    """Gaps in the state file of an index folder."""

    def __init__(self, root: Path) -> None:
        self._database = StateDatabase(root)

    def note(self, topic: str, *, near: str = "", question: str = "", keep_days: int = 90) -> None:
        """Count one more; keep `question`, redacted, where it is given. Questions past `keep_days` are deleted."""
        at = datetime.now(UTC)
        with self._database.writing() as db:
            db.execute(
                "INSERT INTO gap_counts (day, topic, n) VALUES (?, ?, 1) "
                "ON CONFLICT (day, topic) DO UPDATE SET n = n + 1",
                (at.date().isoformat(), topic or NOTHING_NEAR),
            )
            self._forget(db, at, keep_days)
            if question:
                db.execute(
                    "INSERT INTO gap_questions (at, topic, near, text) VALUES (?, ?, ?, ?)",
                    (at.isoformat(timespec="seconds"), topic or NOTHING_NEAR, near, redacted(question)),
                )

    def topics(self) -> tuple[GapTopic, ...]:
        """The most frequent of the last 30 days first."""
        today = datetime.now(UTC).date()
        with self._database.reading() as db:
            rows = [] if db is None else db.execute("SELECT topic, day, n FROM gap_counts").fetchall()
        by_topic: dict[str, list[tuple[int, int]]] = {}
        for topic, day, n in rows:
            by_topic.setdefault(topic, []).append(((today - datetime.fromisoformat(day).date()).days, n))
        found = [
            GapTopic(
                topic,
                sum(n for _, n in counts),
                sum(n for age, n in counts if age < 7),
                sum(n for age, n in counts if age < 30),
                tuple(sum(n for age, n in counts if age == back) for back in range(29, -1, -1)),
            )
            for topic, counts in by_topic.items()
        ]
        return tuple(sorted(found, key=lambda t: (-t.month, -t.n, t.topic)))

    def questions(self, *, keep_days: int = 90) -> tuple[GapQuestion, ...]:
        """Newest first; those past `keep_days` are deleted first."""
        with self._database.reading() as db:
            if db is None:
                return ()
        with self._database.writing() as db:
            self._forget(db, datetime.now(UTC), keep_days)
            rows = db.execute("SELECT at, topic, near, text FROM gap_questions ORDER BY at DESC, id DESC").fetchall()
        return tuple(GapQuestion(*row) for row in rows)

    def forget_questions(self) -> int:
        """Delete every kept question; the counts stay. Returns how many there were."""
        with self._database.writing() as db:
            return db.execute("DELETE FROM gap_questions").rowcount

    @staticmethod
    def _forget(db: sqlite3.Connection, at: datetime, keep_days: int) -> None:
        limit = (at - timedelta(days=keep_days)).isoformat(timespec="seconds")
        db.execute("DELETE FROM gap_questions WHERE at < ?", (limit,))
