from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from medqa.errors import (
    BuildCancelledError,
    BuildError,
    BuildVerificationError,
    CorpusError,
    DamagedIndexError,
    DiskFullError,
    EmbeddingError,
    IndexLockedError,
    InvariantError,
)
from medqa.index import STAGES, BuildLock, BuildReport, OpenBuild, corpus_hash, current_manifest
from medqa.index.fields import FieldVectors
from medqa.index.inspection import verify_in_subprocess
from medqa.index.layout import (
    CURRENT,
    MANIFEST,
    PROBES,
    build_path,
    current_build,
    files_below,
    finished_builds,
    new_build_id,
)
from medqa.index.manifest import read_manifest, stamp_files, write_manifest
from medqa.index.probes import choose_probes, write_probes
from medqa.index.verify import verify
from medqa.types import ArticleId, ChunkId, Span
from tests.synthetic import synthetic
from tests.unit.index.conftest import DIM, Built, build

SMALL = synthetic(24, dim=DIM, seed=5)


def test_a_build_holds_what_it_was_given(built: Built) -> None:
    manifest = read_manifest(build_path(built.root, built.first.build_id))
    assert (manifest.counts.articles, manifest.counts.sections, manifest.counts.chunks) == (5, 15, 60)
    assert (built.first.articles, built.first.sections, built.first.chunks) == (5, 15, 60)
    assert manifest.corpus_roots == ("corpus",)
    assert manifest.source_files == {"corpus/a.md": "0" * 64}
    assert manifest.corpus_sha256 == corpus_hash(manifest.article_hashes)
    assert set(manifest.article_hashes) == {document.id for document in built.old.documents}
    assert (manifest.dim, manifest.embedder, manifest.chunking) == (DIM, "model-a", "chunks-a")
    assert manifest.previous is None
    live = current_manifest(built.root)
    assert live is not None
    assert (live.build_id, live.previous) == (built.second.build_id, built.first.build_id)
    opened = OpenBuild(build_path(built.root, built.first.build_id))
    assert [opened.store.document(d.id) for d in built.old.documents] == list(built.old.documents)
    assert list(opened.store.all_chunks()) == list(built.old.chunks)
    assert np.allclose(opened.vectors.stored_vectors(opened.store.chunk_ids), built.old.vectors)
    opened.close()


def test_the_manifest_names_every_other_file_of_the_build(built: Built) -> None:
    folder = build_path(built.root, built.second.build_id)
    manifest = read_manifest(folder)
    assert set(files_below(folder)) == set(manifest.files) | {MANIFEST}
    assert built.second.size == sum((folder / name).stat().st_size for name in manifest.files)


def test_no_file_of_a_new_build_holds_the_old_text(built: Built) -> None:
    files = files_below(build_path(built.root, built.second.build_id))
    holding = [
        name for name in files if b"oldtext" in (build_path(built.root, built.second.build_id) / name).read_bytes()
    ]
    assert holding == []
    first = build_path(built.root, built.first.build_id)
    assert any(b"oldtext" in (first / name).read_bytes() for name in files_below(first))


