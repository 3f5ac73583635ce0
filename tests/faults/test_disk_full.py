"""A real small file system that fills up while a build is written to it."""

from __future__ import annotations

import os
import subprocess
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from medqa.errors import DiskFullError
from medqa.index import LiveIndex
from medqa.index.layout import current_build, finished_builds, leftovers
from tests.synthetic import synthetic
from tests.unit.index.conftest import DIM, EXPECTED, build

LIVE = synthetic(60, dim=DIM, seed=1, tag="live")
NEXT = synthetic(1500, dim=DIM, seed=2, tag="next")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """24 MB of their own, mounted; skipped with a loud line where mounting is not allowed."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        warnings.warn("NO SMALL FILE SYSTEM COULD BE MOUNTED: the disk-full tests did not run", stacklevel=1)
        pytest.skip("mounting a small file system needs root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def _fill(folder: Path, leave_bytes: int) -> None:
    """Take all room but `leave_bytes` with another program's file."""
    usage = os.statvfs(folder)
    with (folder / "other-program").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(1, usage.f_bavail * usage.f_frsize - leave_bytes))


@pytest.mark.parametrize(
    ("stage", "leave_bytes"),
    [("text", 0), ("text", 200_000), ("words", 50_000), ("vectors", 0), ("vectors", 400_000), ("flushing", 0)],
)
def test_a_disk_that_fills_up_keeps_the_live_index_and_removes_the_rest(
    small_disk: Path, stage: str, leave_bytes: int
) -> None:
    root = small_disk / "index"
    first = build(root, LIVE)
    live = LiveIndex(root, EXPECTED)

    def fill(reached: str) -> None:
        if reached == stage:
            _fill(small_disk, leave_bytes)

    with pytest.raises(DiskFullError, match="filled up"):
        build(root, NEXT, on_stage=fill)
    assert current_build(root) == first.build_id
    assert finished_builds(root) == (first.build_id,)
    assert leftovers(root) == ()
    with live.acquire() as index:
        assert index.dense(LIVE.vectors[7], 1)[0][0] == LIVE.chunks[7].id
    live.close()


def test_the_pointer_stays_whole_when_it_cannot_be_written(small_disk: Path) -> None:
    root = small_disk / "index"
    first = build(root, LIVE)

    def fill(_: str) -> None:
        _fill(small_disk, 0)

    with pytest.raises(DiskFullError):
        build(root, NEXT, on_ready=fill)
    assert current_build(root) == first.build_id
    assert finished_builds(root) == (first.build_id,)
    (small_disk / "other-program").unlink()
    after = build(root, NEXT).build_id
    assert current_build(root) == after != first.build_id


def test_a_disk_that_is_too_small_is_said_before_the_first_byte(small_disk: Path) -> None:
    root = small_disk / "index"
    root.mkdir()
    _fill(small_disk, 3 << 20)
    with pytest.raises(DiskFullError, match="needs about"):
        build(root, NEXT)
    assert not (root / "builds").exists()
