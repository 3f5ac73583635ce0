"""Question sets are read whole or refused with file and line."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from medqa.errors import InputFileError
from medqa.evaluation.questions import Gold, read_questions

GOLD = {"article_id": "relaxol", "section_id": "uses", "quote": "Relaxol loosens muscles.", "grade": 2}
ROOT = Path(__file__).parents[3]


def written(folder: Path, *lines: object, name: str = "set.jsonl") -> Path:
    path = folder / name
    path.write_text("\n".join(x if isinstance(x, str) else json.dumps(x) for x in lines), encoding="utf-8")
    return path


def line(**fields: Any) -> dict[str, Any]:
    return {"id": "q1", "question": "What is it for?", "gold": [GOLD], **fields}


def test_both_forms_of_labels_are_read(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        line(tags=["plain", "plain"], key_facts=["muscle"]),
        "",
        {"id": 2, "question": "long and messy", "summary": "clear", "relevant": {"sec": 1}, "focus": ["x"]},
    )
    found = read_questions([path])
    first, second = found.questions
    assert first.gold == (Gold("relaxol", "Relaxol loosens muscles.", 2, "uses"),)
    assert (first.tags, first.key_facts) == (("plain",), ("muscle",))
    assert (second.id, second.relevant, second.place) == ("2", {"sec": 1}, f"{path}:3")
    assert found.files == {"set.jsonl": hashlib.sha256(path.read_bytes()).hexdigest()}


def test_the_field_decides_what_the_question_is(tmp_path: Path) -> None:
    path = written(tmp_path, line(summary="Uses?"))
    assert read_questions([path], "summary").questions[0].text == "Uses?"


@pytest.mark.parametrize(
    ("bad", "cause"),
    [
        ("{", "not JSON"),
        ("[]", "the line"),
        (line(question=" "), 'no text in "question"'),
        (line(gold=[]), "answerable but has neither"),
        (line(answerable=False), "not answerable but has labels"),
        (line(gold=[{**GOLD, "quote": ""}]), r"gold\.0\.quote"),
        (line(gold=[{**GOLD, "grade": "high"}]), r"gold\.0\.grade"),
        ({"question": "?"}, "id: Field required"),
        (line(), "the id 'q1' was used at"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, bad: object, cause: str) -> None:
    path = written(tmp_path, line(), bad)
    with pytest.raises(InputFileError, match=rf"set\.jsonl:2: .*{cause}"):
        read_questions([path])


def test_an_empty_or_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="no question"):
        read_questions([written(tmp_path, "")])
    with pytest.raises(InputFileError, match="cannot be read"):
        read_questions([tmp_path / "none.jsonl"])


def test_ids_are_unique_across_files(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="was used at"):
        read_questions([written(tmp_path, line()), written(tmp_path, line(), name="b.jsonl")])


def test_the_shipped_development_set_is_one() -> None:
    found = read_questions([ROOT / "evals" / "questions" / "dev.jsonl"])
    assert {q.answerable for q in found.questions} == {True, False}
    assert all(q.gold for q in found.questions if q.answerable)
