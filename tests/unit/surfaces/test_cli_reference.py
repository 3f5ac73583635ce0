"""docs/commands.md is what the command line says of itself."""

from __future__ import annotations

from pathlib import Path

from medqa.surfaces.cli_reference import PAGE, reference

ROOT = Path(__file__).parents[3]


def test_the_page_is_up_to_date() -> None:
    assert (ROOT / PAGE).read_text(encoding="utf-8") == reference(), "run: make docs"
