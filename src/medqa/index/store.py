"""The indexed text beside the vectors: every article with its structure, every passage, in one SQLite file.

A citation resolves against this text and never against the source files, which may have changed since.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pydantic import TypeAdapter, ValidationError

from medqa.errors import ArticleNotFoundError, DamagedIndexError, InvariantError
from medqa.types import ArticleId, Chunk, ChunkId, Document, SectionId, Span

_TABLES = """
CREATE TABLE documents (
  position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, title TEXT NOT NULL, structure TEXT NOT NULL
) STRICT;
CREATE TABLE chunks (
  position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, document INTEGER NOT NULL REFERENCES documents(position),
  section_id TEXT NOT NULL, section_docid TEXT NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL,
  headings TEXT NOT NULL, text TEXT NOT NULL
) STRICT;
"""
_CHUNK = """SELECT c.id, d.id, c.section_id, c.section_docid, c.start, c."end", c.headings, c.text
            FROM chunks c JOIN documents d ON d.position = c.document"""
_ChunkRow = tuple[str, str, str, str, int, int, str, str]
# SQLite's oldest default for the number of parameters of a statement
_MAX_PARAMETERS = 999
_DOCUMENTS_KEPT = 64

_documents = TypeAdapter(Document)
_strings = TypeAdapter(tuple[str, ...])


@dataclass(frozen=True, slots=True)
class Place:
    """Where a passage stands: the article, the section (its id across the corpus), and the span."""

    chunk_id: ChunkId
    article_id: ArticleId
    section_docid: str
    span: Span


def document_json(document: Document) -> bytes:
    """An article with its whole structure; `PassageStore.document` gives back an equal one."""
    return _documents.dump_json(document)


def write_store(path: Path, documents: Sequence[Document], chunks: Iterable[Chunk]) -> None:
    """Write the articles and their passages, in the given order. `path` must not exist.

    Raises `sqlite3.Error` when the file cannot be written.
    """
    positions = {document.id: n for n, document in enumerate(documents)}
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        # a crash leaves the whole folder to be swept: no journal is needed
        db.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA page_size = 8192;")
        db.executescript(_TABLES)
        db.execute("BEGIN")
        db.executemany(
            "INSERT INTO documents VALUES (?, ?, ?, ?)",
            ((n, d.id, d.title, document_json(d).decode()) for n, d in enumerate(documents)),
        )
        db.executemany(
            "INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    n,
                    c.id,
                    positions[c.document_id],
                    c.section_id,
                    c.section_docid,
                    c.span.start,
                    c.span.end,
                    _strings.dump_json(c.headings).decode(),
                    c.text,
                )
                for n, c in enumerate(chunks)
            ),
        )
        db.execute("COMMIT")


class PassageStore:
    """An open store. Read-only; safe from several threads. Close it when done.

    `chunk_ids` are all passages in the order of the build, `chunk_articles` the article of each (as a
    position in `article_ids`).
    """

    def __init__(self, path: Path) -> None:
        # immutable: the file is finished for good, so no lock is taken and no journal looked for.
        # One connection, opened now: a build that is swept while it serves stays readable through it.
        self._path = path
        self._lock = threading.Lock()
        self._kept: OrderedDict[ArticleId, Document] = OrderedDict()
        try:
            self._db = sqlite3.connect(
                f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise self._damaged(error) from error
        try:
            articles = self._rows("SELECT id, title FROM documents ORDER BY position")
            chunks = self._rows("SELECT id, document FROM chunks ORDER BY position")
        except DamagedIndexError:
            self._db.close()
            raise
        self.article_ids: tuple[ArticleId, ...] = tuple(ArticleId(row[0]) for row in articles)
        self.titles: Mapping[ArticleId, str] = {ArticleId(row[0]): row[1] for row in articles}
        self.chunk_ids: tuple[ChunkId, ...] = tuple(ChunkId(row[0]) for row in chunks)
        self.chunk_articles: tuple[int, ...] = tuple(row[1] for row in chunks)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def chunks(self, ids: Sequence[ChunkId]) -> dict[ChunkId, Chunk]:
        """The passages of these ids, in their order. Raises `InvariantError` for an unknown id."""
        found: dict[str, Chunk] = {}
        for first in range(0, len(ids), _MAX_PARAMETERS):
            part = ids[first : first + _MAX_PARAMETERS]
            marks = ",".join("?" * len(part))
            for row in self._rows(f"{_CHUNK} WHERE c.id IN ({marks})", part):
                found[row[0]] = self._chunk(row)
        for chunk_id in ids:
            if chunk_id not in found:
                raise InvariantError(f"passage {chunk_id!r} was found by a search but is not in the stored text")
        return {chunk_id: found[chunk_id] for chunk_id in ids}

    def all_chunks(self) -> Iterator[Chunk]:
        """Every passage, in the order of the build."""
        for first in range(0, len(self.chunk_ids), 1000):
            yield from map(
                self._chunk,
                self._rows(f"{_CHUNK} WHERE c.position BETWEEN ? AND ? ORDER BY c.position", (first, first + 999)),
            )

    def places(self) -> tuple[Place, ...]:
        """Where every passage stands, in the order of the build, without reading any text."""
        rows = self._rows('SELECT id, document, section_docid, start, "end" FROM chunks ORDER BY position')
        return tuple(
            Place(ChunkId(i), self.article_ids[n], docid, Span(start, end)) for i, n, docid, start, end in rows
        )

    def documents(self) -> Iterator[Document]:
        """Every article of the build in its order, none of them kept in memory."""
        yield from map(self._read, self.article_ids)

    def document(self, article_id: ArticleId) -> Document:
        """The article exactly as it was indexed. Raises `ArticleNotFoundError`."""
        with self._lock:
            kept = self._kept.get(article_id)
            if kept is not None:
                self._kept.move_to_end(article_id)
                return kept
        document = self._read(article_id)
        with self._lock:
            self._kept[article_id] = document
            if len(self._kept) > _DOCUMENTS_KEPT:
                self._kept.popitem(last=False)
        return document

    def _read(self, article_id: ArticleId) -> Document:
        rows = self._rows("SELECT structure FROM documents WHERE id = ?", (article_id,))
        if not rows:
            raise ArticleNotFoundError(f"No article {article_id!r} is in the index.")
        try:
            return _documents.validate_json(rows[0][0])
        except (ValidationError, InvariantError) as error:
            raise DamagedIndexError(f"Article {article_id!r} in {self._path} cannot be read.") from error

    def _rows(self, sql: str, parameters: Sequence[object] = ()) -> list[Any]:
        try:
            with self._lock:
                return self._db.execute(sql, tuple(parameters)).fetchall()
        except sqlite3.Error as error:
            raise self._damaged(error) from error

    def _damaged(self, error: sqlite3.Error) -> DamagedIndexError:
        return DamagedIndexError(f"The stored text {self._path} cannot be read: {error}.")

    @staticmethod
    def _chunk(row: _ChunkRow) -> Chunk:
        chunk_id, document_id, section_id, docid, start, end, headings, text = row
        return Chunk(
            id=ChunkId(chunk_id),
            document_id=ArticleId(document_id),
            section_id=SectionId(section_id),
            section_docid=docid,
            span=Span(start, end),
            headings=_strings.validate_json(headings),
            text=text,
        )
