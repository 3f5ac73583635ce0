"""`medqa user`: people in and out, the password never on the screen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from medqa.state import People, Role, hash_password
from medqa.surfaces.cli import app

PASSWORD = "four words in a row"


def run(*words: str, typed: str = "") -> tuple[int, str]:
    done = CliRunner().invoke(app, ["user", *words], input=typed)
    return done.exit_code, done.output


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_person_comes_is_listed_and_goes() -> None:
    code, said = run("add", "Maria", "--role", "staff", "--role", "tester", "--password-stdin", typed=f"{PASSWORD}\n")
    assert (code, PASSWORD in said) == (0, False), said
    account = People(Path("index")).check("maria", PASSWORD)
    assert account is not None
    assert account.roles == {Role.STAFF, Role.TESTER}
    assert json.loads(run("list", "--json")[1]) == [{"name": "maria", "roles": ["staff", "tester"], "kept_in": "state"}]
    assert run("remove", "maria")[0] == 0
    assert "Nobody may sign in" in run("list")[1]


def test_without_a_terminal_it_says_how_to_give_the_password() -> None:
    code, _ = run("add", "maria", "--role", "staff", typed=f"{PASSWORD}\n")
    assert code != 0
    assert People(Path("index")).accounts() == ()


def test_a_poor_password_and_an_unknown_role_add_nobody() -> None:
    assert run("add", "maria", "--role", "staff", "--password-stdin", typed="short\n")[0] != 0
    assert run("add", "maria", "--role", "king", "--password-stdin", typed=f"{PASSWORD}\n")[0] != 0
    assert run("add", "maria", "--password-stdin", typed=f"{PASSWORD}\n")[0] != 0
    assert run("remove", "maria")[0] != 0
    assert People(Path("index")).accounts() == ()


def test_a_hash_for_the_settings_signs_in() -> None:
    code, said = run("hash", "--password-stdin", typed=f"{PASSWORD}\n")
    assert code == 0
    Path("medqa.toml").write_text(
        f'[[access.users]]\nname = "otto"\npassword_hash = "{said.strip()}"\nroles = ["admin"]\n', encoding="utf-8"
    )
    assert json.loads(run("list", "--json")[1]) == [{"name": "otto", "roles": ["admin"], "kept_in": "settings"}]
    assert run("remove", "otto")[0] != 0
    assert hash_password(PASSWORD) != said.strip(), "each hash has a salt of its own"
