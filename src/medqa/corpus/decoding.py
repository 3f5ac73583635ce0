"""Bytes of a text file -> text. Nothing clever: UTF-8, or UTF-16 where a byte order mark says so."""

from __future__ import annotations

import codecs
import re

from medqa.errors import ArticleFormatError

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_PAGE_BREAKS = re.compile(r"\r\n?|[\x0b\x0c]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def decode(data: bytes) -> str:
    """Text with ``\\n`` line ends and without a byte order mark.

    Raises `ArticleFormatError` for an empty file, another encoding (naming the byte) or a binary file.
    """
    if not data.strip():
        raise ArticleFormatError("The file is empty." if not data else "The file holds only white space.")
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise ArticleFormatError("The file is UTF-32: save it as UTF-8.")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            text = data.decode("utf-16")
        except UnicodeDecodeError as error:
            raise ArticleFormatError(f"The file is broken UTF-16 at byte {error.start}: save it as UTF-8.") from error
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise ArticleFormatError(_not_utf8(data, error.start)) from error
    text = checked(text)
    if not text.strip():
        raise ArticleFormatError("The file holds only white space.")
    return text


def checked(text: str) -> str:
    """`text` with ``\\n`` line ends. Raises `ArticleFormatError` for what no reader could see as text."""
    control = _CONTROL.search(text)
    if control is not None:
        name = "a NUL" if control.group() == "\0" else f"the control character U+{ord(control.group()):04X}"
        raise ArticleFormatError(f"The text holds {name} at character {control.start()}: it is binary or damaged.")
    half = _SURROGATE.search(text)
    if half is not None:
        raise ArticleFormatError(
            f"The text holds half a character (the lone surrogate U+{ord(half.group()):04X}) "
            f"at character {half.start()}: export it again as UTF-8."
        )
    return _PAGE_BREAKS.sub("\n", text)


def _not_utf8(data: bytes, offset: int) -> str:
    if b"\0" in data[:4096]:
        return "The file is binary, not text."
    return (
        f"The file is not UTF-8: byte 0x{data[offset]:02x} at offset {offset}. If it is Windows-1252, convert it "
        "with: iconv -f WINDOWS-1252 -t UTF-8 FILE > NEW"
    )
