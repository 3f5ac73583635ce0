from __future__ import annotations

import pytest
from corpus_samples import Line, blocks, lead_ins, pdf, read_one, texts

from medqa.corpus.pdf import read_pdf
from medqa.errors import ArticleFormatError
from medqa.types import BlockKind


def body(*lines: str, top: float = 700, x: float = 60) -> list[Line]:
    return [(line, 11, x, top - 14 * number, False) for number, line in enumerate(lines)]


PAGE: list[Line] = [
    ("The guide to Xylodrine", 20, 60, 780, True),
    *body("Xylodrine relaxes muscles in people who have spasms after a stroke, and", "who cannot sleep. ½ or 5 µg."),
    ("Side effects", 14, 60, 650, True),
    *body("Side effects include:", top=625),
    *body("• Feeling sleepy", "• A dry_mouth or *stars*", top=605, x=72),
    *body("Call your doctor.", top=560),
    ("Drug", 11, 60, 520, True),
    ("Dose", 11, 300, 520, True),
    ("A", 11, 60, 506, False),
    ("1 mg", 11, 300, 506, False),
]  # fmt: skip


def test_structure_is_read_from_size_and_place() -> None:
    document = read_one(pdf([PAGE]), "xylo.pdf")
    assert document.title == "The guide to Xylodrine"
    assert [(section.heading, section.level) for section in document.sections] == [
        ("The guide to Xylodrine", 1),
        ("Side effects", 2),
    ]
    assert texts(document) == [
        "Xylodrine relaxes muscles in people who have spasms after a stroke, and who cannot sleep. ½ or 5 µg.",
        "Side effects include:",
        "Feeling sleepy",
        "A dry_mouth or *stars*",
        "Call your doctor.",
        "Drug | Dose",
        "A | 1 mg",
    ]
    assert lead_ins(document)["Feeling sleepy"] == "Side effects include:"
    assert blocks(document)[-1].kind is BlockKind.TABLE_ROW


def test_running_heads_and_page_numbers_are_left_out() -> None:
    pages = [
        [("My clinic", 9, 60, 820, False), *body(f"The text of page {word}."), (f"Page {n} of 3", 9, 60, 30, False)]
        for n, word in enumerate(("one", "two", "three"), start=1)
    ]  # fmt: skip
    assert texts(read_one(pdf(pages), "a.pdf")) == [f"The text of page {word}." for word in ("one", "two", "three")]


def test_a_sentence_goes_on_over_the_page() -> None:
    pages = [body("The text of this first page of the article goes on"), body("and ends on the second page.")]
    assert texts(read_one(pdf(pages), "a.pdf")) == [
        "The text of this first page of the article goes on and ends on the second page."
    ]


def test_a_hyphen_at_the_end_of_a_line_is_kept() -> None:
    lines = body("Medicines that are sold without a prescription and that are non-", "opioid help some people.")
    assert texts(read_one(pdf([lines]), "a.pdf")) == [
        "Medicines that are sold without a prescription and that are non-opioid help some people."
    ]


def test_bad_files_are_named() -> None:
    whole = pdf([PAGE])
    for data, cause in [
        (b"no pdf at all", "not a PDF"),
        (whole[:200], "damaged"),
        (pdf([[]]), "no text"),
    ]:
        with pytest.raises(ArticleFormatError, match=cause):
            read_pdf(data)
