from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from medqa.errors import DamagedIndexError, IndexLockedError, IndexMissingError, StaleIndexError
from medqa.index import BuildLock, Expected, current_manifest, list_builds, purge, rollback
from medqa.index.layout import CURRENT, MANIFEST, build_path, current_build, finished_builds, new_build_id, point_to
from medqa.index.manifest import read_manifest, write_manifest
from medqa.index.switch import sweep
from medqa.types import BuildId
from tests.unit.index.conftest import DIM, EXPECTED, Built


def _next_build(built: Built) -> BuildId:
    """A third build goes live, as `build_index` would leave it."""
    build_id = new_build_id(built.root)
    folder = build_path(built.root, build_id)
    shutil.copytree(build_path(built.root, built.second.build_id), folder)
    manifest = read_manifest(folder)
    write_manifest(folder, manifest.model_copy(update={"build_id": build_id, "previous": current_build(built.root)}))
    point_to(built.root, build_id)
    return build_id


def test_rollback_points_at_the_build_before_and_says_which(built: Built) -> None:
    assert rollback(built.root, EXPECTED) == built.first.build_id
    assert current_build(built.root) == built.first.build_id
    with pytest.raises(IndexMissingError, match="no build before"):
        rollback(built.root)
    assert current_build(built.root) == built.first.build_id


def test_rollback_returns_to_what_was_live_not_to_what_was_left_for_good_reason(built: Built) -> None:
    rollback(built.root)
    _next_build(built)
    assert built.second.build_id in finished_builds(built.root)
    assert rollback(built.root) == built.first.build_id


def test_after_a_rollback_the_sweep_keeps_the_build_that_served(built: Built) -> None:
    rollback(built.root)
    third = _next_build(built)
    assert sweep(built.root, keep_builds=2) == (built.second.build_id,)
    assert finished_builds(built.root) == (built.first.build_id, third)


def test_rollback_checks_before_it_points(built: Built) -> None:
    with pytest.raises(StaleIndexError):
        rollback(built.root, Expected("model-b", "chunks-a", DIM))
    store = build_path(built.root, built.first.build_id) / "store.sqlite"
    store.write_bytes(store.read_bytes()[:-1])
    with pytest.raises(DamagedIndexError, match=r"store\.sqlite"):
        rollback(built.root)
    assert current_build(built.root) == built.second.build_id


def test_rollback_away_from_a_build_whose_manifest_is_gone(built: Built) -> None:
    (build_path(built.root, built.second.build_id) / MANIFEST).unlink()
    assert rollback(built.root) == built.first.build_id


def test_rollback_of_nothing(tmp_path: Path) -> None:
    with pytest.raises(IndexMissingError, match="no index"):
        rollback(tmp_path)


def test_nothing_is_switched_or_removed_while_another_builds(built: Built) -> None:
    with BuildLock(built.root):
        with pytest.raises(IndexLockedError):
            rollback(built.root)
        with pytest.raises(IndexLockedError):
            purge(built.root)


@pytest.mark.parametrize(("keep", "left"), [(1, 1), (2, 2), (3, 3), (9, 3)])
def test_all_but_the_number_to_keep_are_swept(built: Built, keep: int, left: int) -> None:
    third = _next_build(built)
    assert len(sweep(built.root, keep)) == 3 - left
    kept = finished_builds(built.root)
    assert len(kept) == left
    assert kept[-1] == third == current_build(built.root)


def test_purge_leaves_the_live_one_alone(built: Built) -> None:
    rollback(built.root)
    assert purge(built.root) == (built.second.build_id,)
    assert finished_builds(built.root) == (built.first.build_id,) == (current_build(built.root),)
    assert purge(built.root) == ()


def test_builds_are_listed_newest_first_with_their_problems(built: Built) -> None:
    (build_path(built.root, built.first.build_id) / MANIFEST).write_text("{")
    newest, oldest = list_builds(built.root)
    assert (newest.build_id, newest.live, newest.problem) == (built.second.build_id, True, "")
    assert newest.manifest is not None
    assert (oldest.build_id, oldest.live, oldest.manifest) == (built.first.build_id, False, None)
    assert "not JSON" in oldest.problem


def test_no_build_has_no_manifest(tmp_path: Path) -> None:
    assert current_manifest(tmp_path) is None
    assert list_builds(tmp_path) == ()


@pytest.mark.parametrize("content", [b"", b"\n", b"../../etc", b"20260101", b"\xff\xfe", b"\0" * 30])
def test_a_garbled_pointer_is_damage(built: Built, content: bytes) -> None:
    (built.root / CURRENT).write_bytes(content)
    with pytest.raises(DamagedIndexError, match="pointer"):
        current_build(built.root)


def test_the_pointer_is_replaced_never_rewritten(built: Built) -> None:
    with (built.root / CURRENT).open() as reader:
        point_to(built.root, built.first.build_id)
        assert reader.read().strip() == built.second.build_id
    assert current_build(built.root) == built.first.build_id
