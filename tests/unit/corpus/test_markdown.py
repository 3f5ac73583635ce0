from __future__ import annotations

from datetime import date

import pytest
from corpus_samples import blocks, lead_ins, read_one, sentences, texts

from medqa.corpus.markdown import markdown_pieces
from medqa.errors import ArticleFormatError
from medqa.types import ArticleStatus, BlockKind, Source

FRONT = """---
id: xylodrine
title: "Xylodrine: the basics"
kind: medicine
summary: What it is.
topics: [spasms]
medicines: [xylodrine]
conditions: []
aliases: [Xylo, Drine]
sources:
  - name: "Label: tablets"
    url: "https://example.org/label"
    seen_on: 2026-11-22
    fact: "It is made up."
unverified: []
written_on: 2026-11-22
reviewed_on:
review_due_on: 2027-11-22
reviewed_by:
status: withdrawn
url: https://example.org/xylodrine
extra: ignored
---
"""


def test_front_matter_fills_the_document() -> None:
    document = read_one(FRONT + "\nText.\n", "other-name.md")
    assert document.id == "xylodrine"
    assert document.title == "Xylodrine: the basics"
    assert (document.kind, document.summary, document.url) == (
        "medicine",
        "What it is.",
        "https://example.org/xylodrine",
    )
    assert document.aliases == ("Xylo", "Drine")
    assert document.sources == (
        Source("Label: tablets", "https://example.org/label", date(2026, 11, 22), "It is made up."),
    )
    assert document.review.written_on == date(2026, 11, 22)
    assert document.review.reviewed_on is None
    assert document.status is ArticleStatus.WITHDRAWN
    assert document.text == "Text."


def test_headings_sections_and_ids() -> None:
    document = read_one(
        "---\ntitle: Xylo\n---\nBefore.\n\n## What happens if I stop? {#stopping}\n\nSlowly.\n\n### For how long?\n\n"
        "Weeks.\n\nUses\n----\n\nMany.\n\n## Uses ##\n\nMore.\n",
        "xylo.md",
    )
    found = [(s.id, s.heading, s.level, s.heading_path) for s in document.sections]
    assert found == [
        ("intro", "", 1, ()),
        ("stopping", "What happens if I stop?", 2, ("What happens if I stop?",)),
        ("for-how-long", "For how long?", 3, ("What happens if I stop?", "For how long?")),
        ("uses", "Uses", 2, ("Uses",)),
        ("uses-2", "Uses", 2, ("Uses",)),
    ]
    assert document.sections[1].docid == "xylo#stopping"
    assert "{#" not in document.text


def test_the_title_as_a_heading_stays_in_the_text_but_not_in_paths() -> None:
    document = read_one("# My Title\n\nText.\n\n## Part\n\nMore.\n", "a.md")
    assert document.title == "My Title"
    assert document.text.startswith("My Title\n\nText.")
    assert [section.heading_path for section in document.sections] == [(), ("Part",)]


def test_a_given_id_is_never_taken_by_a_slug() -> None:
    document = read_one("## Stopping\n\nA.\n\n## Other {#stopping}\n\nB.\n", "a.md")
    assert [section.id for section in document.sections] == ["stopping-2", "stopping"]


def test_the_same_given_id_twice_is_a_problem() -> None:
    with pytest.raises(ArticleFormatError, match="same id 'x'"):
        read_one("## A {#x}\n\nA.\n\n## B {#x}\n\nB.\n")


def test_inline_markup_is_resolved() -> None:
    document = read_one("A *b* **c** `d*e` [f](https://g) ![h](i) &frac12; &amp; \\* <https://j.org>\nsoft  \nhard")
    assert document.text == "A b c d*e f  ½ & * https://j.org soft\nhard"


def test_a_link_that_runs_code_leaves_only_its_text() -> None:
    assert read_one("Click [here](javascript:alert(1)) now.").text == "Click here now."


