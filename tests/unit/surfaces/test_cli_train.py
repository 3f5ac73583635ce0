"""`medqa train` does what it says and says what it did."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from medqa.surfaces.cli import app
from tests.unit.training.conftest import articles, tiny  # noqa: F401  # the small library and model serve here too

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def config(tiny: object, tmp_path: Path) -> Path:  # noqa: F811
    path = tmp_path / "medqa.toml"
    folder = tiny.folder  # type: ignore[attr-defined]
    path.write_text(
        f'[embedding]\nmodel = "{folder}"\nbackend = "torch"\n[chunking]\nmax_tokens = 60\n', encoding="utf-8"
    )
    return path


def train(config: Path, articles: Path, *more: str) -> tuple[int, str, str]:  # noqa: F811
    shared = ["--config", str(config), "--corpus", str(articles), "--index", str(config.parent / "index")]
    result = CliRunner().invoke(app, ["train", *shared, "--steps", "1", *more])
    return result.exit_code, result.stdout, result.stderr


def test_it_trains_and_says_how_to_use_it(config: Path, articles: Path, tmp_path: Path) -> None:  # noqa: F811
    status, out, _ = train(config, articles, "--out", str(tmp_path / "mine"))
    assert status == 0
    assert "18 sections: 96 questions in 1 steps" in out
    assert f'question_model = "{tmp_path / "mine"}"' in out
    assert (tmp_path / "mine" / "adapter_model.safetensors").is_file()


def test_json_for_programs(config: Path, articles: Path, tmp_path: Path) -> None:  # noqa: F811
    status, out, _ = train(config, articles, "--out", str(tmp_path / "mine"), "--json", "--seed", "4")
    told = json.loads(out)
    assert status == 0
    assert (told["steps"], told["sections"], told["folder"]) == (1, 18, str(tmp_path / "mine"))
    assert json.loads((tmp_path / "mine" / "training.json").read_text("utf-8"))["recipe"]["seed"] == 4


def test_a_broken_question_file_is_one_line(config: Path, articles: Path, tmp_path: Path) -> None:  # noqa: F811
    asked = tmp_path / "asked.jsonl"
    asked.write_text("{}", encoding="utf-8")
    status, _, err = train(config, articles, "--out", str(tmp_path / "mine"), "--questions", str(asked))
    assert status == 1
    assert "asked.jsonl:1 is no training question" in err
    assert not (tmp_path / "mine").exists()


def test_a_file_that_cannot_be_read_is_named(config: Path, articles: Path, tmp_path: Path) -> None:  # noqa: F811
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-nothing")
    status, _, err = train(config, articles, "--corpus", str(broken), "--out", str(tmp_path / "mine"))
    assert status == 1
    assert "broken.pdf" in err
