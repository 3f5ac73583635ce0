"""Who may enter the rooms behind the sign-in: names, hashed passwords and roles.

People come from two places: the settings (`Account`), which only the owner's file changes, and the state file, which
``medqa user`` changes. A name stands in one of them; the settings win. Without anybody in either, the rooms do not
exist.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from medqa.errors import StateError
from medqa.state.audit_trail import note_act, now
from medqa.state.database import StateDatabase

if TYPE_CHECKING:
    from argon2 import PasswordHasher

MIN_PASSWORD_CHARS = 12
MAX_PASSWORD_CHARS = 256
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._@+-]{0,62}[a-z0-9])?")


class Role(StrEnum):
    """What a person may enter: `STAFF` the support desk, `TESTER` the lab, `ADMIN` both."""

    STAFF = "staff"
    TESTER = "tester"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    roles: frozenset[Role]

    def may(self, role: Role) -> bool:
        return Role.ADMIN in self.roles or role in self.roles


@dataclass(frozen=True, slots=True)
class Account:
    """A person with the hash of the password (argon2id, in its encoded form) as it is stored."""

    name: str
    password_hash: str
    roles: frozenset[Role]

    @property
    def person(self) -> Person:
        return Person(self.name, self.roles)

    @property
    def fingerprint(self) -> str:
        """Changes with the password and the roles: a session of before is then no longer good."""
        told = "\0".join((self.name, self.password_hash, *sorted(self.roles)))
        return hashlib.sha256(told.encode()).hexdigest()


class People:
    """The people of an index folder's state file, with those of the settings. Safe from several threads."""

    def __init__(self, root: Path, configured: Iterable[Account] = ()) -> None:
        self._database = StateDatabase(root)
        self._configured = {account.name: account for account in configured}

    def accounts(self) -> tuple[Account, ...]:
        """Everybody, by name."""
        with self._database.reading() as db:
            rows = () if db is None else db.execute("SELECT name, password_hash, roles FROM people").fetchall()
        kept = {name: _account(name, hashed, roles) for name, hashed, roles in rows}
        return tuple(account for _, account in sorted((kept | self._configured).items()))

    def account(self, name: str) -> Account | None:
        if name in self._configured:
            return self._configured[name]
        with self._database.reading() as db:
            return None if db is None else _read(db, name)

    def is_configured(self, name: str) -> bool:
        """Whether the settings name this person: ``medqa user`` cannot change such a one."""
        return name in self._configured

    def add(self, name: str, password: str, roles: Sequence[Role], *, actor: str) -> Person:
        """Add a person, or give one a new password and roles; their sessions end. Raises `StateError`."""
        name = checked_name(name)
        self._refuse_configured(name)
        if not roles:
            raise StateError("A person needs at least one role.", remedy=f"Roles: {', '.join(Role)}.")
        hashed = hash_password(password)
        account = Account(name, hashed, frozenset(roles))
        with self._database.writing() as db:
            known = _read(db, name) is not None
            db.execute(
                "INSERT INTO people (name, password_hash, roles, since) VALUES (?, ?, ?, ?) ON CONFLICT (name) "
                "DO UPDATE SET password_hash = excluded.password_hash, roles = excluded.roles",
                (name, hashed, _told(account.roles), now()),
            )
            db.execute("DELETE FROM sessions WHERE name = ?", (name,))
            note_act(db, actor, "change person" if known else "add person", name, {"roles": _told(account.roles)})
        return account.person

    def remove(self, name: str, *, actor: str) -> None:
        """Remove a person; their sessions end. Raises `StateError` where there is none of that name."""
        name = checked_name(name)
        self._refuse_configured(name)
        with self._database.writing() as db:
            if not db.execute("DELETE FROM people WHERE name = ?", (name,)).rowcount:
                raise StateError(f"There is no person {name!r}.", remedy="List them with: medqa user list")
            db.execute("DELETE FROM sessions WHERE name = ?", (name,))
            note_act(db, actor, "remove person", name, {})

    def check(self, name: str, password: str) -> Account | None:
        """The account when the password is right. Takes as long for a name that nobody has."""
        from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

        account = self.account(fold_name(name))
        hashed = account.password_hash if account is not None else _nobody()
        try:
            _hasher().verify(hashed, password[: MAX_PASSWORD_CHARS + 1])
        except VerifyMismatchError:
            return None
        except (InvalidHashError, VerificationError) as error:
            raise StateError(
                f"The password hash of {name!r} cannot be read.", remedy="Make one with: medqa user hash"
            ) from error
        return account

    def _refuse_configured(self, name: str) -> None:
        if self.is_configured(name):
            raise StateError(f"{name!r} stands in the settings.", remedy="Change [access] in medqa.toml.")


def hash_password(password: str) -> str:
    """The argon2id hash in its encoded form, salt and parameters included. Raises `StateError` for a poor password."""
    if not MIN_PASSWORD_CHARS <= len(password) <= MAX_PASSWORD_CHARS:
        raise StateError(
            f"A password has {MIN_PASSWORD_CHARS} to {MAX_PASSWORD_CHARS} characters; this one has {len(password)}.",
            remedy="A few words that do not belong together are easy to keep in mind.",
        )
    return _hasher().hash(password)


def fold_name(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().casefold()


def checked_name(name: str) -> str:
    """`name` in the form in which it is stored. Raises `StateError` for one that is not a name."""
    folded = fold_name(name)
    if not _NAME.fullmatch(folded):
        raise StateError(
            f"{name!r} is not a name for signing in.",
            remedy="Use letters a to z, digits and . _ @ + - ; at most 64 characters.",
        )
    return folded


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher  # a library with a compiled part: most commands never need it

    return PasswordHasher()  # argon2id as RFC 9106 recommends where memory is short: 64 MiB, three passes


@cache
def _nobody() -> str:
    """What a password of an unknown name is checked against, so that the time tells nothing."""
    return _hasher().hash("nobody has this password")


def _read(db: sqlite3.Connection, name: str) -> Account | None:
    row = db.execute("SELECT name, password_hash, roles FROM people WHERE name = ?", (name,)).fetchone()
    return None if row is None else _account(*row)


def _account(name: str, password_hash: str, roles: str) -> Account:
    return Account(name, password_hash, frozenset(Role(role) for role in roles.split()))


def _told(roles: Iterable[Role]) -> str:
    return " ".join(sorted(roles))
