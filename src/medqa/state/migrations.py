"""The steps that lead to the tables of the state file, kept by sqlite-utils. A step is never edited once released.

Import it only when a file has to be brought forward: the library costs a third of a second.
"""

from __future__ import annotations

import sqlite3

from sqlite_utils import Database, Migrations

STEPS = Migrations("medqa")

_FEEDBACK = """
    CREATE TABLE feedback (
      id TEXT PRIMARY KEY NOT NULL,
      at TEXT NOT NULL,
      helpful INTEGER NOT NULL CHECK (helpful IN (0, 1)),
      reason TEXT CHECK (reason IN ('wrong-source', 'unclear', 'outdated', 'unsafe', 'did-not-answer')),
      answer TEXT NOT NULL CHECK (json_valid(answer)),
      question TEXT,
      status TEXT NOT NULL CHECK (status IN ('new', 'open', 'done', 'dismissed')),
      assignee TEXT NOT NULL,
      comment TEXT NOT NULL,
      CHECK (helpful = 0 OR reason IS NULL)
    ) STRICT
"""
_CITED = """
    CREATE TABLE feedback_articles (
      article_id TEXT NOT NULL,
      feedback_id TEXT NOT NULL REFERENCES feedback (id) ON DELETE CASCADE,
      PRIMARY KEY (article_id, feedback_id)
    ) STRICT, WITHOUT ROWID
"""
_AUDIT_TRAIL = """
    CREATE TABLE audit_trail (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      at TEXT NOT NULL,
      actor TEXT NOT NULL,
      action TEXT NOT NULL,
      subject TEXT NOT NULL,
      detail TEXT NOT NULL CHECK (json_valid(detail))
    ) STRICT
"""


@STEPS(name="0001-hidden-articles")
def hidden_articles(db: Database) -> None:
    # files of before the library kept count have this table already
    db.execute(
        """
        CREATE TABLE IF NOT EXISTS hidden_articles (
          id TEXT PRIMARY KEY NOT NULL,
          because TEXT NOT NULL CHECK (because IN ('withdrawn', 'deleted')),
          reason TEXT NOT NULL,
          since TEXT NOT NULL,
          build_id TEXT NOT NULL
        ) STRICT
        """
    )


@STEPS(name="0002-feedback")
def feedback(db: Database) -> None:
    db.execute(_FEEDBACK)
    db.execute("CREATE INDEX feedback_newest ON feedback (at, id)")
    db.execute("CREATE INDEX feedback_by_status ON feedback (status, at, id)")
    db.execute("CREATE INDEX feedback_by_assignee ON feedback (assignee, at, id)")
    db.execute(_CITED)


@STEPS(name="0003-audit-trail")
def audit_trail(db: Database) -> None:
    db.execute(_AUDIT_TRAIL)
    db.execute("CREATE INDEX audit_trail_by_subject ON audit_trail (subject, id)")
    for verb in ("UPDATE", "DELETE"):
        db.execute(
            f"CREATE TRIGGER audit_trail_no_{verb.lower()} BEFORE {verb} ON audit_trail "
            "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
        )
    # REPLACE deletes the row in its way without asking the trigger above
    db.execute(
        "CREATE TRIGGER audit_trail_no_replace BEFORE INSERT ON audit_trail "
        "WHEN EXISTS (SELECT 1 FROM audit_trail WHERE id = NEW.id) "
        "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
    )


@STEPS(name="0004-people")
def people(db: Database) -> None:
    db.execute(
        """
        CREATE TABLE people (
          name TEXT PRIMARY KEY NOT NULL,
          password_hash TEXT NOT NULL,
          roles TEXT NOT NULL CHECK (roles <> ''),
          since TEXT NOT NULL
        ) STRICT
        """
    )
    # without a reference to people: those of the settings sign in too
    db.execute(
        """
        CREATE TABLE sessions (
          token_hash TEXT PRIMARY KEY NOT NULL,
          name TEXT NOT NULL,
          fingerprint TEXT NOT NULL,
          started TEXT NOT NULL,
          seen TEXT NOT NULL
        ) STRICT
        """
    )
    db.execute("CREATE INDEX sessions_by_name ON sessions (name)")


