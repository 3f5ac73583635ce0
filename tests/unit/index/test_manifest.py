from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medqa.errors import DamagedIndexError, StaleIndexError
from medqa.index.layout import MANIFEST
from medqa.index.manifest import (
    SCHEMA,
    Counts,
    Expected,
    FileStamp,
    Manifest,
    check_files,
    corpus_hash,
    read_manifest,
    render,
    require,
    stamp_files,
    write_manifest,
)

MANIFEST_A = Manifest(
    build_id="20260101-000000-000000-abcdef",
    previous=None,
    created_at="2026-01-01T00:00:00+00:00",
    corpus_sha256="00",
    corpus_roots=("corpus",),
    source_files={"corpus/ä.md": "11"},
    chunking="chunks-a",
    embedder="model-a",
    dim=384,
    counts=Counts(articles=1, sections=2, chunks=3),
    article_hashes={"baclofen": "22"},
    files={"store.sqlite": FileStamp(size=4, sha256="33")},
)


def test_is_read_back_as_written(tmp_path: Path) -> None:
    write_manifest(tmp_path, MANIFEST_A)
    assert read_manifest(tmp_path) == MANIFEST_A


@given(st.data())
def test_any_altered_byte_is_seen(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("manifest")
    raw = render(MANIFEST_A)
    place = data.draw(st.integers(0, len(raw) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != raw[place]))
    (folder / MANIFEST).write_bytes(raw[:place] + bytes([other]) + raw[place + 1 :])
    with pytest.raises(DamagedIndexError):
        read_manifest(folder)


@given(st.integers(0, len(render(MANIFEST_A)) - 1))
def test_any_truncation_is_seen(tmp_path_factory: pytest.TempPathFactory, length: int) -> None:
    folder = tmp_path_factory.mktemp("manifest")
    (folder / MANIFEST).write_bytes(render(MANIFEST_A)[:length])
    with pytest.raises(DamagedIndexError):
        read_manifest(folder)


def test_missing_is_damaged(tmp_path: Path) -> None:
    with pytest.raises(DamagedIndexError, match="cannot be read"):
        read_manifest(tmp_path)


def test_unknown_field_is_refused(tmp_path: Path) -> None:
    fields = json.loads(render(MANIFEST_A)) | {"extra": 1}
    (tmp_path / MANIFEST).write_text(json.dumps(fields))
    with pytest.raises(DamagedIndexError):
        read_manifest(tmp_path)


def test_another_schema_is_stale_not_damaged(tmp_path: Path) -> None:
    write_manifest(tmp_path, MANIFEST_A.model_copy(update={"schema_version": SCHEMA + 1}))
    with pytest.raises(StaleIndexError, match=f"format {SCHEMA + 1}.*medqa index"):
        read_manifest(tmp_path)


@pytest.mark.parametrize(
    ("expected", "named"),
    [
        (Expected("model-b", "chunks-a", 384), "model 'model-a' instead of 'model-b'"),
        (Expected("model-a", "chunks-b", 384), "chunking 'chunks-a' instead of 'chunks-b'"),
        (Expected("model-a", "chunks-a", 768), "dimensions 384 instead of 768"),
    ],
)
def test_mismatch_names_what_differs_and_the_command(expected: Expected, named: str) -> None:
    with pytest.raises(StaleIndexError) as caught:
        require(MANIFEST_A, expected)
    assert named in str(caught.value)
    assert "medqa index" in str(caught.value)


def test_match_passes() -> None:
    require(MANIFEST_A, Expected("model-a", "chunks-a", 384))


def test_files_are_checked_by_size_then_hash(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "a").write_bytes(b"abc")
    (tmp_path / "deep" / "b").write_bytes(b"")
    stamps = stamp_files(tmp_path)
    assert set(stamps) == {"a", "deep/b"}
    # SHA-256 of "abc", FIPS 180-2 appendix B.1
    assert stamps["a"].sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    manifest = MANIFEST_A.model_copy(update={"files": stamps})
    check_files(tmp_path, manifest)
    (tmp_path / "a").write_bytes(b"abd")
    with pytest.raises(DamagedIndexError, match=r"a of build .* altered"):
        check_files(tmp_path, manifest)
    (tmp_path / "a").write_bytes(b"ab")
    with pytest.raises(DamagedIndexError, match="2 bytes instead of 3"):
        check_files(tmp_path, manifest)
    (tmp_path / "a").unlink()
    with pytest.raises(DamagedIndexError, match="cannot be read"):
        check_files(tmp_path, manifest)


def test_corpus_hash_ignores_the_order_of_reading_and_sees_every_part() -> None:
    assert corpus_hash({"a": "1", "b": "2"}) == corpus_hash({"b": "2", "a": "1"})
    assert len({corpus_hash(h) for h in ({"a": "12"}, {"a1": "2"}, {"a": "1", "b": "2"}, {})}) == 4
