"""Which build is live, on request: back to the one before, or away with all the others."""

from __future__ import annotations

from medqa.config import Settings
from medqa.index import purge, rollback
from medqa.types import BuildId


def roll_back(settings: Settings) -> BuildId:
    """Make the build before the live one live again; returns its id.

    Withdrawals and deletions bind it as well. Raises `IndexMissingError` when there is none, and whatever
    is wrong with its files: the live build then stays.
    """
    return rollback(settings.index_dir)


def purge_builds(settings: Settings) -> tuple[BuildId, ...]:
    """Remove every build but the live one, and with them the text of articles deleted since; returns their ids."""
    return purge(settings.index_dir)
