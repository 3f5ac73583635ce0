from __future__ import annotations

import pytest
from corpus_samples import blocks, lead_ins, read_one, texts

from medqa.corpus.web import web_address
from medqa.errors import ArticleFormatError

PAGE = """<!DOCTYPE html>
<html><head><title>Xylo | My clinic</title><meta charset="utf-8">
<link rel="canonical" href="https://example.org/xylo"><style>p {color: red}</style></head>
<body><nav><a href="/">Home</a></nav>
<main><h1>Xylodrine</h1>
<p>It relaxes <b>muscles</b>.<!-- hidden --><script>alert(1)</script></p>
<h2 id="stopping">Can I stop?</h2>
<p>Signs of withdrawal include:</p>
<ul><li>Fever</li><li>Fits<ol><li>short</li><li>long</li></ol></li></ul>
<template><p>no</p></template><noscript>no</noscript><p hidden>no<p aria-hidden="true">no</p>
<p style="DISPLAY : none">no</p><div style="visibility:hidden">no</div>
<table><tr><th>Drug</th><th>Dose</th></tr><tr><td>A|B</td><td>1&nbsp;mg</td><td>more</td></tr></table>
</main><footer>Imprint</footer></body></html>"""


def test_a_page_is_read_with_its_structure() -> None:
    document = read_one(PAGE, "xylo.html")
    assert (document.title, document.url) == ("Xylodrine", "https://example.org/xylo")
    assert document.text == (
        "Xylodrine\n\nIt relaxes muscles.\n\nCan I stop?\n\nSigns of withdrawal include:\n\n"
        "- Fever\n- Fits\n  1. short\n  2. long\n\nDrug | Dose\nA|B | 1\xa0mg | more"
    )
    assert [section.id for section in document.sections] == ["xylodrine", "stopping"]
    assert lead_ins(document)["short"] == "Fits"


@pytest.mark.parametrize(
    "literal",
    [
        "a * b * c",
        "*starred*",
        "snake_case_",
        "1. not a list",
        "# not a heading",
        "- not an item",
        "+ nor this",
        "a < b > c &amp;lt; d",
        "`ticks`",
        "[text](link)",
        "back\\slash",
        "a | b",
        "~~x~~",
        "===",
        "> quote",
        "½ µg ² “q” ’",
        "1) one",
        "!",
        "x {#y} z",
        "&copy;",
        "C#",
        "5_000 * 2",
    ],
)
@pytest.mark.parametrize("tag", ["p", "li", "td", "h3", "blockquote", "dd"])
def test_every_literal_survives(literal: str, tag: str) -> None:
    shown = literal.replace("<", "&lt;").replace("&copy;", "&amp;copy;").replace("&amp;lt;", "&amp;lt;")
    wrapped = {"li": f"<ul><li>{shown}</li></ul>", "td": f"<table><tr><td>{shown}</td></tr></table>"}
    page = wrapped.get(tag, f"<{tag}>{shown}</{tag}>")
    document = read_one(f"<title>T</title>{page}<p>End.</p>", "a.html")
    assert literal.replace("&amp;lt;", "&lt;") in document.text


def test_bold_inside_words_and_exponents() -> None:
    page = "<p><b>Dose:</b>5 un<em>believ</em>able 10<sup>9</sup>/L H<sub>2</sub>O x<sup>th</sup>"
    document = read_one(f"<title>T</title>{page}", "a.html")
    assert document.text == "Dose:5 unbelievable 10⁹/L H2O xth"


def test_text_that_the_parser_takes_for_a_part_of_the_head_is_kept() -> None:
    assert texts(read_one("<title>T</title><summary>One</summary><p>Two", "a.html")) == ["One", "Two"]


def test_struck_text_is_gone() -> None:
    assert read_one("<title>T</title><p>Take <del>5 mg</del><s>6 mg</s> 10 mg.", "a.html").text == "Take 10 mg."


def test_lists_in_a_row_stay_apart() -> None:
    document = read_one("<title>T</title><ol><li>a</ol> <ol><li>b</ol><ul><li>c</ul><ul><li>d</ul>", "a.html")
    assert document.text == "1. a\n\n1. b\n\n- c\n\n- d"
    assert [block.list_id for block in blocks(document)] == [0, 1, 2, 3]


def test_an_unclosed_hidden_paragraph_hides_only_itself() -> None:
    assert read_one("<title>T</title><p hidden>no<p>yes", "a.html").text == "yes"


def test_layout_tables_are_no_tables() -> None:
    page = "<table><tr><td><p>One.</p><table><tr><td>a</td><td>b</td></tr></table></td></tr></table>"
    assert texts(read_one(f"<title>T</title>{page}", "a.html")) == ["One.", "a | b"]


def test_definition_lists_are_paragraphs() -> None:
    document = read_one("<title>T</title><dl><dt>Term</dt><dd>Meaning.</dd></dl>", "a.html")
    assert texts(document) == ["Term", "Meaning."]


def test_without_a_title_the_file_name_stands_in() -> None:
    document = read_one("<p>Text.</p>", "back-pain.htm")
    assert (document.id, document.title) == ("back-pain", "Back pain")


def test_what_is_all_hidden_or_nested_too_deep_is_refused() -> None:
    with pytest.raises(ArticleFormatError, match="no text"):
        read_one("<title>T</title><script>1</script><p hidden>x</p>", "a.html")
    with pytest.raises(ArticleFormatError, match="nested more than"):
        read_one("<div>" * 3000 + "x", "a.html")
    assert read_one("<title>T</title>" + "<div>" * 100 + "x", "a.html").text == "x"


def test_external_entities_are_not_read() -> None:
    page = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><p>a &e; b</p>'
    assert "root:" not in read_one(page, "a.html").text


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://a.org/b", True),
        ("http://a.org", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("//a.org", False),
        ("https://", False),
        ("http://[bad", False),
    ],
)
def test_only_web_addresses_count(address: str, kept: bool) -> None:
    assert web_address(address) == (address if kept else "")


def test_tables_become_rows() -> None:
    document = read_one("<title>T</title><table><tr><td>a<br>b</td><td></td><td>c</td></tr></table>", "a.html")
    assert [block.span.of(document.text) for block in blocks(document)] == ["a b |  | c"]
