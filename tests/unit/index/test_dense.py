from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from medqa.errors import DamagedIndexError, EmbeddingError
from medqa.index.dense import DenseIndex, check_vectors, leaders_of, write_vectors
from medqa.index.layout import files_below
from medqa.index.manifest import stamp_files
from medqa.types import ChunkId

DIM = 16
IDS = [ChunkId(f"article-{n}#0") for n in range(300)]


def _vectors(rows: int = 300, seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).standard_normal((rows, DIM), dtype=np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


VECTORS = _vectors()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dense") / "vectors"
    write_vectors(folder, IDS, VECTORS)
    return folder


@pytest.fixture
def index(folder: Path) -> Iterator[DenseIndex]:
    index = DenseIndex(folder, files_below(folder), IDS, DIM)
    yield index
    index.close()


def test_agrees_with_cosines_by_numpy(index: DenseIndex) -> None:
    for query in _vectors(50, seed=9):
        cosines = VECTORS @ query
        found = index.search(query, 10)
        assert [n for n, _ in found] == np.argsort(-cosines)[:10].tolist()
        assert [score for _, score in found] == pytest.approx(np.sort(cosines)[::-1][:10], abs=1e-5)


def test_a_query_need_not_have_length_one(index: DenseIndex) -> None:
    assert dict(index.search(VECTORS[3] * 7, 3)) == pytest.approx(dict(index.search(VECTORS[3], 3)), abs=1e-5)


def test_k_beyond_the_number_of_passages_gives_all(index: DenseIndex) -> None:
    assert sorted(n for n, _ in index.search(VECTORS[0], 1000)) == list(range(300))
    assert index.search(VECTORS[0], 0) == []


def test_equal_vectors_stand_in_the_order_of_the_build(tmp_path: Path) -> None:
    vectors = np.repeat(VECTORS[:4], 3, axis=0)
    ids = [ChunkId(f"z{99 - n}") for n in range(12)]
    write_vectors(tmp_path / "v", ids, vectors)
    index = DenseIndex(tmp_path / "v", files_below(tmp_path / "v"), ids, DIM)
    assert [n for n, _ in index.search(VECTORS[1], 3)] == [3, 4, 5]
    index.close()


@pytest.mark.parametrize("count", [1, 2, 5462])
def test_everything_is_flushed_whatever_the_number(tmp_path: Path, count: int) -> None:
    vectors, ids = _vectors(count), [ChunkId(f"id-{n}") for n in range(count)]
    write_vectors(tmp_path / "v", ids, vectors)
    level0 = next((tmp_path / "v").rglob("data_level0.bin"))
    assert level0.stat().st_size >= count * DIM * 4
    index = DenseIndex(tmp_path / "v", files_below(tmp_path / "v"), ids, DIM)
    assert index.stored_ids() == set(ids)
    assert index.search(vectors[-1], 1)[0][0] == count - 1
    assert np.allclose(index.stored_vectors(ids[-1:]), vectors[-1:])
    index.close()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_vectors_that_are_not_finite_are_refused(tmp_path: Path, index: DenseIndex, bad: float) -> None:
    vectors = VECTORS[:3].copy()
    vectors[1, 2] = bad
    with pytest.raises(EmbeddingError, match="passage 1"):
        write_vectors(tmp_path / "v", IDS[:3], vectors)
    assert not (tmp_path / "v").exists()
    with pytest.raises(EmbeddingError):
        index.search(vectors[1], 3)


def test_wrong_shapes_types_and_lengths_are_refused(index: DenseIndex) -> None:
    with pytest.raises(EmbeddingError):
        check_vectors(VECTORS, 299, DIM)
    with pytest.raises(EmbeddingError):
        check_vectors(VECTORS, 300, DIM + 1)
    with pytest.raises(EmbeddingError):
        check_vectors(VECTORS.astype(np.float64), 300, DIM)  # type: ignore[arg-type]
    with pytest.raises(EmbeddingError, match="passage 0"):
        check_vectors(VECTORS * 2, 300, DIM)
    with pytest.raises(EmbeddingError):
        index.search(VECTORS[0][:-1], 3)
    with pytest.raises(EmbeddingError):
        index.search(np.zeros(DIM, dtype=np.float32), 3)


def test_serving_leaves_the_files_of_the_build_as_they_were(folder: Path) -> None:
    before = stamp_files(folder)
    for _ in range(2):
        index = DenseIndex(folder, files_below(folder), IDS, DIM)
        index.search(VECTORS[0], 5)
        index.close()
    assert stamp_files(folder) == before


def test_many_threads_find_the_same(index: DenseIndex) -> None:
    alone = [index.search(vector, 5) for vector in VECTORS[:40]]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda n: index.search(VECTORS[n % 40], 5), range(400))) == alone * 10


