"""How a command ends: one line on stderr and an exit status, never a traceback unless it is asked for."""

from __future__ import annotations

import errno
from typing import Any

import typer
from typer.core import TyperGroup

from medqa.errors import MedqaError
from medqa.surfaces.terminal import say

DEBUG = "medqa.debug"
"""Key in the context's `meta`: true when the traceback of a failure is wanted."""


class WrongUsage(typer.BadParameter):
    """Options that do not go together: exit status 2, below the usage line of the command."""

    def format_message(self) -> str:
        return self.message


class FriendlyGroup(TyperGroup):
    """Turns what a command raises into one line with the next step, and exit status 1."""

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]  # typer hands its own context class
        try:
            return super().invoke(ctx)
        except MedqaError as error:
            if ctx.meta.get(DEBUG):
                raise
            say(f"Error: {error}")
        except (typer.Exit, typer.Abort):
            raise
        except Exception as error:  # the last stop before the person at the keyboard
            if ctx.meta.get(DEBUG) or _is_for_typer(error):
                raise
            say(
                f"Error: something unexpected went wrong ({type(error).__name__}: {error}). "
                "Run the same command with --debug for the details, and: medqa doctor"
            )
        raise typer.Exit(1)


def _is_for_typer(error: Exception) -> bool:
    """Wrong usage, and a pipe whose reader has gone (``medqa show x | head``): typer ends those well."""
    return hasattr(error, "exit_code") or (isinstance(error, OSError) and error.errno == errno.EPIPE)
