"""``medqa state``: the copy of what people left behind."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from medqa.state import STATE_FILE, Feedback, FeedbackStore
from medqa.surfaces.cli import app


def run(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["state", "backup", *arguments])
    return done.exit_code, done.stdout, done.stderr


def test_a_backup_can_take_the_place_of_the_file(tmp_path: Path) -> None:
    left = FeedbackStore(tmp_path / "index").add(Feedback(helpful=True, answer={"kind": "abstained"}))
    target = tmp_path / "restored" / STATE_FILE
    code, out, _ = run(str(target), "--index", str(tmp_path / "index"), "--json")
    assert (code, json.loads(out)) == (0, {"file": str(target), "bytes": target.stat().st_size})
    assert FeedbackStore(tmp_path / "restored").get(left).helpful


def test_nothing_to_back_up_is_a_failure_with_its_remedy(tmp_path: Path) -> None:
    code, out, err = run(str(tmp_path / "copy"), "--index", str(tmp_path / "index"))
    assert (code, out) == (1, "")
    assert "nothing to back up" in err
    assert "--index" in err
    assert not (tmp_path / "copy").exists()
