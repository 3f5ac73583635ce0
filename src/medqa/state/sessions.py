"""Who is signed in. The browser holds a random token, the state file its hash: a stolen file opens no door."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from medqa.state.database import StateDatabase
from medqa.state.people import Account, People, Person

_TOKEN_BYTES = 32
_SEEN_EVERY = timedelta(minutes=1)


class Sessions:
    """Sessions of `people`, in the same state file.

    One ends `hours` after the sign-in, after `idle_minutes` without a request, with a sign-out, and when the person
    is removed or gets another password or other roles.
    """

    def __init__(
        self,
        root: Path,
        people: People,
        *,
        hours: float = 12,
        idle_minutes: float = 60,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = StateDatabase(root)
        self._people = people
        self._whole = timedelta(hours=hours)
        self._idle = timedelta(minutes=idle_minutes)
        self._clock = clock

    def open(self, account: Account) -> str:
        """Start a session and return its token. Those that are over are swept out."""
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        at = self._clock()
        with self._database.writing() as db:
            db.execute(
                "DELETE FROM sessions WHERE started < ? OR seen < ?", (_told(at - self._whole), _told(at - self._idle))
            )
            db.execute(
                "INSERT INTO sessions (token_hash, name, fingerprint, started, seen) VALUES (?, ?, ?, ?, ?)",
                (_hash(token), account.name, account.fingerprint, _told(at), _told(at)),
            )
        return token

    def person(self, token: str) -> Person | None:
        """Who holds this token, while the session lasts."""
        with self._database.reading() as db:
            row = (
                None
                if db is None or not token
                else db.execute(
                    "SELECT name, fingerprint, started, seen FROM sessions WHERE token_hash = ?", (_hash(token),)
                ).fetchone()
            )
        if row is None:
            return None
        name, fingerprint, started, seen = row
        at = self._clock()
        last = datetime.fromisoformat(seen)
        if at - datetime.fromisoformat(started) >= self._whole or at - last >= self._idle:
            return None
        account = self._people.account(name)
        if account is None or not secrets.compare_digest(account.fingerprint, fingerprint):
            return None
        if at - last >= _SEEN_EVERY:
            with self._database.writing() as db:
                db.execute("UPDATE sessions SET seen = ? WHERE token_hash = ?", (_told(at), _hash(token)))
        return account.person

    def close(self, token: str) -> None:
        """End the session; a token of none is no error."""
        with self._database.writing() as db:
            db.execute("DELETE FROM sessions WHERE token_hash = ?", (_hash(token),))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _told(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")
