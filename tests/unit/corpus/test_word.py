from __future__ import annotations

import pytest
from corpus_samples import LIMIT, docx, lead_ins, paragraph, read_one, zipped

from medqa.corpus.word import word_to_html
from medqa.errors import ArticleFormatError

BODY = (
    paragraph("Xylodrine", "Title")
    + paragraph("It relaxes *muscles* at 5&#160;µg &lt; ½ mg_a.")
    + paragraph("Can I stop?", "heading2")
    + paragraph("Slowly.")
    + "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>Drug</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>Dose</w:t></w:r></w:p>"
    "</w:tc></w:tr><w:tr><w:tc><w:p><w:r><w:t>A</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>1 mg</w:t></w:r></w:p>"
    "</w:tc></w:tr></w:tbl>"
)


def refusal(data: bytes, limit: int = LIMIT) -> str:
    with pytest.raises(ArticleFormatError) as raised:
        word_to_html(data, max_bytes=limit)
    return raised.value.message


def test_a_word_document_is_read_with_its_structure() -> None:
    document = read_one(docx(BODY), "xylo.docx")
    assert document.title == "Xylodrine"
    assert document.text == (
        "Xylodrine\n\nIt relaxes *muscles* at 5\xa0µg < ½ mg_a.\n\nCan I stop?\n\nSlowly.\n\nDrug | Dose\nA | 1 mg"
    )
    assert [section.id for section in document.sections] == ["xylodrine", "can-i-stop"]


def test_hidden_runs_and_deleted_text_are_gone() -> None:
    def run(text: str, properties: str = "") -> str:
        return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>"

    shown = f'<w:p>{run("a ")}{run("no", "<w:vanish/>")}{run("b", """<w:vanish w:val="0"/>""")}</w:p>'
    deleted = "<w:p><w:del><w:r><w:delText>no</w:delText></w:r></w:del><w:r><w:t>c</w:t></w:r></w:p>"
    assert read_one(docx(shown + deleted), "a.docx").text == "a b\n\nc"


def test_lists_of_word_are_lists() -> None:
    numbering = (
        '<w:numbering xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:abstractNum '
        'w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/></w:lvl><w:lvl w:ilvl="1"><w:numFmt '
        'w:val="decimal"/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>'
    )
    items = "".join(
        f'<w:p><w:pPr><w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="1"/></w:numPr></w:pPr><w:r><w:t>{text}</w:t>'
        "</w:r></w:p>"
        for level, text in [(0, "one"), (1, "inner"), (0, "two")]
    )
    document = read_one(docx(paragraph("Signs are:") + items, numbering=numbering), "a.docx")
    assert document.text == "Signs are:\n\n- one\n  1. inner\n- two"
    assert lead_ins(document) == {"one": "Signs are:", "inner": "one", "two": "Signs are:"}


def test_damaged_packages_are_named() -> None:
    whole = docx(BODY)
    assert "not a whole Word document" in refusal(whole[: len(whole) // 2])
    assert "not a whole Word document" in refusal(b"PK\x03\x04 nonsense")
    assert "not a Word document" in refusal(zipped([("a.txt", b"x")]))
    assert "not valid XML" in refusal(docx("<w:p>"))


def test_a_zip_bomb_is_refused_by_its_declared_size() -> None:
    assert "unpacks to more than 100000 bytes" in refusal(docx(BODY, extra=[("word/x.bin", b"\0" * 200_000)]), 100_000)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused_in_any_part(encoding: str) -> None:
    bomb = '<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a>&c;</a>'.encode(encoding)
    assert "document type in word/comments.xml" in refusal(docx(BODY, extra=[("word/comments.xml", bomb)]))
