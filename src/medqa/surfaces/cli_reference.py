"""Writes the reference of all commands from the command line itself: ``python -m medqa.surfaces.cli_reference``.

The page in ``docs/commands.md`` is never edited by hand; a test compares the two.
"""

from __future__ import annotations

from pathlib import Path

import typer
from typer.cli import get_docs_for_click

from medqa.surfaces.cli import app

PAGE = Path("docs/commands.md")
NOTE = "<!-- Made by `python -m medqa.surfaces.cli_reference`; do not edit by hand. -->\n\n"


def reference() -> str:
    """The whole page as Markdown, one chapter a command."""
    command = typer.main.get_command(app)
    context = typer.Context(command, info_name="medqa", help_option_names=["-h", "--help"])
    page = get_docs_for_click(obj=command, ctx=context, name="medqa", title="Commands")
    # the generator leaves blanks at line ends, which every editor would take away
    return NOTE + "\n".join(line.rstrip() for line in page.strip().splitlines()) + "\n"


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