def test_another_number_of_passages_is_damage(folder: Path) -> None:
    with pytest.raises(DamagedIndexError, match="each of 299 passages"):
        DenseIndex(folder, files_below(folder), IDS[:-1], DIM)


def test_closing_removes_the_working_folder_and_frees_the_handles(folder: Path) -> None:
    def handles() -> list[str]:
        return [
            name
            for link in Path("/proc/self/fd").iterdir()
            if link.is_symlink() and "medqa-vectors-" in (name := str(link.readlink()))
        ]

    def folders() -> set[Path]:
        return set(Path(tempfile.gettempdir()).glob("medqa-vectors-*"))

    before = folders()
    index = DenseIndex(folder, files_below(folder), IDS, DIM)
    index.search(VECTORS[0], 1)
    (working,) = folders() - before
    assert any(str(working) in name for name in handles())
    index.close()
    index.close()
    assert not working.exists()
    assert not any(str(working) in name for name in handles())


def test_the_working_folder_of_a_killed_process_is_removed_later(folder: Path) -> None:
    old, young = (Path(tempfile.mkdtemp(prefix="medqa-vectors-")) for _ in range(2))
    two_hours_ago = time.time() - 7200
    os.utime(old, (two_hours_ago, two_hours_ago))
    DenseIndex(folder, files_below(folder), IDS, DIM).close()
    assert not old.exists()
    assert young.exists()
    young.rmdir()


def test_the_first_of_equal_rows_stands_for_them() -> None:
    rows = VECTORS[[0, 1, 0, 2, 1, 0]]
    assert leaders_of(rows).tolist() == [0, 1, 0, 3, 1, 0]


def test_a_passage_behind_thousands_of_equal_ones_is_found(tmp_path: Path) -> None:
    """Stored one by one they use up the links of the graph: an article of one sentence repeated hid its neighbours."""
    many = 20_000
    ids = [ChunkId(f"article-{n}#0") for n in range(many + 2)]
    vectors = np.vstack([VECTORS[:1].repeat(many, axis=0), VECTORS[1:3]])
    write_vectors(tmp_path / "vectors", ids, vectors)
    index = DenseIndex(tmp_path / "vectors", files_below(tmp_path / "vectors"), ids, DIM)
    try:
        assert index.search(VECTORS[2], 1)[0][0] == many + 1
        assert [n for n, _ in index.search(VECTORS[0], 5)] == [0, 1, 2, 3, 4]
        assert len(index.search(VECTORS[1], many + 2)) == many + 2
        assert index.stored_ids() == set(ids)
        np.testing.assert_allclose(index.stored_vectors([ids[7], ids[many]]), vectors[[7, many]], atol=1e-6)
    finally:
        index.close()


def test_only_equal_passages_are_one_vector(tmp_path: Path) -> None:
    ids = IDS[:40]
    write_vectors(tmp_path / "vectors", ids, VECTORS[:1].repeat(40, axis=0))
    index = DenseIndex(tmp_path / "vectors", files_below(tmp_path / "vectors"), ids, DIM)
    try:
        assert [n for n, _ in index.search(VECTORS[0], 40)] == list(range(40))
    finally:
        index.close()


@pytest.mark.parametrize("leaders", [[0, 0], [5, 0, 0], [-1, 0, 0]])
def test_leaders_that_do_not_fit_are_damage(tmp_path: Path, leaders: list[int]) -> None:
    ids = IDS[:3]
    write_vectors(tmp_path / "vectors", ids, VECTORS[:3])
    np.save(tmp_path / "vectors" / "leaders.npy", np.asarray(leaders, dtype=np.int64))
    with pytest.raises(DamagedIndexError, match="leaders"):
        DenseIndex(tmp_path / "vectors", files_below(tmp_path / "vectors"), ids, DIM)