def test_stages_and_progress_are_told(tmp_path: Path) -> None:
    stages: list[str] = []
    progress: list[tuple[int, int]] = []
    ready: list[tuple[str, bool]] = []
    report = build(
        tmp_path,
        SMALL,
        on_stage=stages.append,
        progress=lambda done, total: progress.append((done, total)),
        on_ready=lambda build_id: ready.append((build_id, (tmp_path / CURRENT).exists())),
    )
    assert tuple(stages) == STAGES == tuple(report.seconds)
    assert progress[-1] == (24, 24)
    assert ready == [(report.build_id, False)]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"chunks": ()}, CorpusError),
        ({"vectors": SMALL.vectors[:-1]}, EmbeddingError),
        ({"vectors": SMALL.vectors * np.float32(np.nan)}, EmbeddingError),
        ({"vectors": SMALL.vectors[0]}, InvariantError),
        ({"lexical_texts": SMALL.lexical_texts[:-1]}, InvariantError),
        ({"documents": SMALL.documents[:-1]}, InvariantError),
        ({"documents": SMALL.documents + SMALL.documents[:1]}, InvariantError),
        ({"chunks": SMALL.chunks[:-1] + SMALL.chunks[:1]}, InvariantError),
        ({"chunks": (*SMALL.chunks[:-1], replace(SMALL.chunks[-1], span=Span(0, 3)))}, InvariantError),
    ],
)
def test_inputs_that_do_not_fit_are_refused_before_the_disk_is_touched(
    tmp_path: Path, change: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        build(tmp_path / "index", replace(SMALL, **change))  # type: ignore[arg-type]
    assert not (tmp_path / "index").exists()


@pytest.mark.parametrize("stage", ["text", "vectors", "switching"])
def test_a_stopped_build_leaves_the_live_one_and_no_folder(built: Built, stage: str) -> None:
    reached: list[str] = []
    with pytest.raises(BuildCancelledError):
        build(built.root, SMALL, on_stage=reached.append, cancelled=lambda: len(reached) > STAGES.index(stage) - 1)
    assert current_build(built.root) == built.second.build_id
    left = {path.name for path in (built.root / "builds").iterdir()}
    assert left == {built.first.build_id, built.second.build_id}


def test_a_caller_that_raises_from_progress_gets_its_own_error(built: Built) -> None:
    class StopHere(ValueError):
        pass

    def stop(done: int, total: int) -> None:
        raise StopHere

    with pytest.raises(StopHere):
        build(built.root, SMALL, progress=stop)
    assert finished_builds(built.root) == (built.first.build_id, built.second.build_id)


def test_a_failure_while_it_goes_live_keeps_the_old_one(built: Built) -> None:
    def fail(_: str) -> None:
        raise OSError(errno.EIO, "Input/output error", "state.sqlite")

    with pytest.raises(BuildError, match=r"state\.sqlite: Input/output error"):
        build(built.root, SMALL, on_ready=fail)
    assert current_build(built.root) == built.second.build_id
    assert finished_builds(built.root) == (built.first.build_id, built.second.build_id)


def test_a_second_builder_is_refused_by_name(built: Built) -> None:
    with BuildLock(built.root), pytest.raises(IndexLockedError, match=rf"\({os.getpid()}\) is building"):
        build(built.root, SMALL)
    with BuildLock(built.root) as lock, lock:
        build(built.root, SMALL, lock=lock)


def test_two_threads_do_not_build_at_once(built: Built) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def hold(stage: str) -> None:
        if stage == "words":
            inside.set()
            assert go_on.wait(30)

    first = threading.Thread(target=build, args=(built.root, SMALL), kwargs={"on_stage": hold})
    first.start()
    assert inside.wait(30)
    with pytest.raises(IndexLockedError):
        build(built.root, SMALL)
    go_on.set()
    first.join()
    assert current_build(built.root) not in (built.first.build_id, built.second.build_id)


def test_what_a_dead_build_left_is_swept(built: Built) -> None:
    builds = built.root / "builds"
    for name in ("20260101-000000-000000-aaaaaa.partial", "20260101-000000-000000-bbbbbb.swept"):
        shutil.copytree(builds / built.first.build_id, builds / name)
    build(built.root, SMALL)
    assert {path.suffix for path in builds.iterdir()} == {""}


def test_ids_sort_after_older_ones_when_the_clock_goes_back(tmp_path: Path) -> None:
    (tmp_path / "builds" / "29990101-000000-000000-aaaaaa").mkdir(parents=True)
    assert new_build_id(tmp_path) > "29990101-000000-000000-aaaaaa"
    assert new_build_id(tmp_path / "other") < "29990101-000000-000000-aaaaaa"


def test_too_little_room_is_said_before_anything_is_written(built: Built, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(built.root)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1 << 20))
    with pytest.raises(DiskFullError, match="1 MB are free"):
        build(built.root, SMALL)
    assert finished_builds(built.root) == (built.first.build_id, built.second.build_id)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(BuildError, match="file"):
        build(tmp_path / "file" / "index", SMALL)


# --- verification ---------------------------------------------------------------------------------------


