"""The tables of the state file, as the list of steps that lead to them. A step is never edited once released."""

from __future__ import annotations

import sqlite3

from medqa.errors import StateError

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE hidden_articles (
      id TEXT PRIMARY KEY NOT NULL,
      because TEXT NOT NULL CHECK (because IN ('withdrawn', 'deleted')),
      reason TEXT NOT NULL,
      since TEXT NOT NULL,
      build_id TEXT NOT NULL
    ) STRICT;
    """,
)


def migrate(db: sqlite3.Connection, steps: tuple[str, ...] = MIGRATIONS) -> None:
    """Bring the file to the newest schema, all steps in one transaction.

    `db` is in autocommit mode. Raises `StateError` for a file that a newer medqa wrote.
    """
    if _version(db) == len(steps):
        return
    # two processes may come here at once: the version is read again under the lock
    db.execute("BEGIN IMMEDIATE")
    try:
        version = _version(db)
        if version > len(steps):
            raise StateError(
                f"The state file has schema {version}; this version of medqa knows {len(steps)}.",
                remedy="Update medqa, or use the version that wrote it.",
            )
        for number, step in enumerate(steps[version:], start=version + 1):
            for statement in step.split(";"):
                if statement.strip():
                    db.execute(statement)
            db.execute(f"PRAGMA user_version = {number}")
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])
