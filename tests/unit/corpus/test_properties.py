"""What holds for any article: spans slice back, sentences tile, and nothing but a problem comes of garbage."""

from __future__ import annotations

import gzip
import json

import pytest
from corpus_samples import LIMIT, blocks, check, docx, paragraph, pdf, read_one
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medqa.corpus.formats import read_articles
from medqa.errors import ArticleFormatError
from medqa.types import BlockKind, Document

WORDS = st.sampled_from(
    [
        *("Take", "2.5 mg.", "e.g.", "pain", "½", "5\xa0µg", "a\tb", "Dr.", "“Stop.”", "q.i.d.", "<dose>", "x²", "(or"),
        *("so)", "ש", "1.", "- a", "*b*", "_c_", "# d", "`e`", "&amp;", "\\*", "[f](g)", "|", "<b>h</b>", "U.S."),
        *("Why?", "{#i}"),
    ]
)
PROSE = st.lists(WORDS, min_size=1, max_size=8).map(" ".join)
LETTERS = st.lists(st.sampled_from(["Rest", "well.", "Ask", "about", "2.5 mg", "½ dose"]), min_size=1).map(" ".join)
MARKDOWN_BLOCK = st.one_of(
    PROSE,
    PROSE.map(lambda text: f"## {text}"),
    PROSE.map(lambda text: f"### {text} {{#given}}"),
    st.lists(PROSE, min_size=1, max_size=4).map(lambda items: "\n".join(f"- {item}" for item in items)),
    st.lists(PROSE, min_size=2, max_size=4).map(
        lambda items: f"1. {items[0]}\n" + "\n".join(f"   - {i}" for i in items)
    ),
    st.tuples(PROSE, PROSE).map(lambda cells: f"| {cells[0]} | b |\n|---|---|\n| {cells[1]} | d |"),
    PROSE.map(lambda text: f"> {text}"),
    PROSE.map(lambda text: f"```\n{text}\n  {text}\n```"),
    PROSE.map(lambda text: f"<p hidden>{text}</p>"),
    PROSE.map(lambda text: f"<div>\n\n{text}  \n{text}\n\n</div>"),
)
PLAIN_BLOCK = st.one_of(
    PROSE,
    st.lists(PROSE, min_size=1, max_size=4).map("\n".join),
    st.lists(PROSE, min_size=1, max_size=4).map(lambda items: "Such as:\n" + "\n".join(f"  • {i}" for i in items)),
    st.lists(PROSE, min_size=1, max_size=4).map(lambda items: "\n".join(f"{n}. {i}" for n, i in enumerate(items, 1))),
    st.sampled_from(["Side Effects", "What is it?", "   ", "- a\n    - b\n      continued\n- c"]),
)


def assert_named(error: ArticleFormatError) -> None:
    assert error.message.endswith((".", "NEW"))
    assert "\n" not in error.message


def read_or_refuse(data: bytes, name: str) -> list[Document]:
    documents: list[Document] = []
    try:
        for one in read_articles(data, name, max_bytes=LIMIT):
            if isinstance(one, Document):
                check(one)
                documents.append(one)
            else:
                assert one.cause
    except ArticleFormatError as error:
        assert_named(error)
    return documents


@given(st.lists(MARKDOWN_BLOCK, min_size=1, max_size=7).map("\n\n".join))
def test_any_markdown_keeps_the_invariants(source: str) -> None:
    read_or_refuse(source.encode(), "a.md")


@given(st.lists(PLAIN_BLOCK, min_size=1, max_size=7).map("\n\n".join))
def test_any_plain_text_keeps_the_invariants_and_every_character(source: str) -> None:
    for document in read_or_refuse(f"A title\n\n{source}".encode(), "a.txt"):
        kept = [char for char in document.text if not char.isspace() and char not in "-•.0123456789"]
        assert kept == [char for char in source if not char.isspace() and char not in "-•.0123456789"]


@given(st.lists(st.tuples(st.sampled_from("ph123ulobsf"), LETTERS), min_size=1, max_size=6))
def test_html_keeps_every_word(parts: list[tuple[str, str]]) -> None:
    shapes = {"p": "<p>{} ", "h": "<h2>{}</h2>", "u": "<ul><li>{}</ul>", "o": "<ol><li><p>{}</ol>", "b": "<b>{}</b> ",
              "l": "<table><td>{}</table>", "s": "<summary>{}</summary>", "f": "<header>{}</header>"}  # fmt: skip
    page = "".join(shapes.get(shape, "<div>{}</div>").format(text) for shape, text in parts)
    for document in read_or_refuse(f"<title>T</title>{page}".encode(), "a.html"):
        words = [word for word in document.text.split() if word not in ("-", "1.")]
        assert words == [word for _, text in parts for word in text.split()]


@pytest.mark.parametrize("name", ["a.md", "a.txt", "a.html", "a.docx", "a.pdf", "a.jsonl", "a.jsonl.gz"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_arbitrary_bytes_are_read_or_refused(name: str, data: bytes) -> None:
    read_or_refuse(data, name)
    if name.endswith(".gz"):
        read_or_refuse(gzip.compress(data), name)


VALID = {
    "a.docx": docx(paragraph("Head", "heading1") + paragraph("Text of the article.")),
    "a.pdf": pdf([[("Text of the article.", 11, 60, 700, False), ("More of it.", 11, 60, 680, False)]]),
    "a.jsonl.gz": gzip.compress(json.dumps({"id": "a", "title": "T", "text": "Text."}).encode(), mtime=0),
}


@pytest.mark.parametrize("name", sorted(VALID))
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_damaged_bytes_are_read_or_refused(name: str, data: st.DataObject) -> None:
    whole = bytearray(VALID[name])
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    read_or_refuse(bytes(whole[: data.draw(st.integers(0, len(whole)))]), name)
    read_or_refuse(bytes(whole), name)


def test_every_kind_of_block_is_reached() -> None:
    source = "Para\n\n- item\n\n> quote\n\n```\ncode\n```\n\n| a | b |\n|---|---|\n| c | d |\n"
    assert {block.kind for block in blocks(read_one(source))} == set(BlockKind)
