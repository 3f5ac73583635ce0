"""Small files made by hand, and the invariants that every document keeps."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence

from medqa.corpus.formats import read_articles
from medqa.types import Block, BlockKind, Document, ReadProblem

LIMIT = 8 << 20

PLAIN = """The Gentle Guide to Xylodrine

Mar 5, 2023


Welcome to the clinic. Here you read about Xylodrine, a made-up medicine for tests.

Understanding Xylodrine

Xylodrine relaxes muscles. It comes as tablets of 2.5 mg.

Benefits of Xylodrine

Xylodrine offers patients several benefits:

  • Relief: It eases spasms.
  • Rest: It can help with sleep, e.g. at night. Ask first.

Possible Side Effects

Some people have side effects. They can include:

  • Drowsiness
  • Dry mouth
  • Headache

If a side effect worries you, call your doctor.

Risks and Precautions

Tell your doctor about kidney disease.


In summary, Xylodrine is not real.

pain relief xylodrine
"""


def read_one(data: bytes | str, name: str = "article.md") -> Document:
    """The only article of a file; fails on a problem."""
    raw = data.encode() if isinstance(data, str) else data
    (document,) = read_articles(raw, name, max_bytes=LIMIT)
    assert isinstance(document, Document), document
    check(document)
    return document


def blocks(document: Document) -> list[Block]:
    return [block for section in document.sections for block in section.blocks]


def texts(document: Document) -> list[str]:
    return [block.span.of(document.text) for block in blocks(document)]


def sentences(document: Document) -> list[str]:
    return [sentence.of(document.text) for block in blocks(document) for sentence in block.sentences]


def lead_ins(document: Document) -> dict[str, str | None]:
    return {
        block.span.of(document.text): block.lead_in.of(document.text) if block.lead_in else None
        for block in blocks(document)
        if block.kind is BlockKind.LIST_ITEM
    }


def check(document: Document) -> None:
    """Spans slice back, in order and without overlap; sentences tile their block; ids are unique."""
    text = document.text
    assert text == text.strip("\n")
    assert text.strip()
    end = 0
    for section in document.sections:
        if section.heading_span is not None:
            assert section.heading_span.of(text) == section.heading
            assert section.heading_span.start >= end
            end = section.heading_span.end
        assert section.span.start >= end or not section.blocks
        for block in section.blocks:
            assert section.span.covers(block.span)
            assert block.span.start >= end
            assert block.span.of(text).strip() == block.span.of(text) or block.kind is BlockKind.CODE
            check_tiling(text, block)
            assert block.lead_in is None or block.lead_in.end <= block.span.start
            assert (block.list_id >= 0) or block.kind is not BlockKind.LIST_ITEM
            end = block.span.end
        if section.blocks:
            assert section.span.start == section.blocks[0].span.start
            assert section.span.end == section.blocks[-1].span.end
    outside = set(range(len(text)))
    for section in document.sections:
        for span in [section.heading_span, *(block.span for block in section.blocks)]:
            outside -= set(range(span.start, span.end)) if span else set()
    assert set("".join(text[place] for place in sorted(outside))) <= set("\n -.0123456789")
    ids = [section.id for section in document.sections]
    assert len(ids) == len(set(ids))
    docids = [section.docid for section in document.sections]
    assert len(docids) == len(set(docids))


def check_tiling(text: str, block: Block) -> None:
    place = block.span.start
    assert block.sentences
    for sentence in block.sentences:
        assert not text[place : sentence.start].strip()
        assert block.span.covers(sentence)
        assert sentence.of(text).strip() == sentence.of(text) != ""
        place = sentence.end
    assert not text[place : block.span.end].strip()


def read_all(data: bytes, name: str) -> list[Document | ReadProblem]:
    return list(read_articles(data, name, max_bytes=LIMIT))


def docx(body: str, *, numbering: str = "", extra: Iterable[tuple[str, bytes]] = ()) -> bytes:
    """A Word document whose ``<w:body>`` is `body`."""
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    package = "http://schemas.openxmlformats.org/package/2006"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    parts = {
        "[Content_Types].xml": f'{head}<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/word/document.xml" ContentType='
        '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>',
        "_rels/.rels": f'{head}<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{office}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/document.xml": f'{head}<w:document xmlns:w="{word}"><w:body>{body}</w:body></w:document>',
        "word/styles.xml": f'{head}<w:styles xmlns:w="{word}">'
        + "".join(
            f'<w:style w:type="paragraph" w:styleId="{name.replace(" ", "")}"><w:name w:val="{name}"/></w:style>'
            for name in ("Title", "heading 1", "heading 2")
        )
        + "</w:styles>",
        "word/_rels/document.xml.rels": f'{head}<Relationships xmlns="{package}/relationships"><Relationship Id="s1" '
        f'Type="{office}/styles" Target="styles.xml"/>'
        + (f'<Relationship Id="n1" Type="{office}/numbering" Target="numbering.xml"/>' if numbering else "")
        + "</Relationships>",
    }
    if numbering:
        parts["word/numbering.xml"] = head + numbering
    return zipped([*((name, content.encode()) for name, content in parts.items()), *extra])


def paragraph(text: str, style: str = "") -> str:
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f'<w:p>{properties}<w:r><w:t xml:space="preserve">{text}</w:t></w:r></w:p>'


def zipped(members: Iterable[tuple[str, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), content)
    return buffer.getvalue()


Line = tuple[str, float, float, float, bool]
"""Text, size in points, x, y, bold."""


def pdf(pages: Sequence[Sequence[Line]]) -> bytes:
    """A PDF of one page for each sequence of lines, in Helvetica and Helvetica-Bold, WinAnsi."""
    objects: list[bytes] = []
    kids = " ".join(f"{5 + 2 * number} 0 R" for number in range(len(pages)))
    objects.append(b"<< /Type /Catalog /Pages 2 0 R >>")
    objects.append(f"<< /Type /Pages /Count {len(pages)} /Kids [{kids}] >>".encode())
    for name in ("Helvetica", "Helvetica-Bold"):
        objects.append(f"<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>".encode())
    for number, lines in enumerate(pages):
        drawn = []
        for text, size, x, y, bold in lines:
            escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)").encode("cp1252")
            font = "F2" if bold else "F1"
            drawn.append(f"BT /{font} {size} Tf 1 0 0 1 {x} {y} Tm (".encode() + escaped + b") Tj ET")
        content = b"\n".join(drawn)
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {6 + 2 * number} 0 R "
            "/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>".encode()
        )
        objects.append(f"<< /Length {len(content)} >>\nstream\n".encode() + content + b"\nendstream")
    out = io.BytesIO()
    out.write(b"%PDF-1.4\n")
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(out.tell())
        out.write(f"{number} 0 obj\n".encode() + content + b"\nendobj\n")
    start = out.tell()
    out.write(f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode())
    for offset in offsets:
        out.write(f"{offset:010d} 00000 n \n".encode())
    out.write(f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode())
    return out.getvalue()
