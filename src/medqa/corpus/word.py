"""DOCX -> HTML with mammoth, after the package itself was checked."""

from __future__ import annotations

import io
import zipfile
import zlib
from xml.parsers.expat import ExpatError, ParserCreate

from medqa.corpus.parser_failures import PARSER_FAILURES
from medqa.errors import ArticleFormatError

_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MAIN_PART = "word/document.xml"
_STYLES = """
p[style-name='Title'] => h1:fresh
p[style-name='Subtitle'] => p:fresh
"""


def word_to_html(data: bytes, *, max_bytes: int) -> str:
    """The text of a Word document as HTML; pictures and comments are left out.

    Raises `ArticleFormatError` for what is no DOCX, one that unpacks to more than `max_bytes`, or one whose
    XML declares a document type (no Word document does; it is how entity bombs are built).
    """
    _check_package(data, max_bytes)
    data = _without_hidden_runs(data)
    import mammoth

    try:
        result = mammoth.convert_to_html(
            io.BytesIO(data),
            style_map=_STYLES,
            convert_image=mammoth.images.img_element(lambda image: {}),
        )
    except PARSER_FAILURES as error:
        raise ArticleFormatError(f"The Word document is damaged ({type(error).__name__}: {error}).") from error
    return str(result.value)


def _check_package(data: bytes, max_bytes: int) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            names = set(package.namelist())
            if _MAIN_PART not in names:
                raise ArticleFormatError("The file is a zip, but not a Word document: save it as DOCX.")
            if sum(member.file_size for member in package.infolist()) > max_bytes:
                raise ArticleFormatError(f"The Word document unpacks to more than {max_bytes} bytes.")
            for name in sorted(names):
                content = package.read(name)
                if name.endswith((".xml", ".rels")):
                    _check_xml(name, content)
    except (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        raise ArticleFormatError(f"The file is not a whole Word document ({error}): copy it again.") from error


def _without_hidden_runs(data: bytes) -> bytes:
    """The package without the text that Word was told to hide, which mammoth would show."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        main = package.read(_MAIN_PART)
        if b"vanish" not in main:
            return data
        members = {name: package.read(name) for name in package.namelist()}
    from lxml import etree

    root = etree.fromstring(main, etree.XMLParser(resolve_entities=False, no_network=True))
    for mark in list(root.iterfind(f".//{_WORD}r/{_WORD}rPr/{_WORD}vanish")):
        if mark.get(f"{_WORD}val", "1").lower() not in ("0", "false", "off"):
            run = mark.getparent().getparent()
            run.getparent().remove(run)
    members[_MAIN_PART] = etree.tostring(root, encoding="utf-8", xml_declaration=True)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        for name, content in members.items():
            package.writestr(name, content)
    return buffer.getvalue()


def _check_xml(name: str, content: bytes) -> None:
    def refuse(*declaration: object) -> None:
        raise ArticleFormatError(f"The Word document declares a document type in {name}: it is refused as unsafe.")

    parser = ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(content, True)
    except ExpatError as error:
        raise ArticleFormatError(f"The Word document is damaged: {name} is not valid XML ({error}).") from error