def _tamper(built: Built, change: Callable[[Path], None]) -> Path:
    """Change a build and sign it again, as a defect of the builder would have written it."""
    folder = build_path(built.root, built.second.build_id)
    manifest = read_manifest(folder)
    change(folder)
    write_manifest(folder, manifest.model_copy(update={"files": stamp_files(folder)}))
    return folder


def _sql(statement: str) -> Callable[[Path], None]:
    import sqlite3
    from contextlib import closing

    def change(folder: Path) -> None:
        with closing(sqlite3.connect(folder / "store.sqlite")) as db:
            db.execute(statement)
            db.commit()

    return change


@pytest.mark.parametrize(
    ("statement", "cause"),
    [
        ('UPDATE chunks SET start = start + 1, "end" = "end" + 1 WHERE position = 7', "not the text at its place"),
        ("UPDATE chunks SET text = 'x' || text WHERE position = 3", "not the text at its place"),
        ("DELETE FROM chunks WHERE position = 47", "passages|vectors"),
        ("UPDATE chunks SET id = 'other' WHERE position = 2", "ids of the vectors"),
        ("UPDATE documents SET id = 'other' WHERE position = 0", "cannot be read|No article|not those"),
    ],
)
def test_text_that_does_not_fit_is_seen(built: Built, statement: str, cause: str) -> None:
    folder = _tamper(built, _sql(statement))
    with pytest.raises((DamagedIndexError, CorpusError), match=cause):
        verify(folder)


def test_vectors_of_other_passages_are_seen(built: Built) -> None:
    def shift(folder: Path) -> None:
        write_probes(folder / PROBES, choose_probes(np.roll(built.new.vectors, 1, axis=0)))

    with pytest.raises(DamagedIndexError, match="not the one that was given"):
        verify(_tamper(built, shift))


def test_words_of_other_passages_are_seen(built: Built) -> None:
    from medqa.index.lexical import write_words

    def shift(folder: Path) -> None:
        shutil.rmtree(folder / "words")
        write_words(folder / "words", built.new.lexical_texts[24:] + built.new.lexical_texts[:24])

    with pytest.raises(DamagedIndexError, match="own words"):
        verify(_tamper(built, shift))


def test_random_vector_files_end_the_check_not_the_builder(built: Built) -> None:
    def scramble(folder: Path) -> None:
        level0 = next(folder.rglob("data_level0.bin"))
        level0.write_bytes(np.random.default_rng(0).bytes(level0.stat().st_size))

    folder = _tamper(built, scramble)
    with pytest.raises(BuildVerificationError):
        verify_in_subprocess(folder, timeout_s=60)


def test_a_check_that_hangs_is_ended(built: Built) -> None:
    with pytest.raises(BuildVerificationError, match="did not end"):
        verify_in_subprocess(build_path(built.root, built.second.build_id), timeout_s=0.01)


def test_the_check_says_its_cause_in_one_line(built: Built) -> None:
    folder = build_path(built.root, built.second.build_id)
    command = [sys.executable, "-m", "medqa.index.verify", str(folder)]
    (folder / "store.sqlite").write_bytes(b"")
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert "store.sqlite" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_importing_the_room_loads_no_vendor() -> None:
    code = (
        "import sys, medqa.index, medqa.state; "
        "sys.exit(any(m in sys.modules for m in ('chromadb', 'bm25s', 'torch', 'Stemmer')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_twin_passages_pass_the_check(tmp_path: Path) -> None:
    """Articles that repeat each other word for word share vectors and words."""
    twins = replace(
        SMALL,
        documents=SMALL.documents + tuple(replace(d, id=ArticleId(f"twin-{d.id}")) for d in SMALL.documents),
        chunks=SMALL.chunks
        + tuple(
            replace(c, id=ChunkId(f"twin-{c.id}"), document_id=ArticleId(f"twin-{c.document_id}")) for c in SMALL.chunks
        ),
        vectors=np.concatenate([SMALL.vectors, SMALL.vectors]),
        field_vectors=FieldVectors(
            *(np.concatenate([rows, rows]) for rows in (SMALL.field_vectors.titles, SMALL.field_vectors.headings)),
            asked=SMALL.field_vectors.asked,
        ),
        lexical_texts=SMALL.lexical_texts * 2,
    )
    assert isinstance(build(tmp_path, twins), BuildReport)
