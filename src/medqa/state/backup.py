"""All that people left behind, in one file: the state database with what the lab keeps beside it."""

from __future__ import annotations

import os
import tempfile
import zipfile
from pathlib import Path

from medqa.errors import StateError
from medqa.state.database import STATE_FILE, StateDatabase

BESIDE = ("labels", "baselines", "runs")
"""Folders beside the state file that a whole backup takes along."""


def back_up_all(root: Path, target: Path) -> int:
    """Write `target`, a zip of the folder ``state`` as it is now, while others go on; returns its bytes.

    Unpacked into an index folder it is that folder's state. The database in it is a checked copy; `target` is put in
    place at once. Raises `StateError`.
    """
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with tempfile.TemporaryDirectory(prefix="medqa-backup-") as folder:
            copy = Path(folder) / STATE_FILE.name
            StateDatabase(root).backup(copy)
            target.parent.mkdir(parents=True, exist_ok=True)
            with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as packed:
                packed.write(copy, STATE_FILE.as_posix())
                for path in _files(root / STATE_FILE.parent):
                    packed.write(path, path.relative_to(root).as_posix())
            with part.open("rb+") as written:
                os.fsync(written.fileno())
            part.replace(target)
            return target.stat().st_size
    except OSError as error:
        raise StateError(f"The state cannot be backed up to {target}: {error}.", remedy="Check the folder.") from error
    finally:
        part.unlink(missing_ok=True)


def _files(state: Path) -> list[Path]:
    found = (path for name in BESIDE for path in sorted((state / name).rglob("*")))
    return [path for path in found if path.is_file() and not path.name.endswith(".part")]
