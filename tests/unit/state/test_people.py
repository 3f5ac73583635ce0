"""Who may sign in, and for how long: passwords, roles, sessions."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from medqa.errors import StateError
from medqa.state import STATE_FILE, Account, AuditTrail, People, Person, Role, Sessions, hash_password

PASSWORD = "four words in a row"
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.fixture
def people(tmp_path: Path) -> People:
    return People(tmp_path)


def stored(root: Path) -> bytes:
    files = sorted((root / STATE_FILE).parent.glob("state.sqlite*"))
    return b"".join(file.read_bytes() for file in files)


def test_nobody_is_there_at_first_and_asking_makes_no_file(people: People, tmp_path: Path) -> None:
    assert people.accounts() == ()
    assert people.check("maria", PASSWORD) is None
    assert not (tmp_path / STATE_FILE).exists()


def test_the_right_password_and_no_other(people: People, tmp_path: Path) -> None:
    assert people.add(" Maria ", PASSWORD, [Role.STAFF], actor="test") == Person("maria", frozenset({Role.STAFF}))
    account = people.check("MARIA", PASSWORD)
    assert account is not None
    assert account.person.may(Role.STAFF)
    assert not account.person.may(Role.TESTER)
    for wrong in ("", PASSWORD + " ", PASSWORD.upper(), "x" * 100_000):
        assert people.check("maria", wrong) is None
    assert PASSWORD.encode() not in stored(tmp_path)


def test_an_admin_may_everything() -> None:
    assert all(Person("a", frozenset({Role.ADMIN})).may(role) for role in Role)


@pytest.mark.parametrize("name", ["", "a b", "-a", "ä", "x" * 65, "a\n", "<b>"])
def test_what_is_no_name_is_refused(people: People, name: str) -> None:
    if name != "a\n":
        with pytest.raises(StateError):
            people.add(name, PASSWORD, [Role.STAFF], actor="test")
    else:  # space around a name is typed by accident
        assert people.add(name, PASSWORD, [Role.STAFF], actor="test").name == "a"


@pytest.mark.parametrize("password", ["", "elevenchars", "x" * 257])
def test_a_poor_password_is_refused(people: People, password: str) -> None:
    with pytest.raises(StateError):
        people.add("maria", password, [Role.STAFF], actor="test")
    assert people.accounts() == ()


def test_every_change_is_in_the_audit_trail_without_the_password(people: People, tmp_path: Path) -> None:
    people.add("maria", PASSWORD, [Role.STAFF], actor="otto")
    people.add("maria", PASSWORD, [Role.STAFF, Role.TESTER], actor="otto")
    people.remove("maria", actor="otto")
    entries = AuditTrail(tmp_path).entries("maria")
    assert [(e.actor, e.action, dict(e.detail)) for e in reversed(entries)] == [
        ("otto", "add person", {"roles": "staff"}),
        ("otto", "change person", {"roles": "staff tester"}),
        ("otto", "remove person", {}),
    ]


def test_removing_nobody_says_so(people: People) -> None:
    with pytest.raises(StateError, match="no person 'maria'"):
        people.remove("maria", actor="test")


def test_those_of_the_settings_cannot_be_changed_here(tmp_path: Path) -> None:
    account = Account("maria", hash_password(PASSWORD), frozenset({Role.TESTER}))
    people = People(tmp_path, [account])
    assert people.check("maria", PASSWORD) == account
    for change in (
        lambda: people.add("maria", PASSWORD, [Role.ADMIN], actor="test"),
        lambda: people.remove("maria", actor="test"),
    ):
        with pytest.raises(StateError, match="settings"):
            change()


def test_a_hash_that_is_none_is_told_and_lets_nobody_in(tmp_path: Path) -> None:
    people = People(tmp_path, [Account("maria", "$argon2id$nonsense", frozenset({Role.STAFF}))])
    with pytest.raises(StateError, match="medqa user hash"):
        people.check("maria", PASSWORD)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


def signed_in(people: People, root: Path, clock: Clock) -> tuple[Sessions, str]:
    people.add("maria", PASSWORD, [Role.STAFF], actor="test")
    account = people.check("maria", PASSWORD)
    assert account is not None
    sessions = Sessions(root, people, hours=2, idle_minutes=30, clock=clock)
    return sessions, sessions.open(account)


def test_a_session_lasts_while_it_is_used_and_never_over_its_hours(people: People, tmp_path: Path) -> None:
    clock = Clock()
    sessions, token = signed_in(people, tmp_path, clock)
    for _ in range(5):
        clock.now += timedelta(minutes=23)
        assert sessions.person(token) is not None, clock.now
    clock.now += timedelta(minutes=6)  # two hours and one minute
    assert sessions.person(token) is None


def test_an_idle_session_ends(people: People, tmp_path: Path) -> None:
    clock = Clock()
    sessions, token = signed_in(people, tmp_path, clock)
    clock.now += timedelta(minutes=30)
    assert sessions.person(token) is None


def test_no_other_token_opens(people: People, tmp_path: Path) -> None:
    sessions, token = signed_in(people, tmp_path, Clock())
    with closing(sqlite3.connect(tmp_path / STATE_FILE)) as db:
        (hashed,) = db.execute("SELECT token_hash FROM sessions").fetchone()
    for wrong in ("", token[:-1], token + "x", hashed, "' OR 1=1 --"):
        assert sessions.person(wrong) is None
    assert token.encode() not in stored(tmp_path)


def test_signing_out_ends_that_session_alone(people: People, tmp_path: Path) -> None:
    sessions, token = signed_in(people, tmp_path, Clock())
    account = people.account("maria")
    assert account is not None
    other = sessions.open(account)
    sessions.close(token)
    sessions.close("never was one")
    assert sessions.person(token) is None
    assert sessions.person(other) == account.person


def test_removal_a_new_password_and_new_roles_end_sessions(people: People, tmp_path: Path) -> None:
    sessions, token = signed_in(people, tmp_path, Clock())
    people.add("maria", PASSWORD, [Role.STAFF], actor="test")
    assert sessions.person(token) is None
    account = people.check("maria", PASSWORD)
    assert account is not None
    token = sessions.open(account)
    people.remove("maria", actor="test")
    assert sessions.person(token) is None


def test_another_hash_in_the_settings_ends_sessions(tmp_path: Path) -> None:
    before = Account("maria", hash_password(PASSWORD), frozenset({Role.STAFF}))
    token = Sessions(tmp_path, People(tmp_path, [before])).open(before)
    assert Sessions(tmp_path, People(tmp_path, [before])).person(token) is not None
    after = Account("maria", hash_password(PASSWORD), frozenset({Role.STAFF}))
    assert Sessions(tmp_path, People(tmp_path, [after])).person(token) is None


def test_sessions_that_are_over_leave_the_file(people: People, tmp_path: Path) -> None:
    clock = Clock()
    sessions, _ = signed_in(people, tmp_path, clock)
    account = people.account("maria")
    assert account is not None
    clock.now += timedelta(hours=3)
    sessions.open(account)
    with closing(sqlite3.connect(tmp_path / STATE_FILE)) as db:
        assert db.execute("SELECT count(*) FROM sessions").fetchone() == (1,)
