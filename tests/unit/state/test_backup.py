from __future__ import annotations

import threading
from pathlib import Path

import pytest

from medqa.errors import StateError
from medqa.state import STATE_FILE, Feedback, FeedbackStore, StateDatabase

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
