"""A writer of feedback killed in the middle loses nothing that it was told is kept, and the file opens again."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from medqa.state import STATE_FILE, FeedbackStore

ROUNDS = 3
WRITER = Path(__file__).with_name("feedback_writer.py")


def _acknowledged_before_a_kill(root: Path, at_least: int) -> list[str]:
    process = subprocess.Popen([sys.executable, str(WRITER), str(root)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    ids = [process.stdout.readline().strip() for _ in range(at_least)]
    process.kill()
    ids += process.stdout.read().split()
    assert process.wait() == -9
    return ids


def test_no_acknowledged_feedback_is_lost(tmp_path: Path) -> None:
    acknowledged: set[str] = set()
    for number in range(ROUNDS):
        told = _acknowledged_before_a_kill(tmp_path, at_least=10 + 23 * number)
        acknowledged.update(i for i in told if len(i) == 32)  # the last line may be half a line
        kept = {item.id for item in FeedbackStore(tmp_path).list(limit=1_000_000)}
        assert acknowledged <= kept
        with closing(sqlite3.connect(tmp_path / STATE_FILE)) as db:
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
