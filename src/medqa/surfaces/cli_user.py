"""The commands `medqa user`: who may enter the support desk and the testers' lab."""

from __future__ import annotations

import getpass
import sys
from typing import Annotated

import typer

from medqa.errors import StateError
from medqa.state import Role
from medqa.surfaces.cli_options import ConfigOption, CorpusOption, IndexOption, JsonOption, settings_from

user_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="People who may enter the support desk and the testers' lab.",
    short_help="Who may enter the support desk and the lab.",
)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The name to sign in with.", show_default=False)]
RoleOption = Annotated[
    list[Role],
    typer.Option("--role", help="staff: the support desk; tester: the lab; admin: both. Give it again for more."),
]
StdinOption = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from the first line of stdin instead of asking.")
]


@user_app.callback()
def user() -> None:
    """People who may enter the support desk and the testers' lab.

    They are kept in the state file of the index folder, with their passwords hashed. While there is nobody, here or in
    `[access]` of the settings, the pages do not exist. A running server takes every change at once.
    """


@user_app.command(short_help="Add a person, or change a password or roles.")
def add(
    name: NameArgument,
    role: RoleOption,
    password_stdin: StdinOption = False,
    corpus: CorpusOption = None,
    index_dir: IndexOption = None,
    config: ConfigOption = None,
) -> None:
    """Add a person, or give one a new password and roles; that ends their sessions.

    The password is asked for twice and not shown.

    ```console
    medqa user add maria --role staff
    ```
    """
    settings = settings_from(corpus, index_dir, config)
    from medqa.engine.access import people_of
    from medqa.surfaces.terminal import print_plain

    people = people_of(settings)
    person = people.add(name, _password(password_stdin), role, actor=_actor())
    print_plain(f"{person.name} may sign in as {', '.join(sorted(person.roles))}.")


@user_app.command("list", short_help="Who may sign in.")
def list_people(
    as_json: JsonOption = False,
    corpus: CorpusOption = None,
    index_dir: IndexOption = None,
    config: ConfigOption = None,
) -> None:
    """Who may sign in, with which roles, and where each is kept.

    ```console
    medqa user list
    ```
    """
    settings = settings_from(corpus, index_dir, config)
    from medqa.engine.access import people_of
    from medqa.surfaces.cli_files import print_json
    from medqa.surfaces.terminal import print_plain

    people = people_of(settings)
    shown = [
        {
            "name": account.name,
            "roles": sorted(account.roles),
            "kept_in": "settings" if people.is_configured(account.name) else "state",
        }
        for account in people.accounts()
    ]
    if as_json:
        print_json(shown)
    elif shown:
        print_plain("\n".join(f"{p['name']}: {', '.join(p['roles'])} (kept in {p['kept_in']})" for p in shown))
    else:
        print_plain("Nobody may sign in, so the support desk and the lab do not exist. Add somebody: medqa user add")


@user_app.command(short_help="Remove a person; their sessions end.")
def remove(
    name: NameArgument,
    corpus: CorpusOption = None,
    index_dir: IndexOption = None,
    config: ConfigOption = None,
) -> None:
    """Remove a person; their sessions end at once. What they did stays in the audit trail.

    ```console
    medqa user remove maria
    ```
    """
    settings = settings_from(corpus, index_dir, config)
    from medqa.engine.access import people_of
    from medqa.surfaces.terminal import print_plain

    people_of(settings).remove(name, actor=_actor())
    print_plain(f"{name} may no longer sign in.")


@user_app.command("hash", short_help="Hash a password for the settings.")
def hash_command(password_stdin: StdinOption = False) -> None:
    """Hash a password for `password_hash` of `[[access.users]]` in `medqa.toml`.

    ```console
    medqa user hash
    ```
    """
    from medqa.state import hash_password
    from medqa.surfaces.terminal import print_plain

    print_plain(hash_password(_password(password_stdin)))


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise StateError("There is no terminal to ask for the password.", remedy="Give it with --password-stdin.")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != password:
        raise StateError("The two passwords differ.", remedy="Start again.")
    return password


def _actor() -> str:
    """Whoever runs the command, for the audit trail."""
    try:
        return f"{getpass.getuser()} (command line)"
    except (OSError, KeyError):  # a container's user without a name
        return "command line"
