"""Files and folders -> the documents of a corpus, and a named problem for whatever cannot be read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from medqa.corpus.formats import file_kind, read_articles
from medqa.errors import ArticleFormatError, CorpusError
from medqa.ports import Progress
from medqa.types import ArticleId, Document, ReadProblem

_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class CorpusReading:
    """What was read: `documents` sorted by id, withdrawn ones included; `problems` in the order of files.

    `files` maps each file's path to the SHA-256 of its bytes (empty where it could not be opened).
    """

    documents: tuple[Document, ...]
    problems: tuple[ReadProblem, ...]
    files: Mapping[str, str]


def read_corpus(paths: Sequence[Path], *, max_file_bytes: int, progress: Progress | None = None) -> CorpusReading:
    """Reads files and folders (recursively, in sorted order; hidden and README files are passed over).

    One bad file, or one bad line of a collection, is a `ReadProblem` and the others go on. Of two articles
    with one id the first in the order of paths is kept. `progress` counts bytes. Raises `CorpusError` for a
    path that does not exist.
    """
    files = _discover(paths)
    sizes = [_size(file) for file in files]
    total, done = sum(sizes), 0
    hashes: dict[str, str] = {}
    documents: dict[ArticleId, Document] = {}
    problems: list[ReadProblem] = []
    for file, size in zip(files, sizes, strict=True):
        for one in _read_file(file, max_file_bytes, hashes):
            if isinstance(one, ReadProblem):
                problems.append(one)
            elif one.id in documents:
                problems.append(_duplicate(one, documents[one.id]))
            else:
                documents[one.id] = one
        done += size
        if progress is not None:
            progress(done, total)
    problems += _shared_docids(documents)
    ordered = tuple(documents[key] for key in sorted(documents))
    return CorpusReading(ordered, tuple(problems), hashes)


def source_files(paths: Sequence[Path]) -> dict[str, str]:
    """Each file's path and the SHA-256 of its bytes, without reading the articles in it.

    Equal to ``read_corpus(...).files`` as long as nothing changed. Raises `CorpusError` for a path that does
    not exist.
    """
    hashes: dict[str, str] = {}
    for file in _discover(paths):
        try:
            hashes[file.as_posix()] = _hash(file)
        except OSError:
            hashes[file.as_posix()] = ""  # read_corpus tells the cause
    return hashes


def _discover(paths: Sequence[Path]) -> list[Path]:
    """Every file once, whichever way it is reached; named files whatever their kind."""
    found: dict[Path, Path] = {}
    for path in paths:
        try:
            is_folder, exists = path.is_dir(), path.exists()
        except (OSError, ValueError) as error:
            raise CorpusError(f"The corpus path {path} cannot be opened: {error}.") from error
        if not exists:
            raise CorpusError(f"The corpus path {path} does not exist.", remedy="Check --corpus.")
        for file in _walk(path) if is_folder else [path]:
            found.setdefault(file.resolve(), file)
    return list(found.values())


def _walk(folder: Path) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir(), key=lambda entry: entry.name)
    except OSError as error:
        raise CorpusError(f"The folder {folder} cannot be opened: {error.strerror}.") from error
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            if not entry.is_symlink():  # a link to a parent would never end
                yield from _walk(entry)
        elif file_kind(entry) and not entry.name.lower().startswith("readme"):
            yield entry


def _read_file(file: Path, max_file_bytes: int, hashes: dict[str, str]) -> Iterator[Document | ReadProblem]:
    name = file.as_posix()
    hashes[name] = ""
    try:
        if not file.is_file():
            raise ArticleFormatError("It is not a regular file.")
        if file.stat().st_size > max_file_bytes:
            hashes[name] = _hash(file)
            raise ArticleFormatError(
                f"The file has {file.stat().st_size:,} bytes, more than the limit of {max_file_bytes:,}: split it."
            )
        data = file.read_bytes()
        hashes[name] = hashlib.sha256(data).hexdigest()
        if not file_kind(file):
            raise ArticleFormatError(
                "Files of this kind are not read: use .md, .txt, .html, .pdf, .docx, .jsonl or .jsonl.gz."
            )
        yield from read_articles(data, name, max_bytes=max_file_bytes)
    except ArticleFormatError as error:
        yield ReadProblem(name, error.message)
    except OSError as error:
        yield ReadProblem(name, f"The file cannot be opened: {error.strerror or error}.")


def _duplicate(later: Document, kept: Document) -> ReadProblem:
    return ReadProblem(
        later.source_path,
        f"The id {later.id!r} is already that of {kept.title!r} in {kept.source_path}: "
        f"{later.title!r} was left out. Give it another id.",
    )


def _shared_docids(documents: dict[ArticleId, Document]) -> list[ReadProblem]:
    """Removes articles whose section ids another article has: results could not be told apart."""
    owners: dict[str, Document] = {}
    problems: list[ReadProblem] = []
    for document in list(documents.values()):
        clash = next((section.docid for section in document.sections if section.docid in owners), None)
        if clash is None:
            owners.update((section.docid, document) for section in document.sections)
        else:
            del documents[document.id]
            problems.append(
                ReadProblem(
                    document.source_path,
                    f"The section id {clash!r} of {document.title!r} is already in {owners[clash].title!r} "
                    f"({owners[clash].source_path}): the article was left out.",
                )
            )
    return problems


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0


def _hash(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
