"""Builders that are killed, builders that meet, readers while it happens."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from medqa.index import Expected, LiveIndex
from medqa.index.layout import current_build, finished_builds, leftovers
from tests.faults.builder import CHUNKING, EMBEDDER, tag
from tests.synthetic import synthetic

REPOSITORY = Path(__file__).parents[2]


def _start(module: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", module, *map(str, arguments)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@dataclass
class Rounds:
    """Builds of `count` generated passages into one folder, one live index that is asked after each."""

    root: Path
    count: int
    dim: int
    live: LiveIndex = field(init=False)
    live_seed: int = 0

    def __post_init__(self) -> None:
        self.live = LiveIndex(self.root, Expected(EMBEDDER, CHUNKING, self.dim), retry_after_s=0.0)

    def build(self, seed: int) -> float:
        """A build that is left alone; returns its seconds, counted from its first stage."""
        process = _start("tests.faults.builder", self.root, self.count, self.dim, seed)
        assert process.stdout is not None
        assert process.stdout.readline() == "stage starting\n"
        started = time.monotonic()
        _, errors = process.communicate()
        assert process.returncode == 0, errors
        self.live_seed = seed
        return time.monotonic() - started

    def kill(self, seed: int, after_s: float, how: signal.Signals) -> str:
        """Kill a build `after_s` seconds after its first stage; returns the stage it had reached."""
        process = _start("tests.faults.builder", self.root, self.count, self.dim, seed)
        assert process.stdout is not None
        assert process.stdout.readline() == "stage starting\n"
        time.sleep(after_s)
        process.send_signal(how)
        output, _ = process.communicate()
        if current_build(self.root) in finished_builds(self.root) and f"built {current_build(self.root)}" in output:
            self.live_seed = seed
        return output.split()[-1] if output else "starting"

    def answers(self) -> int:
        """Ask the server that has been up all the while; the answer must be of one build, whole. Returns its seed."""
        with self.live.acquire() as index:
            assert self.live.problem is None
            text = index.document(next(iter(index.titles()))).text
            seed = int(text[text.index("seed") + 4 :][:4])
            corpus = synthetic(self.count, dim=self.dim, seed=seed, tag=tag(seed))
            for row in np.random.default_rng(seed).integers(0, self.count, 20):
                chunk = corpus.chunks[row]
                assert index.dense(corpus.vectors[row], 1)[0][0] == chunk.id
                assert chunk.id in dict(index.lexical(chunk.text, 10))
                assert index.chunks([chunk.id])[chunk.id] == chunk
                assert chunk.span.of(index.document(chunk.document_id).text) == chunk.text
        return seed


def _run(rounds: Rounds, kills: int, generator: random.Random) -> list[str]:
    """`kills` builds killed at random moments; after each the server answers. Then one that is left alone."""
    whole_s = rounds.build(seed=0)
    assert rounds.answers() == 0
    reached = []
    for seed in range(1, kills + 1):
        how = signal.SIGKILL if seed % 2 else signal.SIGTERM
        stage = rounds.kill(seed, generator.uniform(0, whole_s), how)
        reached.append(f"{how.name} at {stage}")
        # a kill between the switch and the last line leaves the new build live: sound as well
        assert rounds.answers() in (rounds.live_seed, seed)
    rounds.build(seed=kills + 1)
    assert rounds.answers() == kills + 1
    assert leftovers(rounds.root) == ()
    rounds.live.close()
    return reached


def test_killed_builds_leave_the_live_index_answering(tmp_path: Path) -> None:
    rounds = Rounds(tmp_path / "index", count=1500, dim=384)
    reached = _run(rounds, kills=3, generator=random.Random(0))
    assert len(reached) == 3


@pytest.mark.faults_full
@pytest.mark.timeout(3600)
def test_twenty_killed_builds_of_twelve_thousand_passages(tmp_path: Path) -> None:
    rounds = Rounds(tmp_path / "index", count=12_000, dim=384)
    reached = _run(rounds, kills=20, generator=random.Random())
    sys.stdout.write("\n".join(reached) + "\n")
    assert len(reached) == 20


def test_a_kill_at_each_later_stage(tmp_path: Path) -> None:
    rounds = Rounds(tmp_path / "index", count=300, dim=32)
    rounds.build(seed=0)
    for seed, stage in enumerate(("vectors", "verifying", "switching"), start=1):
        process = _start("tests.faults.builder", rounds.root, rounds.count, rounds.dim, seed)
        assert process.stdout is not None
        while process.stdout.readline() != f"stage {stage}\n":
            assert process.poll() is None
        process.kill()
        process.communicate()
        # at the last stage the switch may be done or not: either build is whole
        assert rounds.answers() in ({0} if stage != "switching" else {0, seed})
    rounds.build(seed=9)
    assert rounds.answers() == 9
    assert leftovers(rounds.root) == ()
    rounds.live.close()


def test_of_two_builders_one_builds_and_one_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "index"
    first = _start("tests.faults.builder", root, 1500, 64, 1)
    assert first.stdout is not None
    while first.stdout.readline() != "stage text\n":
        assert first.poll() is None
    second = _start("tests.faults.builder", root, 1500, 64, 2)
    _, refusal = second.communicate()
    output, errors = first.communicate()
    assert (first.returncode, second.returncode) == (0, 1), errors
    assert refusal.startswith(f"IndexLockedError: Another process ({first.pid}) is building")
    assert len(refusal.splitlines()) == 1
    (only,) = finished_builds(root)
    assert output.split()[-1] == only == current_build(root)


def test_readers_of_other_processes_see_no_error_and_no_mixture(tmp_path: Path) -> None:
    """With one build kept, each switch sweeps the build that the readers have open."""
    root, dim, count = tmp_path / "index", 32, 240
    assert _start("tests.faults.switcher", root, count, dim, 0, 1).wait() == 0
    readers = [_start("tests.faults.reader", root, count, dim) for _ in range(2)]
    for reader in readers:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "reading\n"
    assert _start("tests.faults.switcher", root, count, dim, 1, 2).wait() == 0
    for reader in readers:
        reader.send_signal(signal.SIGTERM)
        output, errors = reader.communicate()
        assert reader.returncode == 0, errors
        told = json.loads(output)
        assert told["errors"] == []
        assert told["asked"] > 50
        assert set(told["seeds"]) >= {0, 2}
