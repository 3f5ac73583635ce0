"""Many questions in one run: JSON Lines in, JSON Lines or a TREC run out."""

from __future__ import annotations

from pathlib import Path

from medqa.config import Settings
from medqa.engine import Engine, build_engine
from medqa.presentation import reply_to_json
from medqa.surfaces.cli_files import Line, to_json
from medqa.surfaces.cli_lines import each_line, error_line
from medqa.surfaces.trec import Unit, ranked_units, run_lines


def ask_all(settings: Settings, source: Path, target: Path, field: str) -> bool:
    """Answer every line of `source`. False when one failed: it gets ``{"id", "error"}``."""
    engine = build_engine(settings)
    try:
        # a missing or damaged index is one failure, not one a line
        engine.index_info()
        return each_line(source, target, field, lambda line: [_answer(engine, line)], failed=error_line)
    finally:
        engine.close()


def search_all(settings: Settings, source: Path, target: Path, field: str, *, unit: Unit, k: int) -> bool:
    """Write a TREC run of the first `k` units for every line. False when one failed: it has no lines."""
    engine = build_engine(settings)

    def ranked(line: Line) -> list[str]:
        return run_lines(line.id, ranked_units(lambda n: engine.search(line.text, n), unit, k))

    try:
        engine.index_info()
        return each_line(source, target, field, ranked, failed=lambda bad: [])
    finally:
        engine.close()


def _answer(engine: Engine, line: Line) -> str:
    return to_json({"id": line.id, **reply_to_json(engine.ask(line.text, line.history))})
