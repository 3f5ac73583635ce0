"""Which build is live: going back to the one before, and removing what no rollback may need."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from medqa.errors import DamagedIndexError, IndexMissingError, StaleIndexError
from medqa.index.layout import SWEPT, build_path, current_build, finished_builds, leftovers, point_to
from medqa.index.lock import BuildLock
from medqa.index.manifest import Expected, Manifest, check_files, read_manifest, require
from medqa.types import BuildId


@dataclass(frozen=True, slots=True)
class BuildInfo:
    """A finished build on disk. `manifest` is None where it cannot be read; `problem` then says why."""

    build_id: BuildId
    live: bool
    manifest: Manifest | None
    problem: str = ""


def list_builds(root: Path) -> tuple[BuildInfo, ...]:
    """Every finished build, newest first."""
    live = current_build(root)
    found = []
    for build_id in reversed(finished_builds(root)):
        try:
            found.append(BuildInfo(build_id, build_id == live, read_manifest(build_path(root, build_id))))
        except (DamagedIndexError, StaleIndexError) as error:
            found.append(BuildInfo(build_id, build_id == live, None, error.message))
    return tuple(found)


def current_manifest(root: Path) -> Manifest | None:
    """The manifest of the live build; None where nothing was ever built.

    Raises `DamagedIndexError` or `StaleIndexError` when it cannot be used.
    """
    live = current_build(root)
    return None if live is None else read_manifest(build_path(root, live))


def rollback(root: Path, expected: Expected | None = None) -> BuildId:
    """Point back at the build that was live before the live one; returns its id.

    Its files are checked first; with `expected`, also that this process could use it. Raises
    `IndexMissingError` when there is none, and whatever is wrong with it: the live one then stays.
    """
    with BuildLock(root):
        live = current_build(root)
        if live is None:
            raise IndexMissingError(f"There is no index in {root}.")
        target = _before(root, live)
        if target is None:
            raise IndexMissingError(
                f"There is no build before {live} to go back to.", remedy="Build from the articles with: medqa index"
            )
        folder = build_path(root, target)
        manifest = read_manifest(folder)
        if expected is not None:
            require(manifest, expected)
        check_files(folder, manifest)
        point_to(root, target)
        return target


def purge(root: Path) -> tuple[BuildId, ...]:
    """Remove every build but the live one, so that no text of an older one is left; returns what went."""
    with BuildLock(root):
        remove_leftovers(root)
        return sweep(root, keep_builds=1)


def sweep(root: Path, keep_builds: int) -> tuple[BuildId, ...]:
    """Remove all but `keep_builds` builds. Kept first: the live one, those it would roll back to, the newest.

    The caller holds the `BuildLock`.
    """
    live = current_build(root)
    if live is None:
        return ()
    finished = finished_builds(root)
    order: list[BuildId] = []
    step: BuildId | None = live
    while step is not None and step not in order:
        order.append(step)
        step = _before(root, step)
    order.extend(build_id for build_id in reversed(finished) if build_id not in order)
    unwanted = tuple(build_id for build_id in order[max(1, keep_builds) :] if build_id in finished)
    for build_id in unwanted:
        folder = build_path(root, build_id)
        # renamed first: a reader that comes by sees a whole build or none
        swept = folder.rename(folder.with_name(f"{build_id}{SWEPT}"))
        shutil.rmtree(swept)
    return unwanted


def remove_leftovers(root: Path) -> None:
    """Remove the folders of builds that died. The caller holds the `BuildLock`, so no builder is alive."""
    for folder in leftovers(root):
        shutil.rmtree(folder)


def _before(root: Path, build_id: BuildId) -> BuildId | None:
    """The build that was live when this one was made; where that is gone or unknown, the next older one."""
    finished = finished_builds(root)
    try:
        named = read_manifest(build_path(root, build_id)).previous
    except (DamagedIndexError, StaleIndexError):
        named = None
    if named in finished and named != build_id:
        return BuildId(named)
    return max((other for other in finished if other < build_id), default=None)
