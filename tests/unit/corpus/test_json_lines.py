from __future__ import annotations

import gzip
import json

import pytest
from corpus_samples import LIMIT, check, lead_ins, read_all, read_one, texts

from medqa.corpus.json_lines import unpack
from medqa.errors import ArticleFormatError
from medqa.types import Document, ReadProblem, Source

ARTICLE = {
    "id": "GARD_0000012_1",
    "title": "Xylo disease",
    "url": "https://example.org/x",
    "source": "GARD",
    "aliases": ["XD"],
    "sections": [
        {"id": "GARD_1_Sec1", "heading": "What is (are) Xylo ?", "text": "It * is_a < b.\n\nSigns:\n- a\n- b"},
        {"id": "GARD_1_Sec2", "heading": "What to do?", "text": "Key Points\n\nAsk:\n- c\n\nThen rest."},
    ],
}  # fmt: skip


def lines(*records: object) -> bytes:
    return b"\n".join(r if isinstance(r, bytes) else json.dumps(r).encode() for r in records)


def test_sections_keep_their_ids_and_plain_text() -> None:
    document = read_one(lines(ARTICLE), "all.jsonl")
    assert document.id == "GARD_0000012_1"
    assert document.aliases == ("XD",)
    assert document.sources == (Source("GARD", "https://example.org/x"),)
    assert [(s.id, s.docid, s.heading) for s in document.sections] == [
        ("GARD_1_Sec1", "GARD_1_Sec1", "What is (are) Xylo ?"),
        ("GARD_1_Sec2", "GARD_1_Sec2", "What to do?"),
    ]
    assert texts(document) == ["It * is_a < b.", "Signs:", "a", "b", "Key Points", "Ask:", "c", "Then rest."]
    assert lead_ins(document) == {"a": "Signs:", "b": "Signs:", "c": "Ask:"}
    lists = {block.list_id for section in document.sections for block in section.blocks}
    assert lists == {-1, 0, 1}


def test_one_text_is_read_with_its_headings() -> None:
    document = read_one(lines({"id": "a.b", "title": "T", "text": "Intro.\n\nSide Effects\n\nMany."}), "a.jsonl")
    assert [section.docid for section in document.sections] == ["a.b#intro", "a.b#side-effects"]


def test_a_blank_title_falls_back_to_the_first_heading() -> None:
    assert read_one(lines(ARTICLE | {"title": " "}), "a.jsonl").title == "What is (are) Xylo ?"
    assert read_one(lines({"id": "x", "title": "", "text": "Text."}), "a.jsonl").title == "x"


@pytest.mark.parametrize(
    ("bad", "cause"),
    [
        (b"{not json", "not valid JSON"),
        (b'["list"]', "not an object"),
        (b'{"id": "a", "title": "t", "text": "\\ud800"}', "lone surrogate"),
        (b'{"id": "a", "title": "\\udfff", "text": "x"}', "lone surrogate"),
        (b'{"id": "a", "title": "t", "text": "a\\u0000b"}', "NUL"),
        (b'{"id": "a", "title": "t", "text": "\xff"}', "not UTF-8"),
        (b"[" * 100_000, "nested too deep"),
        (b'{"n": ' + b"9" * 5000 + b"}", "impossible"),
        ({"title": "t", "text": "x"}, "no `id`"),
        ({"id": "a b", "title": "t", "text": "x"}, "`id`"),
        ({"id": "../a", "title": "t", "text": "x"}, "`id`"),
        ({"id": 5, "title": [], "text": "x"}, "`title`"),
        ({"id": "a", "text": "x"}, "no `title`"),
        ({"id": "a", "title": "t"}, "no `text`"),
        ({"id": "a", "title": "t", "text": 5}, "must be text"),
        ({"id": "a", "title": "t", "text": " \n"}, "no text"),
        ({"id": "a", "title": "t", "sections": []}, "`sections`"),
        ({"id": "a", "title": "t", "sections": ["x"]}, "Section 1"),
        ({"id": "a", "title": "t", "sections": [{"heading": "h"}]}, "Section 1 has no `text`"),
        ({"id": "a", "title": "t", "sections": [{"id": 5, "heading": "h", "text": "t"}]}, "its `id`"),
        ({"id": "a", "title": "t", "sections": [{"id": "s", "heading": "h", "text": "t"}] * 2}, "same id 's'"),
        ({"id": "a", "title": "t", "url": "ftp://x", "text": "x"}, "`url`"),
        ({"id": "a", "title": "t", "source": ["x"], "text": "x"}, "`source`"),
        ({"id": "a", "title": "t", "aliases": [1.5, True], "text": "x"}, "`aliases`"),
    ],
)
def test_a_broken_line_is_named_and_the_others_go_on(bad: object, cause: str) -> None:
    first, problem, last = read_all(lines(ARTICLE, b"", bad, {"id": "z", "title": "t", "text": "x"}), "a.jsonl")
    assert isinstance(problem, ReadProblem)
    assert (problem.path, problem.line) == ("a.jsonl", 3)
    assert cause in problem.cause
    for document in (first, last):
        assert isinstance(document, Document)
        check(document)


def test_gzip_is_unpacked_and_bounded() -> None:
    packed = gzip.compress(lines(ARTICLE))
    assert read_one(packed, "a.jsonl.gz").id == "GARD_0000012_1"
    for data, cause in [
        (packed[:-12], "cut short"),
        (packed[:30] + b"\0\0\0" + packed[33:], "damaged"),
        (b"plain", "damaged"),
    ]:
        with pytest.raises(ArticleFormatError, match=cause):
            unpack(data, max_bytes=LIMIT)
    with pytest.raises(ArticleFormatError, match="more than 1000 bytes"):
        unpack(gzip.compress(b"0" * 5_000_000), max_bytes=1000)
