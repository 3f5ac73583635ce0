"""A handful of passages with the vectors they were given, kept in the build so that it can be asked for them."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medqa.errors import DamagedIndexError
from medqa.ports import Vectors

PROBE_COUNT = 32


@dataclass(frozen=True, slots=True)
class Probes:
    """`positions` int64 (n,) in the build; `vectors` float32 (n, dim), the rows that were given for them."""

    positions: NDArray[np.int64]
    vectors: Vectors


def choose_probes(vectors: Vectors) -> Probes:
    """Evenly spread over the build, the first and the last passage among them."""
    count = min(PROBE_COUNT, len(vectors))
    positions = np.unique(np.linspace(0, len(vectors) - 1, count).round().astype(np.int64))
    return Probes(positions, vectors[positions])


def write_probes(path: Path, probes: Probes) -> None:
    np.savez(path, positions=probes.positions, vectors=probes.vectors)


def read_probes(path: Path) -> Probes:
    """Raises `DamagedIndexError` when the file cannot be read."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return Probes(arrays["positions"], arrays["vectors"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise DamagedIndexError(f"The probes {path} cannot be read: {error}.") from error
