"""JSONL collections: one article a line, with sections or with one text. ``.jsonl.gz`` too."""

from __future__ import annotations

import hashlib
import io
import json
import zlib
from collections.abc import Iterator
from dataclasses import replace
from gzip import BadGzipFile, GzipFile

from medqa.corpus.decoding import checked
from medqa.corpus.documents import make_document
from medqa.corpus.metadata import parse_metadata
from medqa.corpus.pieces import Heading, Piece, append_pieces
from medqa.corpus.plain import HEADING_LEVEL, plain_pieces
from medqa.corpus.slugs import is_foreign_id
from medqa.errors import ArticleFormatError
from medqa.types import Document, ReadProblem, Source


def unpack(data: bytes, *, max_bytes: int) -> bytes:
    """The content of a gzip file. Raises `ArticleFormatError` if cut short, damaged or above `max_bytes`."""
    try:
        with GzipFile(fileobj=io.BytesIO(data)) as packed:
            content = packed.read(max_bytes + 1)
    except EOFError as error:
        raise ArticleFormatError("The gzip file is cut short: copy or download it again.") from error
    except (BadGzipFile, zlib.error) as error:
        raise ArticleFormatError(f"The gzip file is damaged ({error}): copy or download it again.") from error
    if len(content) > max_bytes:
        raise ArticleFormatError(f"The gzip file unpacks to more than {max_bytes} bytes: split it.")
    return content


def read_json_lines(data: bytes, path: str) -> Iterator[Document | ReadProblem]:
    """Each line's article, or the problem with it by line number from 1. Blank lines are passed over."""
    if not data.strip():
        raise ArticleFormatError("The file is empty.")
    if b"\0" in data[:4096]:
        raise ArticleFormatError("The file is binary, not JSON lines.")
    for number, raw in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        line = raw.strip()
        if not line:
            continue
        try:
            yield _article(line, path)
        except ArticleFormatError as error:
            yield ReadProblem(path, error.message, number)


def _article(line: bytes, path: str) -> Document:
    record = _parse(line)
    known = dict(record)
    source = known.pop("source", None)
    metadata = parse_metadata(known, foreign_id=True)
    if not metadata.id:
        raise ArticleFormatError("The article has no `id`.")
    if "title" not in record:
        raise ArticleFormatError("The article has no `title`.")
    sources = metadata.sources
    if source is not None:
        if not isinstance(source, str):
            raise ArticleFormatError("`source` must be text.")
        sources = (Source(name=source, url=metadata.url), *sources) if source.strip() else sources
    pieces = _pieces(record)
    # Large collections hold a few articles whose title is blank; their text is no worse for it.
    title = metadata.title or next((one.text for one in pieces if isinstance(one, Heading) and one.text), metadata.id)
    return make_document(
        replace(metadata, title=title, sources=sources),
        pieces,
        path=path,
        sha256=hashlib.sha256(line).hexdigest(),
    )


def _parse(line: bytes) -> dict[object, object]:
    try:
        record = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ArticleFormatError(f"The line is not UTF-8: byte 0x{line[error.start]:02x}.") from error
    except json.JSONDecodeError as error:
        raise ArticleFormatError(f"The line is not valid JSON: {error.msg} at character {error.pos}.") from error
    except RecursionError as error:
        raise ArticleFormatError("The line is JSON nested too deep to be an article.") from error
    except ValueError as error:  # an integer of thousands of digits
        raise ArticleFormatError(f"The line holds an impossible value: {error}.") from error
    if not isinstance(record, dict):
        raise ArticleFormatError("The line is JSON, but not an object with `id` and `title`.")
    return record


def _pieces(record: dict[object, object]) -> list[Piece]:
    sections = record.get("sections")
    if sections is None:
        return plain_pieces(checked(_text(record, "text", "The article")), headings=True)
    if not isinstance(sections, list) or not sections:
        raise ArticleFormatError("`sections` must be a list of sections with `id`, `heading` and `text`.")
    pieces: list[Piece] = []
    for position, section in enumerate(sections, start=1):
        name = f"Section {position}"
        if not isinstance(section, dict):
            raise ArticleFormatError(f"{name} is not an object with `id`, `heading` and `text`.")
        heading = " ".join(checked(_text(section, "heading", name)).split())
        given = section.get("id") or ""
        if given and not (isinstance(given, str) and is_foreign_id(given)):
            raise ArticleFormatError(f"{name}: its `id` must be made of letters, digits, '_', '-' and '.'.")
        pieces.append(Heading(heading, HEADING_LEVEL, given, given))
        append_pieces(pieces, plain_pieces(checked(_text(section, "text", name)), headings=False))
    return pieces


def _text(record: dict[object, object], key: str, owner: str) -> str:
    value = record.get(key)
    if value is None:
        raise ArticleFormatError(f"{owner} has no `{key}`.")
    if not isinstance(value, str):
        raise ArticleFormatError(f"{owner}: `{key}` must be text.")
    return value
