"""The work behind `medqa eval init` and `medqa eval sweep`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from medqa.config import Settings
from medqa.engine import build_engine
from medqa.errors import InputFileError
from medqa.evaluation.drafting import draft_questions
from medqa.evaluation.questions import read_questions
from medqa.evaluation.retrieval_json import estimate_to_json
from medqa.evaluation.stamp import stamp
from medqa.evaluation.sweep import Grid, Point, read_grid, sweep
from medqa.surfaces.cli_eval_verdict import cell
from medqa.surfaces.cli_files import STANDARD, print_json, to_json, writing
from medqa.surfaces.progress import stage_progress
from medqa.surfaces.terminal import print_plain, say


def draft(settings: Settings, output: Path, *, most: int, seed: int, force: bool) -> None:
    """Write a starter set for the articles of the index."""
    if output != STANDARD and output.exists() and not force:
        raise InputFileError(f"{output} is there already.", remedy="Write to another file, or give --force.")
    engine = build_engine(settings)
    try:
        documents = [engine.document(article_id) for article_id in sorted(engine.titles())]
    finally:
        engine.close()
    lines = draft_questions(documents, most=most, seed=seed)
    with writing(output) as out:
        out.writelines(f"{to_json(line)}\n" for line in lines)
    name = "it" if output == STANDARD else str(output)
    say(f"{len(lines)} questions drafted. Correct them, then run: medqa eval retrieval {name}")


def run_sweep(
    settings: Settings,
    files: tuple[Path, ...],
    grid_file: Path,
    *,
    field: str,
    folder: Path | None,
    skip_broken: bool,
    as_json: bool,
) -> bool:
    """False when a configuration could not run."""
    grid = read_grid(grid_file)
    questions = read_questions(files, field)
    with stage_progress() as progress:
        points = sweep(
            settings,
            questions,
            grid,
            folder=folder or settings.index_dir / "sweep",
            skip_broken=skip_broken,
            progress=progress,
        )
    if as_json:
        measured = stamp(settings, None, questions=dict(questions.files), field=field).to_json()
        shown = {"kind": "sweep", "stamp": measured, "measure": grid.measure, "level": grid.level.value}
        print_json({**shown, "points": [_point(point) for point in points]})
    else:
        print_plain("\n".join(sweep_lines(points, grid)))
    return not any(point.error for point in points)


def sweep_lines(points: list[Point], grid: Grid) -> list[str]:
    """The best first; a star marks those that no other beats in both quality and speed."""
    names = [name for name, tried in grid.values.items() if len(tried) > 1] or list(grid.values)
    widths = [max(len(_column(name)), *(len(_said(p.chosen[name])) for p in points)) + 2 for name in names]
    head = "".join(f"{_column(name):<{width}}" for name, width in zip(names, widths, strict=True))
    lines = [f"  {head}{f'{grid.measure}, {grid.level.value}':>24}{'p50 ms':>9}{'p95 ms':>9}"]
    for point in sorted(points, key=lambda p: (bool(p.error), -p.quality.value, p.latency.p50)):
        chosen = "".join(f"{_said(point.chosen[name]):<{width}}" for name, width in zip(names, widths, strict=True))
        if point.error:
            lines.append(f"  {chosen}  {point.error}")
            continue
        star = "*" if point.is_best else " "
        lines.append(f"{star} {chosen}{cell(point.quality):>24}{point.latency.p50:>9.1f}{point.latency.p95:>9.1f}")
    lines += ["", "* no other configuration is at least as good and as fast"]
    return lines


def _column(name: str) -> str:
    return name.partition(".")[2]


def _said(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _point(point: Point) -> dict[str, Any]:
    return {
        "settings": dict(point.chosen),
        "quality": estimate_to_json(point.quality),
        "ms": {"p50": round(point.latency.p50, 2), "p95": round(point.latency.p95, 2)},
        "is_best": point.is_best,
        "error": point.error or None,
    }
