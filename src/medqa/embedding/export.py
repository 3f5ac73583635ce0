"""Quantised exports of a model: made once, offline, and kept by fingerprint.

An export is a folder ``<cache_dir>/<fingerprint>/`` with the runtime's files and ``export.json``, which
holds their hashes. It is made by a process of its own (torch and the quantiser leave no memory behind),
in a folder beside, and renamed when it is whole.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.resources
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from filelock import FileLock, Timeout

from medqa.embedding.model_files import ModelFiles, file_sha256
from medqa.embedding.offline import OFFLINE_ENVIRONMENT
from medqa.errors import EmbeddingError

log = logging.getLogger(__name__)

Kind = Literal["openvino-int8", "onnx-int8"]
RECIPE_VERSION = 2  # raise it when `make_export` comes to write another model from the same weights
LIBRARIES: dict[Kind, tuple[str, ...]] = {"openvino-int8": ("openvino", "nncf"), "onnx-int8": ("onnxruntime",)}
CALIBRATION = "calibration.txt"
RECORD = "export.json"
EXPORT_TIMEOUT_S = 1200.0
ERROR_TAIL_CHARS = 400

Maker = Callable[[Kind, ModelFiles, Path], None]
"""Writes the runtime's files into an empty folder. Raises `EmbeddingError`."""


@dataclass(frozen=True)
class Recipe:
    """What is made of a model: which runtime, which versions, which calibration."""

    kind: Kind
    files: ModelFiles

    @property
    def fingerprint(self) -> str:
        """Changes with the weights, tokenizer, configuration, runtime, its versions and the calibration."""
        parts = {
            "model": self.files.identity,
            "recipe": RECIPE_VERSION,
            "libraries": {name: importlib.metadata.version(name) for name in LIBRARIES[self.kind]},
            "calibration": calibration_sha256() if self.kind == "openvino-int8" else "",
        }
        return f"{self.kind}-{hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]}"


def calibration_sha256() -> str:
    return hashlib.sha256(importlib.resources.files(__package__).joinpath(CALIBRATION).read_bytes()).hexdigest()


def calibration_texts() -> list[str]:
    """Passages whose activations set the ranges of the static quantisation, one a line."""
    return importlib.resources.files(__package__).joinpath(CALIBRATION).read_text(encoding="utf-8").splitlines()


def ensure_export(recipe: Recipe, cache_dir: Path, *, allow_export: bool, make: Maker | None = None) -> Path:
    """The folder of a whole export of `recipe`, made where there is none or the one there is damaged.

    Several processes may call this at once: one makes it, the others wait. Raises `EmbeddingError` when
    it is not there and may not or cannot be made.
    """
    folder = cache_dir / recipe.fingerprint
    trouble = whats_wrong(folder)
    if trouble is None:
        return folder
    if not allow_export:
        raise EmbeddingError(f"There is no quantised form of the model {recipe.files.name!r}: {trouble}.")
    try:
        cache_dir.mkdir(parents=True, exist_ok=True)
        with FileLock(cache_dir / f"{recipe.fingerprint}.lock", timeout=EXPORT_TIMEOUT_S):
            trouble = whats_wrong(folder)
            if trouble is None:
                return folder
            if folder.exists():
                log.warning("The quantised model %s is damaged (%s); it is made anew.", folder, trouble)
            _make(recipe, folder, make or make_in_subprocess)
    except Timeout as error:
        raise EmbeddingError(f"Another process has been quantising the model for {EXPORT_TIMEOUT_S:.0f} s.") from error
    except OSError as error:
        raise EmbeddingError(f"The quantised model cannot be kept in {cache_dir}: {error}") from error
    return folder


def whats_wrong(folder: Path) -> str | None:
    """Why the export in `folder` cannot be used; None when its files are as they were written."""
    try:
        record = json.loads((folder / RECORD).read_bytes())
        expected: dict[str, str] = record["sha256"]
        for name, sha256 in expected.items():
            if file_sha256(folder / name) != sha256:
                return f"{name} was altered"
    except FileNotFoundError as error:
        return f"{Path(str(error.filename)).name} is missing" if folder.exists() else "it was not made yet"
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return f"{RECORD} cannot be read ({error})"
    return None if expected else f"{RECORD} names no files"


def _make(recipe: Recipe, folder: Path, make: Maker) -> None:
    for left_over in folder.parent.glob(f"{recipe.fingerprint}.making-*"):
        shutil.rmtree(left_over, ignore_errors=True)
    beside = Path(tempfile.mkdtemp(prefix=f"{recipe.fingerprint}.making-", dir=folder.parent))
    try:
        make(recipe.kind, recipe.files, beside)
        hashes = {path.name: file_sha256(path) for path in sorted(beside.iterdir())}
        record = {"fingerprint": recipe.fingerprint, "model": recipe.files.sha256, "sha256": hashes}
        (beside / RECORD).write_text(json.dumps(record, indent=1), encoding="utf-8")
        for path in beside.iterdir():
            with path.open("rb+") as file:
                os.fsync(file.fileno())
        shutil.rmtree(folder, ignore_errors=True)
        beside.replace(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def make_in_subprocess(kind: Kind, files: ModelFiles, out: Path) -> None:
    """Run ``python -m medqa.embedding.make_export`` with the network switches off."""
    command = [sys.executable, "-m", "medqa.embedding.make_export", kind, str(files.folder), str(out)]
    command += [] if files.adapter is None else ["--adapter", str(files.adapter)]
    command += [] if files.layers is None else ["--layers", str(files.layers)]
    environment = os.environ | OFFLINE_ENVIRONMENT | {"PYTHONWARNINGS": "ignore"}
    log.info("Quantising the model %r, once; this takes about a minute.", files.name)
    try:
        done = subprocess.run(  # the command is this interpreter and our own module
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=EXPORT_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise EmbeddingError(f"Quantising the model took more than {EXPORT_TIMEOUT_S:.0f} s.") from error
    if done.returncode != 0:
        tail = done.stderr.strip()[-ERROR_TAIL_CHARS:]
        raise EmbeddingError(f"The model cannot be quantised (exit status {done.returncode}): {tail}")
