"""Every file of a build cut short, flipped, scrambled or removed: a clean refusal, never a crash."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

from medqa.index.layout import build_path, files_below
from tests.faults.damage import DAMAGES
from tests.unit.index.conftest import DIM, Built

REPOSITORY = Path(__file__).parents[3]


def _run(built: Built, when: str) -> list[tuple[str, str, str]]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.damage", str(built.root), when, str(DIM)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, f"died with {done.returncode} after {lines[-1:]}: {done.stderr[-500:]}"
    return [(file, damage, outcome) for file, damage, outcome in lines]


def test_a_damaged_build_is_refused_cleanly(built: Built) -> None:
    outcomes = _run(built, "at-rest")
    files = files_below(build_path(built.root, built.second.build_id))
    assert len(outcomes) >= len(files) * (len(DAMAGES) - 2)
    expected = {("CURRENT", "removed"): "IndexMissingError"}
    wrong = [case for case in outcomes if case[2] != expected.get(case[:2], "DamagedIndexError")]
    # a pointer without its newline still names the build
    assert [case for case in wrong if case != ("CURRENT", "short by one", "answered")] == []


def test_damage_under_a_server_never_ends_it_nor_mixes_its_answers(built: Built) -> None:
    outcomes = _run(built, "while-serving")
    assert {outcome for _, _, outcome in outcomes} <= {"answered", "DamagedIndexError"}
    # the vectors and words are in memory; only the text is read as it is needed
    assert {file for file, _, outcome in outcomes if outcome != "answered"} <= {"store.sqlite"}


def test_the_damage_would_end_a_process_that_did_not_look_first(tmp_path: Path) -> None:
    """The reason for looking at the hashes first: if Chroma ever refuses such files by itself, this test says so."""
    code = """
import sys, numpy as np
from pathlib import Path
from medqa.index.dense import DenseIndex, write_vectors
from medqa.index.layout import files_below
folder, ids = Path(sys.argv[1]), [f"passage-{n}" for n in range(300)]
vectors = np.random.default_rng(0).standard_normal((300, 16), dtype=np.float32)
write_vectors(folder, ids, vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
level0 = next(folder.rglob("data_level0.bin"))
level0.write_bytes(np.random.default_rng(0).bytes(level0.stat().st_size))
DenseIndex(folder, files_below(folder), ids, 16).search(vectors[0], 5)
"""
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "v")], capture_output=True, check=False)
    assert done.returncode == -signal.SIGSEGV
