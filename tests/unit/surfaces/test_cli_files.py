"""Files that commands read: every bad line is named, none stops the others, ids come back as they came."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medqa.errors import InputFileError
from medqa.surfaces.cli_files import BadLine, Line, parse_turns, read_history, read_lines, same_file, to_json, writing
from medqa.types import Turn


def lines_of(tmp_path: Path, content: bytes, field: str = "question") -> list[Line | BadLine]:
    path = tmp_path / "q.jsonl"
    path.write_bytes(content)
    return list(read_lines(path, field))


def test_lines_are_read_with_their_numbers_and_history(tmp_path: Path) -> None:
    history = [{"role": "user", "content": "What is baclofen?"}, {"role": "assistant", "content": "A medicine."}]
    content = "\n".join(
        [
            json.dumps({"id": "a", "question": "one?"}),
            "",
            json.dumps({"id": 2, "question": "two?", "history": history, "more": [1]}),
        ]
    ).encode()
    assert lines_of(tmp_path, content) == [
        Line(1, "a", "one?", ()),
        Line(3, 2, "two?", (Turn("user", "What is baclofen?"), Turn("assistant", "A medicine."))),
    ]


def test_another_field_can_be_the_text(tmp_path: Path) -> None:
    content = b'{"id": "a", "question": "long", "summary": "short"}'
    assert lines_of(tmp_path, content, "summary") == [Line(1, "a", "short", ())]


def test_a_byte_order_mark_is_no_part_of_the_first_line(tmp_path: Path) -> None:
    assert lines_of(tmp_path, b'\xef\xbb\xbf{"id": "a", "question": "x"}') == [Line(1, "a", "x", ())]


@pytest.mark.parametrize(
    ("raw", "line_id", "cause"),
    [
        (b"{oops", None, "not JSON"),
        (b"[1]", None, "not a JSON object"),
        (b'{"question": "x"}', None, 'no "id"'),
        (b'{"id": true, "question": "x"}', None, 'no "id"'),
        (b'{"id": "", "question": "x"}', None, 'no "id"'),
        (b'{"id": "b", "text": "x"}', "b", 'no text in "question"'),
        (b'{"id": "b", "question": 5}', "b", 'no text in "question"'),
        (b'{"id": "b", "question": "x", "history": "talk"}', "b", "not a list"),
        (b'{"id": "b", "question": "x", "history": [{"role": "system", "content": "x"}]}', "b", "entry 1"),
        (b'{"id": "a", "question": "again"}', "a", "used by a line before"),
        (b'{"id": "b", "question": "\xff"}', None, "not UTF-8"),
        (b'{"id": ' + b"[" * 200_000, None, "nested too deeply"),
    ],
)
def test_a_bad_line_is_named_and_the_next_is_read(tmp_path: Path, raw: bytes, line_id: str | None, cause: str) -> None:
    good = b'{"id": "a", "question": "x"}\n'
    first, bad, last = lines_of(tmp_path, good + raw + b"\n" + good.replace(b'"a"', b'"z"'))
    assert isinstance(first, Line)
    assert isinstance(last, Line)
    assert isinstance(bad, BadLine)
    assert (bad.number, bad.id) == (2, line_id)
    assert cause in bad.cause


def test_a_missing_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match=r"none\.jsonl cannot be read"):
        list(read_lines(tmp_path / "none.jsonl", "question"))


@pytest.mark.parametrize("content", ["", "{}", "[1]", '[{"role": "user"}]', "[[[["])
def test_what_is_not_a_conversation_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "talk.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputFileError, match="not a conversation"):
        read_history(path)


def test_no_history_is_an_empty_conversation() -> None:
    assert read_history(None) == ()


def test_a_conversation_without_end_is_refused() -> None:
    with pytest.raises(ValueError, match="at most"):
        parse_turns([{"role": "user", "content": "x"}] * 201)


@given(st.dictionaries(st.text(st.characters()), st.text(st.characters())))
def test_json_always_has_a_utf8_form_and_comes_back(value: dict[str, str]) -> None:
    assert json.loads(to_json(value).encode("utf-8")) == value


def test_json_keeps_characters_and_escapes_only_lone_surrogates() -> None:
    assert to_json({"dose": "½ µg"}) == '{"dose": "½ µg"}'
    assert to_json({"id": "\ud800"}) == '{"id": "\\ud800"}'


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="cannot be written"), writing(tmp_path / "no" / "out.jsonl"):
        pass


def test_input_and_output_may_not_be_one_file(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text("", encoding="utf-8")
    assert same_file(path, tmp_path / "." / "q.jsonl")
    assert not same_file(tmp_path / "new.jsonl", path)