@STEPS(name="0005-desk")
def desk(db: Database) -> None:
    # apart from hidden_articles: what the desk holds back, no making of a build may show again
    db.execute(
        """
        CREATE TABLE held_back (
          id TEXT PRIMARY KEY NOT NULL,
          reason TEXT NOT NULL CHECK (reason <> ''),
          actor TEXT NOT NULL,
          since TEXT NOT NULL
        ) STRICT
        """
    )
    db.execute(
        """
        CREATE TABLE cases (
          id TEXT PRIMARY KEY NOT NULL,
          at TEXT NOT NULL,
          actor TEXT NOT NULL,
          line TEXT NOT NULL CHECK (json_valid(line))
        ) STRICT
        """
    )
    db.execute(
        """
        CREATE TABLE gap_counts (
          day TEXT NOT NULL,
          topic TEXT NOT NULL,
          n INTEGER NOT NULL CHECK (n > 0),
          PRIMARY KEY (day, topic)
        ) STRICT, WITHOUT ROWID
        """
    )
    db.execute(
        """
        CREATE TABLE gap_questions (
          id INTEGER PRIMARY KEY,
          at TEXT NOT NULL,
          topic TEXT NOT NULL,
          near TEXT NOT NULL,
          text TEXT NOT NULL
        ) STRICT
        """
    )
    db.execute("CREATE INDEX gap_questions_by_age ON gap_questions (at)")


@STEPS(name="0006-approved")
def approved(db: Database) -> None:
    db.execute(
        """
        CREATE TABLE approved_answers (
          id TEXT PRIMARY KEY NOT NULL,
          owner TEXT NOT NULL CHECK (owner <> ''),
          approved_on TEXT NOT NULL,
          expires_on TEXT NOT NULL,
          questions TEXT NOT NULL CHECK (json_valid(questions)),
          quotes TEXT NOT NULL CHECK (json_valid(quotes))
        ) STRICT
        """
    )


@STEPS(name="0007-signed-reviews")
def signed_reviews(db: Database) -> None:
    db.execute(
        """
        CREATE TABLE signed_reviews (
          id INTEGER PRIMARY KEY,
          article_id TEXT NOT NULL,
          text_sum TEXT NOT NULL,
          reviewed_by TEXT NOT NULL CHECK (reviewed_by <> ''),
          reviewed_on TEXT NOT NULL,
          due_on TEXT NOT NULL CHECK (due_on > reviewed_on),
          actor TEXT NOT NULL,
          taken_back INTEGER NOT NULL DEFAULT 0 CHECK (taken_back IN (0, 1))
        ) STRICT
        """
    )
    db.execute("CREATE INDEX signed_reviews_by_article ON signed_reviews (article_id, id)")


@STEPS(name="0008-uploads")
def uploads(db: Database) -> None:
    db.execute(
        """
        CREATE TABLE uploads (
          article_id TEXT PRIMARY KEY NOT NULL,
          name TEXT NOT NULL,
          sha256 TEXT NOT NULL,
          actor TEXT NOT NULL,
          at TEXT NOT NULL,
          data BLOB NOT NULL
        ) STRICT
        """
    )


def bring_forward(db: sqlite3.Connection, steps: Migrations = STEPS) -> None:
    """Apply the steps that the file lacks, all in one transaction. `db` is in autocommit mode."""
    # two processes may come here at once: what is pending is read under the lock
    db.execute("BEGIN IMMEDIATE")
    try:
        library = Database(db, recursive_triggers=False, execute_plugins=False)
        steps.apply(library)
        # read at every opening in place of the library's own table
        db.execute(f"PRAGMA user_version = {len(steps.applied(library))}")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")
