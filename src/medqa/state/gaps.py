"""Questions that the library had no answer to: counts by topic, and the question only where the owner says so."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from medqa.state.database import StateDatabase
from medqa.state.redaction import redacted

NOTHING_NEAR = "nothing near"
_KEPT = "SELECT at, topic, near, text FROM gap_questions ORDER BY at DESC, id DESC"
_ANY_BEFORE = "SELECT EXISTS (SELECT 1 FROM gap_questions WHERE at < ?)"
_RATED = """
    WITH cited AS (
      SELECT DISTINCT f.id, f.at, coalesce(c.value ->> 'title', '(' || (f.answer ->> 'kind') || ')') AS title
      FROM feedback f LEFT JOIN json_each(f.answer, '$.citations') c
      WHERE f.helpful = 0
    )
    SELECT title, count(*), sum(at >= ?), sum(at >= ?) FROM cited GROUP BY title
"""


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
class Rated:
    """How often an answer that cites the article of that title was not helpful, as in `GapTopic`. For a reply without
    citations the kind of the reply in brackets stands in place of the title."""

    title: str
    n: int
    week: int
    month: int


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
            if db is None:
                return ()
            totals = db.execute("SELECT topic, sum(n) FROM gap_counts GROUP BY topic").fetchall()
            recent = db.execute(
                "SELECT topic, day, n FROM gap_counts WHERE day > ?", ((today - timedelta(days=30)).isoformat(),)
            ).fetchall()
        days: dict[str, list[int]] = {topic: [0] * 30 for topic, _ in totals}
        for topic, day, n in recent:
            days[topic][29 - max(0, (today - date.fromisoformat(day)).days)] += n
        found = [GapTopic(topic, n, sum(days[topic][-7:]), sum(days[topic]), tuple(days[topic])) for topic, n in totals]
        return tuple(sorted(found, key=lambda t: (-t.month, -t.n, t.topic)))

    def rated(self) -> tuple[Rated, ...]:
        """By the articles of all feedback that was not helpful; the most frequent of the last 30 days first."""
        now = datetime.now(UTC)
        week, month = ((now - timedelta(days=days)).isoformat(timespec="milliseconds") for days in (7, 30))
        with self._database.reading() as db:
            rows = [] if db is None else db.execute(_RATED, (week, month)).fetchall()
        return tuple(sorted((Rated(*row) for row in rows), key=lambda r: (-r.month, -r.n, r.title)))

    def questions(self, *, keep_days: int = 90) -> tuple[GapQuestion, ...]:
        """Newest first; those past `keep_days` are deleted first."""
        self.forget(keep_days)
        with self._database.reading() as db:
            rows = [] if db is None else db.execute(_KEPT).fetchall()
        return tuple(GapQuestion(*row) for row in rows)

    def forget(self, keep_days: int) -> int:
        """Delete the questions past `keep_days`; returns how many there were. Writes only where there are any."""
        at = datetime.now(UTC)
        with self._database.reading() as db:
            if db is None or not db.execute(_ANY_BEFORE, (_limit(at, keep_days),)).fetchone()[0]:
                return 0
        with self._database.writing() as db:
            return self._forget(db, at, keep_days)

    def forget_questions(self) -> int:
        """Delete every kept question; the counts stay. Returns how many there were."""
        with self._database.reading() as db:
            if db is None or not db.execute("SELECT EXISTS (SELECT 1 FROM gap_questions)").fetchone()[0]:
                return 0
        with self._database.writing() as db:
            return db.execute("DELETE FROM gap_questions").rowcount

    @staticmethod
    def _forget(db: sqlite3.Connection, at: datetime, keep_days: int) -> int:
        return db.execute("DELETE FROM gap_questions WHERE at < ?", (_limit(at, keep_days),)).rowcount


def _limit(at: datetime, keep_days: int) -> str:
    return (at - timedelta(days=keep_days)).isoformat(timespec="seconds")
