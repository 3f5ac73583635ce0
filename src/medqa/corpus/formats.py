"""One file's bytes -> its articles, by the ending of its name."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import PurePath

from medqa.corpus.decoding import decode
from medqa.corpus.documents import make_document
from medqa.corpus.json_lines import read_json_lines, unpack
from medqa.corpus.markdown import markdown_pieces
from medqa.corpus.metadata import Metadata, split_front_matter
from medqa.corpus.pdf import read_pdf
from medqa.corpus.pieces import Heading, Piece
from medqa.corpus.plain import plain_article
from medqa.corpus.slugs import article_slug
from medqa.corpus.web import read_page
from medqa.corpus.word import word_to_html
from medqa.errors import ArticleFormatError
from medqa.types import Document, ReadProblem

Read = tuple[Metadata, list[Piece]]


def file_kind(path: PurePath) -> str:
    """The ending that decides how a file is read, empty for one that is not."""
    name = path.name.lower()
    if name.endswith(_PACKED):
        return _PACKED
    suffix = PurePath(name).suffix
    return suffix if suffix in _READERS or suffix == _LINES else ""


def read_articles(data: bytes, path: str, *, max_bytes: int) -> Iterator[Document | ReadProblem]:
    """The articles of one file, problems of single lines among them.

    Raises `ArticleFormatError` when the file as a whole cannot be read; `max_bytes` bounds what a packed file
    may unpack to.
    """
    kind = file_kind(PurePath(path))
    if kind in (_LINES, _PACKED):
        yield from read_json_lines(unpack(data, max_bytes=max_bytes) if kind == _PACKED else data, path)
        return
    if not data:
        raise ArticleFormatError("The file is empty.")
    metadata, pieces = _READERS[kind](data, max_bytes)
    stem = PurePath(path).stem
    metadata = replace(
        metadata,
        id=metadata.id or article_slug(stem),
        title=metadata.title or _top_heading(pieces) or _title_from(stem),
    )
    yield make_document(metadata, pieces, path=path, sha256=hashlib.sha256(data).hexdigest())


def _markdown(data: bytes, max_bytes: int) -> Read:
    metadata, body = split_front_matter(decode(data))
    return metadata, markdown_pieces(body)


def _plain(data: bytes, max_bytes: int) -> Read:
    article = plain_article(decode(data))
    known = Metadata(title=article.title)
    return replace(known, review=replace(known.review, written_on=article.written_on)), list(article.pieces)


def _web(data: bytes, max_bytes: int) -> Read:
    page = read_page(decode(data))
    return Metadata(title=page.title, url=page.url), markdown_pieces(page.markdown)


def _word(data: bytes, max_bytes: int) -> Read:
    page = read_page(word_to_html(data, max_bytes=max_bytes))
    return Metadata(title=page.title), markdown_pieces(page.markdown)


def _pdf(data: bytes, max_bytes: int) -> Read:
    title, pieces = read_pdf(data)
    return Metadata(title=title), pieces


def _top_heading(pieces: list[Piece]) -> str:
    """The one heading of the first level, where there is just one."""
    top = [piece.text for piece in pieces if isinstance(piece, Heading) and piece.level == 1]
    return top[0] if len(top) == 1 else ""


def _title_from(stem: str) -> str:
    words = " ".join(stem.replace("_", " ").replace("-", " ").split())
    return words[:1].upper() + words[1:]


_LINES, _PACKED = ".jsonl", ".jsonl.gz"
_READERS: dict[str, Callable[[bytes, int], Read]] = {
    ".md": _markdown,
    ".markdown": _markdown,
    ".txt": _plain,
    ".html": _web,
    ".htm": _web,
    ".docx": _word,
    ".pdf": _pdf,
}
