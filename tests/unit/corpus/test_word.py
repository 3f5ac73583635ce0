from __future__ import annotations

import pytest
from corpus_samples import LIMIT, docx, paragraph, read_one, zipped

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