@pytest.mark.parametrize("char", ["\t", "\xa0", "½", "µ", "²", "“", "’", "\u200f", "ש", "\u2009", "😀"])
@pytest.mark.parametrize("around", ["", "<!-- a comment -->"])
def test_characters_survive_to_the_letter(char: str, around: str) -> None:
    assert read_one(f"Take 5{char}mg {around}now.").text.split() == f"Take 5{char}mg now.".split()
    assert f"5{char}mg" in read_one(f"Take 5{char}mg {around}now.").text


def test_lists_tables_quotes_and_code() -> None:
    document = read_one(
        "Effects include:\n\n- one *a*\n  1. inner\n  2. inner b\n- two\n\n  its second paragraph\n\n"
        "| Drug | Dose |\n|---|---|\n| A \\| B | 1&nbsp;mg |\n\n> Quote. Twice.\n\n```\nx = 1\n\n  y\n```\n"
    )
    assert document.text == (
        "Effects include:\n\n- one a\n  1. inner\n  2. inner b\n- two\n\n  its second paragraph\n\n"
        "Drug | Dose\nA | B | 1\xa0mg\n\nQuote. Twice.\n\nx = 1\n\n  y"
    )
    kinds = [block.kind for block in blocks(document)]
    assert kinds == [
        BlockKind.PARAGRAPH,
        *[BlockKind.LIST_ITEM] * 4,
        BlockKind.PARAGRAPH,
        *[BlockKind.TABLE_ROW] * 2,
        BlockKind.QUOTE,
        BlockKind.CODE,
    ]
    assert lead_ins(document)["one a"] == "Effects include:"
    assert lead_ins(document)["inner"] == "one a"
    assert "A | B | 1\xa0mg" in sentences(document)


@pytest.mark.parametrize(
    ("intro", "led"),
    [
        ("Call us. Signs are:", "Signs are:"),
        ("The following are signs.", "The following are signs."),
        ("Signs include", "Signs include"),
        ("Key points", None),
        ("You may notice", "You may notice"),
        ("What are the signs?", "What are the signs?"),
        ("It was a nice day.", None),
    ],
)
def test_the_sentence_before_a_list_leads_in_if_it_reads_so(intro: str, led: str | None) -> None:
    assert lead_ins(read_one(f"{intro}\n\n- item\n"))["item"] == led


def test_a_list_under_a_heading_has_no_lead_in() -> None:
    assert lead_ins(read_one("Text:\n\n## Head\n\n- item\n"))["item"] is None


def test_html_comments_scripts_and_hidden_parts_are_gone() -> None:
    document = read_one(
        "Seen <!-- not --> here.\n\n<script>alert('no')</script>\n\n<div hidden>\n\nnot this\n\n</div>\n\n"
        '<p style="display: none">nor this</p>\n\n<span aria-hidden="true">no</span>Last <b>bold</b>.\n\n'
        "## Head {#kept}\n\n- a * b_c_d\n- 10<sup>9</sup> cells\n"
    )
    assert texts(document) == ["Seen here.", "Last bold.", "a * b_c_d", "10⁹ cells"]
    assert document.sections[-1].id == "kept"


def test_what_only_looks_like_a_tag_is_text() -> None:
    assert read_one("A\n\n<dose>\nmg *now*\n\n<b>B</b>").text == "A\n\n<dose> mg now\n\nB"
    assert read_one("Take <dose> mg if pain <5 or >7. <br>Ok.").text == "Take <dose> mg if pain <5 or >7.\nOk."


def test_empty_headings_and_rules_are_nothing() -> None:
    assert [piece.text for piece in markdown_pieces("##\n\n---\n\nText\n")] == ["Text"]


def test_right_to_left_text_is_read_as_it_is() -> None:
    document = read_one("# כאב גב\n\nכאב גב הוא נפוץ. פנה לרופא.\n\n## טיפול\n\nמנוחה.\n", "back.md")
    assert document.title == "כאב גב"
    assert sentences(document)[:2] == ["כאב גב הוא נפוץ.", "פנה לרופא."]
    assert document.sections[1].id == "טיפול"
