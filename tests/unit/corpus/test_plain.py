from __future__ import annotations

from datetime import date

import pytest
from corpus_samples import PLAIN, blocks, lead_ins, read_one, texts

from medqa.corpus.plain import plain_article, plain_pieces
from medqa.types import BlockKind


def test_bare_lines_are_headings_and_bullets_are_lists() -> None:
    document = read_one(PLAIN, "gentle-guide_2023.txt")
    assert document.id == "gentle-guide-2023"
    assert document.title == "The Gentle Guide to Xylodrine"
    assert document.review.written_on == date(2023, 3, 5)
    assert [section.heading for section in document.sections] == [
        "",
        "Understanding Xylodrine",
        "Benefits of Xylodrine",
        "Possible Side Effects",
        "Risks and Precautions",
    ]
    assert [section.id for section in document.sections][:2] == ["intro", "understanding-xylodrine"]
    assert document.sections[1].docid == "gentle-guide-2023#understanding-xylodrine"
    side_effects = document.sections[3]
    assert [block.kind for block in side_effects.blocks] == [
        BlockKind.PARAGRAPH,
        BlockKind.LIST_ITEM,
        BlockKind.LIST_ITEM,
        BlockKind.LIST_ITEM,
        BlockKind.PARAGRAPH,
    ]
    assert lead_ins(document)["Dry mouth"] == "They can include:"
    assert lead_ins(document)["Relief: It eases spasms."] == "Xylodrine offers patients several benefits:"


def test_title_and_date_are_not_in_the_text_and_keywords_are_no_heading() -> None:
    document = read_one(PLAIN, "x.txt")
    assert document.text.startswith("Welcome to the clinic.")
    assert "2023" not in document.text
    assert texts(document)[-1] == "pain relief xylodrine"
    assert "- Drowsiness\n- Dry mouth\n- Headache" in document.text


def test_a_last_capitalised_line_is_no_heading_either() -> None:
    document = read_one("Title Line\n\nBody text here.\n\nPain Relief Keywords\n", "x.txt")
    assert [section.heading for section in document.sections] == [""]


@pytest.mark.parametrize("text", ["2 * 3 * 4", "snake_case __x__", "a < b > c", "# not a heading", "`code` [a](b)"])
def test_marks_of_markdown_survive(text: str) -> None:
    document = read_one(f"A Title\n\nFirst {text} here.\n", "x.txt")
    assert document.text == f"First {text} here."


@pytest.mark.parametrize("char", ["\t", "\xa0", "½", "µ", "²", "“", "’", "\u200f", "ש", "\u2009", "😀"])
def test_characters_survive_to_the_letter(char: str) -> None:
    document = read_one(f"A Title\n\nTake 5{char}mg now.\n", "x.txt")
    assert document.text == f"Take 5{char}mg now."


def test_wrapped_lines_are_joined_and_short_lines_are_kept() -> None:
    wrapped = (
        "Take one tablet with a full glass of water in the evening, unless\n"
        "your doctor tells you something else about the time of the day.\n\n"
        "Main Street 5\nSpringfield"
    )
    document = read_one(f"A Title\n\n{wrapped}", "x.txt")
    assert texts(document) == [
        "Take one tablet with a full glass of water in the evening, unless "
        "your doctor tells you something else about the time of the day.",
        "Main Street 5\nSpringfield",
    ]


def test_lists_nest_by_indentation_and_keep_their_numbers() -> None:
    document = read_one("A Title\n\nSteps are:\n3. first\n   - inner one\n   - inner two\n4) second\n\nEnd.", "x.txt")
    assert document.text == "Steps are:\n\n3. first\n  - inner one\n  - inner two\n4. second\n\nEnd."
    assert lead_ins(document) == {
        "first": "Steps are:",
        "inner one": "first",
        "inner two": "first",
        "second": "Steps are:",
    }
    outer, inner = blocks(document)[1], blocks(document)[2]
    assert (outer.depth, inner.depth) == (0, 1)
    assert outer.list_id != inner.list_id
    assert blocks(document)[4].list_id == outer.list_id


def test_items_that_wrap_go_on_and_an_unmarked_line_ends_the_list() -> None:
    long_item = "- A long item about a medicine that goes on and on until the line is full\n  and then ends here"
    document = read_one(f"A Title\n\nList:\n{long_item}\n- Short\nAfter the list.", "x.txt")
    assert texts(document) == [
        "List:",
        "A long item about a medicine that goes on and on until the line is full and then ends here",
        "Short",
        "After the list.",
    ]
    assert blocks(document)[3].kind is BlockKind.PARAGRAPH


def test_a_lone_star_and_a_number_inside_prose_are_no_lists() -> None:
    document = read_one("A Title\n\n* See the label.\n\nTake no more than\n5. That is all.", "x.txt")
    assert all(block.kind is BlockKind.PARAGRAPH for block in blocks(document))
    assert document.text == "* See the label.\n\nTake no more than\n5. That is all."


def test_a_first_line_that_is_a_sentence_is_no_title() -> None:
    article = plain_article("This is a sentence.\n\nAnd another one.")
    assert article.title == ""
    assert read_one("This is a sentence.\n\nMore.", "my-file.txt").title == "My file"


def test_without_headings_every_line_is_text() -> None:
    pieces = plain_pieces("Key Points\n\nText follows.", headings=False)
    assert [piece.text for piece in pieces] == ["Key Points", "Text follows."]


def test_underlined_and_numbered_headings_and_titles_above_lists() -> None:
    source = (
        "XYLODRINE\n=========\n\nWhat it is\n----------\nA medicine.\n\n1. How to take it\n\nSwallow it.\n\n"
        "2. Steps\n\n1. Stand up.\n\n2. Sit down.\n\nSide Effects\n- Sleep\n- Thirst\n\nYou may also notice\n- Itch\n"
    )
    document = read_one(source, "x.txt")
    assert document.title == "XYLODRINE"
    assert [section.heading for section in document.sections] == ["What it is", "1. How to take it", "Side Effects"]
    assert "2. Steps\n1. Stand up.\n2. Sit down." in document.text
    assert lead_ins(document)["Itch"] == "You may also notice"
    assert lead_ins(document)["Sleep"] is None
    assert "---" not in document.text


def test_a_date_is_no_heading() -> None:
    document = read_one("A Title\n\nText first.\n\nJan 8, 2024\n\nMore text.", "x.txt")
    assert [section.heading for section in document.sections] == [""]
