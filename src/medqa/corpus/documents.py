"""Metadata and pieces -> a `Document`."""

from __future__ import annotations

from collections.abc import Sequence

from medqa.corpus.assemble import assemble
from medqa.corpus.metadata import Metadata
from medqa.corpus.pieces import Piece
from medqa.errors import ArticleFormatError
from medqa.types import ArticleId, Document


def make_document(metadata: Metadata, pieces: Sequence[Piece], *, path: str, sha256: str) -> Document:
    """The article as it is kept. Raises `ArticleFormatError` without an id, a title or a text.

    `sha256` is that of the bytes the article was read from: the file, or its line of a collection.
    """
    if not metadata.id:
        raise ArticleFormatError("The article has no `id`.")
    if not metadata.title:
        raise ArticleFormatError("The article has no title: give it a `title`, or a heading of the first level.")
    text, sections = assemble(metadata.id, metadata.title, pieces)
    return Document(
        id=ArticleId(metadata.id),
        title=metadata.title,
        text=text,
        sections=sections,
        url=metadata.url,
        kind=metadata.kind,
        summary=metadata.summary,
        topics=metadata.topics,
        medicines=metadata.medicines,
        conditions=metadata.conditions,
        aliases=metadata.aliases,
        asked=metadata.asked,
        sources=metadata.sources,
        unverified=metadata.unverified,
        review=metadata.review,
        status=metadata.status,
        source_path=path,
        sha256=sha256,
    )
