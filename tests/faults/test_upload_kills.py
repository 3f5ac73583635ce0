"""Whoever keeps uploads and is killed in the middle loses none that was acknowledged; what a build reads is whole."""

from __future__ import annotations

import hashlib
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from medqa.state import STATE_FILE, AuditTrail, UploadStore

ROUNDS = 3
WRITER = Path(__file__).with_name("upload_writer.py")
SHA256_CHARS = 64


def _acknowledged_before_a_kill(root: Path, at_least: int) -> list[str]:
    process = subprocess.Popen([sys.executable, str(WRITER), str(root)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    sums = [process.stdout.readline().strip() for _ in range(at_least)]
    process.kill()
    sums += process.stdout.read().split()
    assert process.wait() == -9
    return sums


def test_no_acknowledged_upload_is_lost_and_none_is_read_by_halves(tmp_path: Path) -> None:
    acknowledged: set[str] = set()
    for number in range(ROUNDS):
        told = _acknowledged_before_a_kill(tmp_path, at_least=4 + 7 * number)
        acknowledged.update(one for one in told if len(one) == SHA256_CHARS)  # the last line may be half a line
        store = UploadStore(tmp_path)
        kept = {upload.sha256 for upload in store.list()}
        assert acknowledged <= kept
        folder = store.write_out()
        assert folder is not None
        read = {hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*.md")}
        assert read == kept
        noted = {entry.detail["sha256"] for entry in AuditTrail(tmp_path).entries(limit=1_000_000)}
        assert noted == kept, "what is kept is in the trail, and nothing else"
        with closing(sqlite3.connect(tmp_path / STATE_FILE)) as db:
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
