"""Reviews that were signed at the desk: who reviewed an article, when, and when it is due again."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from medqa.errors import StateError
from medqa.state.audit_trail import note_act
from medqa.state.database import StateDatabase
from medqa.types import ArticleId, Document, SignedReview, text_sum

LONGEST = timedelta(days=3 * 366)
"""From a review to the next one, at most."""
MAX_NAME_CHARS = 120


class ReviewStore:
    """Signed reviews in the state file of an index folder. None is ever changed; what is taken back stays on record."""

    def __init__(self, root: Path) -> None:
        self._database = StateDatabase(root)

    def sign(self, document: Document, *, reviewed_by: str, on: date, due: date, by: str, today: date) -> SignedReview:
        """Sign the article as it reads now; noted in the audit trail as done `by` whom.

        Raises `StateError` without a name, for a review of a day to come, or one that is due before it or too late.
        """
        name = " ".join(reviewed_by.split())
        if not name or len(name) > MAX_NAME_CHARS:
            raise StateError("A review has a reviewer.", remedy="Give name and profession of who read the article.")
        if on > today:
            raise StateError("The day of the review is still to come.", remedy="Sign it when it is done.")
        if not on < due <= on + LONGEST:
            raise StateError(
                "The next review is due after this one, within three years.", remedy="Choose a day in between."
            )
        if due < today:
            raise StateError("The next review would be overdue already.", remedy="Choose a day to come.")
        review = SignedReview(document.id, text_sum(document.text), name, on, due, by)
        with self._database.writing() as db:
            db.execute(
                "INSERT INTO signed_reviews (article_id, text_sum, reviewed_by, reviewed_on, due_on, actor)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (review.article_id, review.text_sum, name, on.isoformat(), due.isoformat(), by),
            )
            told = {"reviewed_by": name, "reviewed_on": on.isoformat(), "due_on": due.isoformat()}
            note_act(db, by, "review signed", document.id, told)
        return review

    def take_back(self, article_id: ArticleId, *, reason: str, by: str) -> None:
        """The newest standing review of the article holds no more; the one before does again, where there is one.

        Raises `StateError` without a reason, or where none stands.
        """
        if not reason.strip():
            raise StateError("A review is taken back for a reason.", remedy="Say it in a few words.")
        with self._database.writing() as db:
            changed = db.execute(
                "UPDATE signed_reviews SET taken_back = 1 WHERE id ="
                " (SELECT max(id) FROM signed_reviews WHERE article_id = ? AND NOT taken_back)",
                (article_id,),
            ).rowcount
            if not changed:
                raise StateError(f"No review of {article_id!r} was signed here.", remedy="Load the page again.")
            note_act(db, by, "review taken back", article_id, {"reason": reason.strip()})


def standing_reviews(db: sqlite3.Connection) -> Iterator[SignedReview]:
    """The newest review of each article that was not taken back."""
    rows = db.execute(
        "SELECT article_id, text_sum, reviewed_by, reviewed_on, due_on, actor FROM signed_reviews"
        " WHERE id IN (SELECT max(id) FROM signed_reviews WHERE NOT taken_back GROUP BY article_id)"
    )
    for article_id, sum_, name, on, due, actor in rows:
        yield SignedReview(ArticleId(article_id), sum_, name, date.fromisoformat(on), date.fromisoformat(due), actor)
