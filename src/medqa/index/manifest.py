"""The manifest of a build: what it was made from, with what, and the hash of every file of it.

It is written last, so that a build with a readable manifest is complete; it carries a checksum of itself,
so that a single altered byte is seen.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from medqa.errors import DamagedIndexError, StaleIndexError
from medqa.index.layout import MANIFEST, files_below

SCHEMA = 4
"""Raised whenever a build of the version before could be misread."""


class FileStamp(BaseModel):
    """Size in bytes and SHA-256 of one file."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    size: int
    sha256: str


class Counts(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    articles: int
    sections: int
    chunks: int


class Manifest(BaseModel):
    """What a build is. `files` names every file of the build but the manifest itself.

    `corpus_sha256` covers the ids and hashes of all articles in the order of their ids. `chunking` and
    `embedder` are the signatures of the code and model that made the passages and vectors. `previous` is
    the build that was live when this one was made; a rollback returns to it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    schema_version: int = SCHEMA
    build_id: str
    previous: str | None
    created_at: str
    corpus_sha256: str
    corpus_roots: tuple[str, ...]
    source_files: dict[str, str]
    chunking: str
    embedder: str
    dim: int
    counts: Counts
    article_hashes: dict[str, str]
    files: dict[str, FileStamp]


@dataclass(frozen=True, slots=True)
class Expected:
    """What a build must have been made with to be of use to this process."""

    embedder: str
    chunking: str
    dim: int


def corpus_hash(article_hashes: Mapping[str, str]) -> str:
    """SHA-256 over ``id NUL hash NUL`` of every article in the order of the ids."""
    digest = hashlib.sha256()
    for article_id in sorted(article_hashes):
        digest.update(f"{article_id}\0{article_hashes[article_id]}\0".encode())
    return digest.hexdigest()


def render(manifest: Manifest) -> bytes:
    """The one way in which a manifest is written; a file that differs by a byte is damaged."""
    fields = manifest.model_dump(mode="json")
    return _canonical({**fields, "checksum": _checksum(fields)})


def write_manifest(build: Path, manifest: Manifest) -> None:
    (build / MANIFEST).write_bytes(render(manifest))


def read_manifest(build: Path) -> Manifest:
    """The manifest of a build folder.

    Raises `DamagedIndexError` when it is missing, cut short or altered, `StaleIndexError` when another
    version of medqa wrote it.
    """
    path = build / MANIFEST
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DamagedIndexError(f"The manifest of build {build.name} cannot be read: {error.strerror}.") from error
    damaged = f"The manifest of build {build.name} is damaged"
    try:
        fields = json.loads(raw)
    except ValueError as error:
        raise DamagedIndexError(f"{damaged}: it is not JSON.") from error
    if not isinstance(fields, dict) or fields.pop("checksum", None) != _checksum(fields):
        raise DamagedIndexError(f"{damaged}: its checksum does not fit.")
    if fields.get("schema_version") != SCHEMA:
        raise StaleIndexError(
            f"Build {build.name} has format {fields.get('schema_version')}, this version of medqa reads {SCHEMA}."
        )
    try:
        manifest = Manifest.model_validate_json(json.dumps(fields))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise DamagedIndexError(f"{damaged}: {place}: {first['msg']}.") from error
    if render(manifest) != raw:
        raise DamagedIndexError(f"{damaged}: it is not as it was written.")
    return manifest


def require(manifest: Manifest, expected: Expected) -> None:
    """Raise `StaleIndexError`, naming what differs, unless the build was made with what is expected."""
    differences = [
        f"{what} {found!r} instead of {wanted!r}"
        for what, found, wanted in (
            ("model", manifest.embedder, expected.embedder),
            ("chunking", manifest.chunking, expected.chunking),
            ("dimensions", manifest.dim, expected.dim),
        )
        if found != wanted
    ]
    if differences:
        raise StaleIndexError(f"The index was built with {'; '.join(differences)}.")


def stamp_files(build: Path, names: Iterable[str] | None = None) -> dict[str, FileStamp]:
    """Size and hash of every file of a build folder, the manifest left out."""
    chosen = [name for name in (files_below(build) if names is None else names) if name != MANIFEST]
    # hashlib lets go of the interpreter lock on large buffers, so threads do run side by side
    with ThreadPoolExecutor(max_workers=4) as pool:
        return dict(zip(chosen, pool.map(lambda name: _stamp(build / name), chosen), strict=True))


def check_files(build: Path, manifest: Manifest) -> None:
    """Raise `DamagedIndexError`, naming the first file that is missing, of another size or altered."""
    for name, stamp in manifest.files.items():
        try:
            size = (build / name).stat().st_size
        except OSError as error:
            raise DamagedIndexError(f"{name} of build {build.name} cannot be read: {error.strerror}.") from error
        if size != stamp.size:
            raise DamagedIndexError(f"{name} of build {build.name} has {size} bytes instead of {stamp.size}.")
    try:
        found = stamp_files(build, manifest.files)
    except OSError as error:
        raise DamagedIndexError(f"{error.filename} cannot be read: {error.strerror}.") from error
    for name, stamp in manifest.files.items():
        if found[name] != stamp:
            raise DamagedIndexError(f"{name} of build {build.name} was altered: its hash is another.")


def _stamp(path: Path) -> FileStamp:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return FileStamp(size=file.tell(), sha256=digest)


def _canonical(fields: Mapping[str, Any]) -> bytes:
    return (json.dumps(fields, ensure_ascii=True, sort_keys=True, indent=1) + "\n").encode("ascii")


def _checksum(fields: Mapping[str, Any]) -> str:
    return hashlib.sha256(_canonical(fields)).hexdigest()
