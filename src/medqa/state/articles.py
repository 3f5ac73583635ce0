"""Withdrawn and deleted articles: a record that binds every build, a rolled-back one included."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from medqa.errors import StateError
from medqa.state.audit_trail import note_act, now
from medqa.state.database import StateDatabase
from medqa.state.reviews import standing_reviews
from medqa.state.watching import Watched
from medqa.types import ArticleId, BuildId, SignedReview

INDEXING = "medqa index"
"""The actor in the audit trail of what the making of a build hides or shows again."""


class HiddenBecause(StrEnum):
    WITHDRAWN = "withdrawn"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class HiddenArticle:
    """`since` is an ISO time in UTC; `build_id` the build whose making brought it to light, or empty."""

    article_id: ArticleId
    because: HiddenBecause
    reason: str
    since: str
    build_id: str


@dataclass(frozen=True, slots=True)
class HeldBack:
    """An article that somebody at the desk withdrew, until somebody restores it. `since` is an ISO time in UTC."""

    article_id: ArticleId
    reason: str
    by: str
    since: str


@dataclass(frozen=True, slots=True)
class _Binding:
    """What binds every build."""

    hidden: frozenset[ArticleId] = frozenset()
    signed: Mapping[ArticleId, SignedReview] = field(default_factory=dict)


class ArticleState:
    """The record in ``state/state.sqlite`` of an index folder. Safe from several threads and processes.

    A file that does not exist yet is an empty record; it is made by the first write. A file that cannot be
    read raises `StateError` at every call: withdrawn articles are never served for want of the record.
    """

    def __init__(self, root: Path) -> None:
        self._database = StateDatabase(root)
        self._watched = Watched(self._database, _read, _Binding())

    def hidden_articles(self) -> frozenset[ArticleId]:
        """Every article that may not be quoted. Costs microseconds while nothing changes."""
        return self._watched.now().hidden

    def signed_reviews(self) -> Mapping[ArticleId, SignedReview]:
        """The newest review that was signed at the desk for each article, and not taken back; the same mapping while
        nothing changes, at the cost of `hidden_articles`."""
        return self._watched.now().signed

    def records(self) -> tuple[HiddenArticle, ...]:
        """All of the record, by article id."""
        with self._database.reading() as db:
            rows = (
                []
                if db is None
                else db.execute(
                    "SELECT id, because, reason, since, build_id FROM hidden_articles ORDER BY id"
                ).fetchall()
            )
        return tuple(HiddenArticle(ArticleId(r[0]), HiddenBecause(r[1]), r[2], r[3], r[4]) for r in rows)

    def held_back(self) -> tuple[HeldBack, ...]:
        """What the desk withdrew, by article id. Building an index changes nothing of it."""
        with self._database.reading() as db:
            rows = (
                []
                if db is None
                else db.execute("SELECT id, reason, actor, since FROM held_back ORDER BY id").fetchall()
            )
        return tuple(HeldBack(ArticleId(r[0]), *r[1:]) for r in rows)

    def withdraw(self, article: ArticleId, *, reason: str, by: str) -> None:
        """Take an article out of every answer and every build at once. Raises `StateError` without a reason."""
        if not reason.strip():
            raise StateError(
                "An article is withdrawn for a reason.", remedy="Say in a few words what is wrong with it."
            )
        with self._database.writing() as db:
            db.execute(
                "INSERT OR REPLACE INTO held_back (id, reason, actor, since) VALUES (?, ?, ?, ?)",
                (article, reason.strip(), by, now()),
            )
            note_act(db, by, "article withdrawn by the desk", article, {"reason": reason.strip()})

    def restore(self, article: ArticleId, *, reason: str, by: str) -> None:
        """Undo `withdraw`. What is withdrawn in its front matter stays so. Raises `StateError` where nothing is."""
        with self._database.writing() as db:
            if not db.execute("DELETE FROM held_back WHERE id = ?", (article,)).rowcount:
                raise StateError(f"The desk has not withdrawn {article!r}.", remedy="Load the page again.")
            note_act(db, by, "article restored by the desk", article, {"reason": reason.strip()})

    def hide(
        self,
        articles: Iterable[ArticleId],
        because: HiddenBecause,
        *,
        reason: str = "",
        build_id: BuildId | str = "",
        by: str = INDEXING,
    ) -> tuple[ArticleId, ...]:
        """Hide these articles from every build; returns those that were not hidden for this cause before.

        Call it before the switch to a build without them (`on_ready`), so that no moment is left in which a
        rollback could show them.
        """
        since = datetime.now(UTC).isoformat(timespec="seconds")
        with self._database.writing() as db:
            known = dict(db.execute("SELECT id, because FROM hidden_articles"))
            new = tuple(sorted(article for article in set(articles) if known.get(article) != because.value))
            db.executemany(
                "INSERT OR REPLACE INTO hidden_articles (id, because, reason, since, build_id) VALUES (?, ?, ?, ?, ?)",
                [(article, because.value, reason, since, build_id) for article in new],
            )
            for article in new:
                note_act(db, by, f"article {because.value}", article, {"reason": reason, "build_id": build_id})
        return new

    def clear(self, articles: Iterable[ArticleId], *, reason: str = "", by: str = INDEXING) -> tuple[ArticleId, ...]:
        """Show these articles again; returns those that were hidden.

        Call it after the switch to a build that holds them, and again whenever the live build is found to
        hold them: it changes nothing where there is nothing to clear.
        """
        wanted = set(articles)
        back = tuple(record.article_id for record in self.records() if record.article_id in wanted)
        if back:
            with self._database.writing() as db:
                db.executemany("DELETE FROM hidden_articles WHERE id = ?", [(article,) for article in back])
                for article in back:
                    note_act(db, by, "article restored", article, {"reason": reason})
        return back

    def close(self) -> None:
        self._watched.close()


def _read(db: sqlite3.Connection) -> _Binding:
    rows = db.execute("SELECT id FROM hidden_articles UNION SELECT id FROM held_back")
    signed = {review.article_id: review for review in standing_reviews(db)}
    return _Binding(frozenset(ArticleId(row[0]) for row in rows), signed)
