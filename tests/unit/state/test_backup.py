from __future__ import annotations

import threading
import zipfile
from pathlib import Path

import pytest

from medqa.errors import StateError
from medqa.state import STATE_FILE, Feedback, FeedbackStore, StateDatabase
from medqa.state.backup import back_up_all

ANSWER = {"kind": "abstained", "message": "Nothing found."}


def test_a_backup_holds_what_was_there_at_its_moment_while_others_write(tmp_path: Path) -> None:
    store = FeedbackStore(tmp_path)
    before = {store.add(Feedback(helpful=True, answer=ANSWER)) for _ in range(20)}
    stop = threading.Event()

    def go_on() -> None:
        while not stop.is_set():
            store.add(Feedback(helpful=True, answer=ANSWER))

    writer = threading.Thread(target=go_on)
    writer.start()
    try:
        size = StateDatabase(tmp_path).backup(tmp_path / "elsewhere" / STATE_FILE)
    finally:
        stop.set()
        writer.join()
    copy = tmp_path / "elsewhere"
    assert [p.name for p in (copy / "state").iterdir()] == ["state.sqlite"], "one file, nothing left beside it"
    assert size == (copy / STATE_FILE).stat().st_size
    assert before <= {item.id for item in FeedbackStore(copy).list(limit=10_000)}


def test_a_backup_that_fails_leaves_the_one_before(tmp_path: Path) -> None:
    target = tmp_path / "copy.sqlite"
    target.write_bytes(b"the backup of yesterday")
    with pytest.raises(StateError, match="nothing to back up"):
        StateDatabase(tmp_path).backup(target)
    FeedbackStore(tmp_path).add(Feedback(helpful=True, answer=ANSWER))
    (tmp_path / STATE_FILE).write_bytes(b"damaged" * 1000)
    with pytest.raises(StateError, match="cannot be backed up"):
        StateDatabase(tmp_path).backup(target)
    assert target.read_bytes() == b"the backup of yesterday"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["copy.sqlite", "state"]


def test_a_whole_backup_unpacks_into_the_state_with_the_labs_files(tmp_path: Path) -> None:
    root, other = tmp_path / "index", tmp_path / "other"
    kept = FeedbackStore(root).add(Feedback(helpful=True, answer=ANSWER))
    for name in (
        "labels/tess.jsonl",
        "runs/1/card.json",
        "baselines/retrieval.json",
        "runs/1/report.part",
        "uploads/a",
    ):
        file = root / "state" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    size = back_up_all(root, tmp_path / "all.zip")
    assert size == (tmp_path / "all.zip").stat().st_size
    with zipfile.ZipFile(tmp_path / "all.zip") as packed:
        packed.extractall(other)
    assert [item.id for item in FeedbackStore(other).list()] == [kept]
    found = {path.relative_to(other / "state").as_posix() for path in (other / "state").rglob("*.json*")}
    assert found == {"labels/tess.jsonl", "runs/1/card.json", "baselines/retrieval.json"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all.zip", "index", "other"]
    with pytest.raises(StateError, match="nothing to back up"):
        back_up_all(tmp_path / "empty", tmp_path / "all.zip")
    assert size == (tmp_path / "all.zip").stat().st_size
