"""Where things lie under an index folder, and how the pointer to the live build is read and replaced.

::

    CURRENT                     id of the live build, one line
    build.lock                  held by the one process that builds; holds its process id
    builds/<id>/                a finished, verified build
    builds/<id>.partial/        a build that is being made, or one that died
    builds/<id>.swept/          a build that is being removed

A folder carries its plain id only after its verification, so that a name alone tells finished from not.
"""

from __future__ import annotations

import os
import re
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

from medqa.errors import DamagedIndexError
from medqa.types import BuildId

CURRENT = "CURRENT"
BUILDS = "builds"
LOCK = "build.lock"
PARTIAL = ".partial"
SWEPT = ".swept"

MANIFEST = "manifest.json"
STORE = "store.sqlite"
VECTORS = "vectors"
WORDS = "words"
FIELDS = "fields"
PROBES = "probes.npz"

_ID = re.compile(r"\d{8}-\d{6}-\d{6}-[0-9a-f]{6}")
_TIME = "%Y%m%d-%H%M%S-%f"


def new_build_id(root: Path, now: datetime | None = None) -> BuildId:
    """An id that sorts after every build of `root`, also when the clock was set back in between."""
    moment = now or datetime.now(UTC)
    newest = max((name[:22] for name in _names(root)), default="")
    if newest and moment.strftime(_TIME) <= newest:
        moment = datetime.strptime(newest, _TIME).replace(tzinfo=UTC) + timedelta(microseconds=1)
    return BuildId(f"{moment.strftime(_TIME)}-{secrets.token_hex(3)}")


def build_path(root: Path, build_id: BuildId) -> Path:
    return root / BUILDS / build_id


def finished_builds(root: Path) -> tuple[BuildId, ...]:
    """Ids of the finished builds, oldest first."""
    return tuple(BuildId(name) for name in sorted(_names(root)) if _ID.fullmatch(name))


def leftovers(root: Path) -> tuple[Path, ...]:
    """Folders of builds that died or whose removal was cut short."""
    names = sorted(name for name in _names(root) if not _ID.fullmatch(name))
    return tuple(root / BUILDS / name for name in names)


def current_build(root: Path) -> BuildId | None:
    """The id that `CURRENT` names; None where there is no such file.

    Raises `DamagedIndexError` when it cannot be read or holds anything but an id.
    """
    try:
        raw = (root / CURRENT).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DamagedIndexError(f"The pointer file {root / CURRENT} cannot be read: {error.strerror}.") from error
    name = raw.decode("ascii", "replace").removesuffix("\n")
    if not _ID.fullmatch(name):
        raise DamagedIndexError(f"The pointer file {root / CURRENT} does not hold the id of a build.")
    return BuildId(name)


def point_to(root: Path, build_id: BuildId) -> None:
    """Replace `CURRENT` in one step: whoever reads it sees the old id or the new one, never a part."""
    temporary = root / f"{CURRENT}.new"
    with temporary.open("w", encoding="ascii") as file:
        file.write(f"{build_id}\n")
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(root / CURRENT)
    sync_folder(root)


def sync_folder(folder: Path) -> None:
    """Flush the names in a folder to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(folder: Path) -> None:
    """Flush every file and folder below `folder`, and the folder itself, to the disk."""
    for path in sorted(folder.rglob("*")):
        if path.is_dir():
            sync_folder(path)
        else:
            with path.open("rb") as file:
                os.fsync(file.fileno())
    sync_folder(folder)


def files_below(folder: Path) -> tuple[str, ...]:
    """Relative names of all files below `folder`, with forward slashes, sorted."""
    return tuple(sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()))


def _names(root: Path) -> list[str]:
    try:
        return [path.name for path in (root / BUILDS).iterdir() if _ID.match(path.name)]
    except FileNotFoundError:
        return []
