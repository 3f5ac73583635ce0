"""Exports are made once, whole or not at all, and made anew when they are damaged."""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path

import pytest

from medqa.embedding.export import Kind, Recipe, calibration_texts, ensure_export, whats_wrong
from medqa.embedding.model_files import ModelFiles
from medqa.embedding.tokens import ModelTokenizer
from medqa.errors import EmbeddingError


class Maker:
    """Writes two small files instead of a model."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, kind: Kind, files: ModelFiles, out: Path) -> None:
        self.calls += 1
        (out / "model.xml").write_text("graph")
        time.sleep(0.05)
        (out / "model.bin").write_bytes(b"weights")


@pytest.fixture
def recipe(bundled: ModelFiles) -> Recipe:
    return Recipe("openvino-int8", bundled)


def test_an_export_is_made_once(recipe: Recipe, tmp_path: Path) -> None:
    make = Maker()
    folder = ensure_export(recipe, tmp_path, allow_export=True, make=make)
    assert folder == tmp_path / recipe.fingerprint
    assert sorted(path.name for path in folder.iterdir()) == ["export.json", "model.bin", "model.xml"]
    assert ensure_export(recipe, tmp_path, allow_export=False, make=make) == folder
    assert make.calls == 1


@pytest.mark.parametrize("name", ["export.json", "model.bin", "model.xml"])
@pytest.mark.parametrize("how", ["missing", "altered", "empty"])
def test_a_damaged_export_is_made_anew(
    recipe: Recipe, tmp_path: Path, name: str, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    make = Maker()
    folder = ensure_export(recipe, tmp_path, allow_export=True, make=make)
    if how == "missing":
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(b"{}" if how == "altered" else b"")
    assert whats_wrong(folder) is not None
    with caplog.at_level(logging.WARNING):
        ensure_export(recipe, tmp_path, allow_export=True, make=make)
    assert "damaged" in caplog.text
    assert whats_wrong(folder) is None
    assert make.calls == 2


def test_where_none_may_be_made(recipe: Recipe, tmp_path: Path) -> None:
    with pytest.raises(EmbeddingError, match="not made yet"):
        ensure_export(recipe, tmp_path, allow_export=False, make=Maker())
    assert list(tmp_path.iterdir()) == []


def test_a_maker_that_fails_leaves_nothing_that_could_be_loaded(recipe: Recipe, tmp_path: Path) -> None:
    def fail(kind: Kind, files: ModelFiles, out: Path) -> None:
        (out / "model.xml").write_text("half")
        raise EmbeddingError("out of memory")

    with pytest.raises(EmbeddingError, match="out of memory"):
        ensure_export(recipe, tmp_path, allow_export=True, make=fail)
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []


def test_what_a_killed_maker_left_is_swept(recipe: Recipe, tmp_path: Path) -> None:
    left = tmp_path / f"{recipe.fingerprint}.making-abc"
    left.mkdir()
    (left / "model.xml").write_text("half")
    ensure_export(recipe, tmp_path, allow_export=True, make=Maker())
    assert not left.exists()


def test_of_several_makers_at_once_one_works(recipe: Recipe, tmp_path: Path) -> None:
    make = Maker()
    found: list[Path] = []
    threads = [
        threading.Thread(target=lambda: found.append(ensure_export(recipe, tmp_path, allow_export=True, make=make)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [tmp_path / recipe.fingerprint] * 4
    assert make.calls == 1


def test_a_cache_folder_that_cannot_be_written(recipe: Recipe, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(EmbeddingError, match="cannot be kept"):
        ensure_export(recipe, tmp_path / "file" / "cache", allow_export=True, make=Maker())


def test_the_fingerprint_tells_runtimes_apart(bundled: ModelFiles) -> None:
    assert Recipe("onnx-int8", bundled).fingerprint != Recipe("openvino-int8", bundled).fingerprint


def test_a_model_that_cannot_be_exported_says_why(bundled: ModelFiles, tmp_path: Path) -> None:
    broken = tmp_path / "model"
    broken.mkdir()
    files = ModelFiles("broken", broken, {}, 384, 256, "mean", "", "")
    with pytest.raises(EmbeddingError, match="cannot be quantised"):
        ensure_export(Recipe("onnx-int8", files), tmp_path / "cache", allow_export=True)


def test_calibration_passages_are_as_passages_are(bundled: ModelFiles) -> None:
    tokens = ModelTokenizer(bundled.folder / "tokenizer.json", 256, "", "")
    counts = [tokens.count_tokens(text) for text in calibration_texts()]
    assert len(counts) == 200
    assert 20 <= min(counts) < 60
    assert 200 < max(counts) <= 254
