"""Many configurations over one question set: what each is worth, what it costs, and which are worth having.

A grid is a TOML file: settings by their dotted names, each with the values to try. Settings that change the index
(``embedding.*``, ``chunking.*``) get an index of their own below the sweep's folder, where it stays for the next
sweep; its first build takes the vectors that the live index has cached.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import shutil
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from medqa.config import Settings
from medqa.engine import build_engine, index_corpus
from medqa.engine.paths import vector_cache_path
from medqa.errors import InputFileError, MedqaError
from medqa.evaluation.gold import Level
from medqa.evaluation.intervals import Estimate
from medqa.evaluation.measures import check_measures
from medqa.evaluation.questions import QuestionSet
from medqa.evaluation.retrieval import DEPTH, Latency, evaluate_retrieval

MOST_POINTS = 500
MEASURE = "nDCG@10"
_INDEXED = ("embedding", "chunking")
_REMEDY = "The format of a grid is in docs/evaluation.md."


@dataclass(frozen=True, slots=True)
class Grid:
    """`values` maps dotted names of settings to what is tried; `measure` at `level` is the quality."""

    values: Mapping[str, tuple[Any, ...]]
    measure: str = MEASURE
    level: Level = Level.SECTION

    def points(self) -> list[dict[str, Any]]:
        """Every combination, the last name varying fastest."""
        return [
            dict(zip(self.values, combination, strict=True)) for combination in itertools.product(*self.values.values())
        ]


@dataclass(frozen=True, slots=True)
class Point:
    """One configuration: `chosen` settings by dotted name, quality and latency; `error` where it cannot run."""

    chosen: Mapping[str, Any]
    quality: Estimate
    latency: Latency
    is_best: bool = False
    error: str = ""


def read_grid(path: Path) -> Grid:
    """Raises `InputFileError` for a file that is no grid."""
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise InputFileError(f"The grid {path} cannot be read: {error.strerror}.", remedy=_REMEDY) from error
    except ValueError as error:
        raise InputFileError(f"The grid {path} is not TOML: {error}.", remedy=_REMEDY) from error
    values = raw.pop("grid", None)
    if not isinstance(values, dict) or not values:
        raise InputFileError(f"{path}: there is no table [grid] with settings.", remedy=_REMEDY)
    flat = _flat(values)
    for name, tried in flat.items():
        if not isinstance(tried, list) or not tried:
            raise InputFileError(f"{path}: {name} is not a list of values.", remedy=_REMEDY)
    unknown = raw.keys() - {"measure", "level"}
    if unknown:
        raise InputFileError(f"{path}: {', '.join(sorted(unknown))} is not understood.", remedy=_REMEDY)
    (measure,) = check_measures([str(raw.get("measure", MEASURE))])
    try:
        level = Level(raw.get("level", Level.SECTION))
    except ValueError as error:
        raise InputFileError(f"{path}: level is one of: {', '.join(Level)}.", remedy=_REMEDY) from error
    grid = Grid({name: tuple(tried) for name, tried in flat.items()}, measure, level)
    if len(grid.points()) > MOST_POINTS:
        raise InputFileError(f"{path} has {len(grid.points())} combinations; at most {MOST_POINTS} are tried.")
    return grid


def configured(settings: Settings, chosen: Mapping[str, Any]) -> Settings:
    """The settings with those of `chosen` in their place. Raises `InputFileError` naming the one that is wrong."""
    for name, value in chosen.items():
        section, _, key = name.partition(".")
        old = getattr(settings, section, None)
        if not isinstance(old, BaseModel) or key not in type(old).model_fields:
            raise InputFileError(f"{name} is not a setting.", remedy=_REMEDY)
        try:
            new = type(old).model_validate({**old.model_dump(), key: value})
        except ValidationError as error:
            raise InputFileError(f"{name} = {value!r}: {error.errors()[0]['msg']}.", remedy=_REMEDY) from error
        settings = settings.model_copy(update={section: new})
    return settings


def sweep(
    settings: Settings,
    questions: QuestionSet,
    grid: Grid,
    *,
    folder: Path,
    skip_broken: bool = False,
    progress: Callable[[str, int, int], None] | None = None,
) -> list[Point]:
    """Every point of the grid, in its order. Unanswerable questions are left out: they have nothing to find.

    A configuration that cannot run is a point with an `error`; questions whose labels do not fit stop the sweep.
    """
    kept = replace(questions, questions=tuple(q for q in questions.questions if q.answerable))
    chosen = grid.points()
    all_settings = [configured(settings, point) for point in chosen]
    points: list[Point] = []
    for number, (point, tried) in enumerate(zip(chosen, all_settings, strict=True), start=1):
        try:
            ready = with_index(settings, tried, folder)
            points.append(_measured(ready, kept, grid, point, skip_broken))
        except InputFileError:
            raise
        except MedqaError as error:
            points.append(Point(point, Estimate(0, 0, 0, 0), Latency(0, 0, 0, 0), error=str(error)))
        if progress:
            progress("configurations", number, len(chosen))
    best = pareto(points)
    return [replace(point, is_best=n in best) for n, point in enumerate(points)]


def with_index(settings: Settings, tried: Settings, folder: Path) -> Settings:
    """`tried` with an index that fits it: the live one, or one below `folder`, built when it is missing or stale."""
    if all(getattr(settings, name) == getattr(tried, name) for name in _INDEXED):
        return tried
    what = json.dumps({name: getattr(tried, name).model_dump(mode="json") for name in _INDEXED}, sort_keys=True)
    ready = tried.model_copy(update={"index_dir": folder / hashlib.sha256(what.encode()).hexdigest()[:12]})
    cached, own = vector_cache_path(settings), vector_cache_path(ready)
    if cached.is_file() and not own.exists():
        own.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(cached, own)
    index_corpus(ready)
    return ready


def pareto(points: Sequence[Point]) -> set[int]:
    """Positions of the points that no other beats: none is at least as good and as fast, and better in one."""

    def beats(a: Point, b: Point) -> bool:
        good, fast = a.quality.value - b.quality.value, b.latency.p50 - a.latency.p50
        return good >= 0 and fast >= 0 and (good > 0 or fast > 0)

    able = [n for n, point in enumerate(points) if not point.error]
    return {n for n in able if not any(beats(points[m], points[n]) for m in able if m != n)}


def _measured(
    settings: Settings, questions: QuestionSet, grid: Grid, chosen: Mapping[str, Any], skip_broken: bool
) -> Point:
    engine = build_engine(settings)
    try:
        result = evaluate_retrieval(engine, questions, measures=[grid.measure], depth=DEPTH, skip_broken=skip_broken)
    finally:
        engine.close()
    return Point(chosen, result.estimates[grid.level][grid.measure], result.latency)


def _flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """``[grid.retrieval] depth = [..]`` and ``"retrieval.depth" = [..]`` mean the same."""
    flat: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat
