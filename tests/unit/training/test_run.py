"""From articles to an adapter that the product opens: repeatable, recorded, and refused when it was altered."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from medqa.config import Settings
from medqa.embedding import open_embedder, open_question_encoder
from medqa.embedding.model_files import ModelFiles, file_sha256, open_model_files
from medqa.errors import EmbeddingError, ModelHashError, TrainingError
from medqa.training.reals import read_questions
from medqa.training.run import train
from medqa.training.sections import TrainingCorpus
from tests.unit.training.conftest import SMALL

TWO_STEPS = replace(SMALL, steps=2)


def test_a_run_repeats_to_the_bit_and_says_what_it_did(settings: Settings, tiny: ModelFiles, tmp_path: Path) -> None:
    first = train(settings, tmp_path / "a", TWO_STEPS)
    train(settings, tmp_path / "b", TWO_STEPS)
    train(settings, tmp_path / "c", replace(TWO_STEPS, seed=21))
    hashes = {name: file_sha256(tmp_path / name / "adapter_model.safetensors") for name in "abc"}
    assert hashes["a"] == hashes["b"] != hashes["c"]
    assert (first.steps, first.questions, first.sections, first.real_questions) == (2, 16, 18, 0)
    record = json.loads((tmp_path / "a" / "training.json").read_text("utf-8"))
    assert record["adapter"]["adapter_model.safetensors"] == hashes["a"]
    assert record["base_model"] == tiny.sha256
    assert record["recipe"]["seed"] == TWO_STEPS.seed
    assert "Scurvy" not in json.dumps(record)  # no training text


def test_what_was_trained_is_opened_by_its_folder(settings: Settings, tiny: ModelFiles, tmp_path: Path) -> None:
    train(settings, tmp_path / "a", TWO_STEPS)
    files = open_model_files(str(tmp_path / "a"))
    assert files.folder == tiny.folder
    assert files.identity != tiny.identity
    shared = {"backend": "torch", "batch_size": 4, "cache_dir": tmp_path}
    encoder = open_question_encoder(question_model=str(tmp_path / "a"), model=str(tiny.folder), **shared)
    assert encoder.encode_query("does it itch").shape == (32,)
    with pytest.raises(EmbeddingError, match="no adapter to the model 'bundled'"):
        open_question_encoder(question_model=str(tmp_path / "a"), model="bundled", **shared)
    with pytest.raises(EmbeddingError, match="no adapter to the model"):
        open_question_encoder(question_model=str(tiny.folder), model=str(tiny.folder), **shared)
    with pytest.raises(EmbeddingError, match="is an adapter for questions"):
        open_embedder(model=str(tmp_path / "a"), **shared)


@pytest.mark.parametrize("name", ["adapter_model.safetensors", "adapter_config.json"])
def test_an_altered_adapter_is_refused(settings: Settings, tmp_path: Path, name: str) -> None:
    train(settings, tmp_path / "a", TWO_STEPS)
    path = tmp_path / "a" / name
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(ModelHashError, match="not the one that the adapter was trained with"):
        open_model_files(str(tmp_path / "a"))


def test_questions_go_on_from_an_adapter(settings: Settings, corpus: TrainingCorpus, tmp_path: Path) -> None:
    asked = tmp_path / "asked.jsonl"
    lines = [
        {"question": f"what about {section.names[0]} {i}", "relevant": {section.docid: 2}}
        for i, section in enumerate(corpus.sections)
    ]
    asked.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    train(settings, tmp_path / "a", TWO_STEPS)
    further = train(settings, tmp_path / "b", TWO_STEPS, questions=asked, start=tmp_path / "a")
    both = train(settings, tmp_path / "c", TWO_STEPS, questions=asked)
    assert (further.steps, further.real_questions, both.real_questions) == (2, 18, 18)
    assert further.questions == both.questions == 16
    record = json.loads((tmp_path / "b" / "training.json").read_text("utf-8"))
    assert record["started_from"] == file_sha256(tmp_path / "a" / "adapter_model.safetensors")
    assert open_model_files(str(tmp_path / "b")).identity != open_model_files(str(tmp_path / "a")).identity


def test_grades_become_shares_and_unknown_sections_are_passed_over(corpus: TrainingCorpus, tmp_path: Path) -> None:
    a, b = corpus.sections[0].docid, corpus.sections[1].docid
    path = tmp_path / "q.jsonl"
    rows = [
        {"question": "long", "summary": "clear", "relevant": {a: 1, b: 2, "elsewhere": 2}},
        {"question": "nothing here", "relevant": {"elsewhere": 1}},
    ]
    path.write_text("\n\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    (only,) = read_questions(path, corpus)
    assert (only.wordings, only.target) == (("long", "clear"), {0: 0.25, 1: 0.75})  # gains 1 and 3


@pytest.mark.parametrize("line", ["no json", '{"question": "q"}', '["q"]', '{"question": "q", "relevant": [1]}'])
def test_a_broken_line_is_named(line: str, corpus: TrainingCorpus, tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text('{"question": "q", "relevant": {}}\n' + line, encoding="utf-8")
    with pytest.raises(TrainingError, match=r"q\.jsonl:2 is no training question"):
        read_questions(path, corpus)


def test_an_adapter_is_not_adapted_again(settings: Settings, tmp_path: Path) -> None:
    train(settings, tmp_path / "a", TWO_STEPS)
    chosen = settings.embedding.model_copy(update={"model": str(tmp_path / "a")})
    with pytest.raises(TrainingError, match="cannot be adapted"):
        train(settings.model_copy(update={"embedding": chosen}), tmp_path / "b", TWO_STEPS)


def test_it_does_not_go_on_from_an_adapter_of_another_model(settings: Settings, tmp_path: Path) -> None:
    train(settings, tmp_path / "a", TWO_STEPS)
    chosen = settings.embedding.model_copy(update={"model": "bundled"})
    other = settings.model_copy(update={"embedding": chosen})
    for start in (tmp_path / "a", Path(settings.embedding.model)):
        with pytest.raises(TrainingError, match="holds no adapter"):
            train(other, tmp_path / "b", TWO_STEPS, start=start)
