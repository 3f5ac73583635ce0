"""A small library of made-up articles, read and chunked by the real reader and chunker with a fake tokenizer."""

from pathlib import Path

from medqa.chunking import Chunker
from medqa.corpus import read_corpus
from medqa.testing import WordEmbedder
from medqa.types import ArticleStatus, Chunk, Document

LIBRARY_FOLDER = Path(__file__).parent / "fixtures" / "library"


def documents_of(folder: Path = LIBRARY_FOLDER) -> list[Document]:
    reading = read_corpus([folder], max_file_bytes=1_000_000)
    assert not reading.problems
    return [d for d in reading.documents if d.status is ArticleStatus.PUBLISHED]


def chunks_of(document: Document) -> list[Chunk]:
    return list(Chunker(WordEmbedder(), 254).chunk(document))


LIBRARY = documents_of()
