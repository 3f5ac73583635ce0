"""Who may sign in, by the settings and the state file."""

from __future__ import annotations

from medqa.config import Settings
from medqa.engine.paths import state_root
from medqa.errors import ConfigError
from medqa.state import Account, People, Role, Sessions
from medqa.state.people import checked_name


def people_of(settings: Settings) -> People:
    """Raises `ConfigError` for a name that stands twice in the settings, `StateError` for one that is none."""
    accounts = [
        Account(checked_name(user.name), user.password_hash, frozenset(Role(role) for role in user.roles))
        for user in settings.access.users
    ]
    names = [account.name for account in accounts]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError(f"[access] names {', '.join(twice)} more than once.", remedy="Keep one of them.")
    return People(state_root(settings), accounts)


def sessions_of(settings: Settings, people: People) -> Sessions:
    access = settings.access
    return Sessions(state_root(settings), people, hours=access.session_hours, idle_minutes=access.idle_minutes)
