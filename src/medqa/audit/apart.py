"""An uploaded file, read in a process of its own: what it holds may be made to harm whoever reads it."""

from __future__ import annotations

import multiprocessing
import resource
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from multiprocessing.connection import Connection
from pathlib import Path

from medqa.audit.findings import Finding
from medqa.audit.run import audit_corpus
from medqa.corpus import read_corpus
from medqa.errors import InputFileError
from medqa.types import Document

LONGEST_S = 60.0
MOST_MEMORY = 4 << 30
"""Bytes of address space, the program's own libraries among them."""
_OF_THE_LIBRARY = ("link-",)
"""Rules about the articles beside this one: the audit of the whole library tells."""


@dataclass(frozen=True, slots=True)
class Read:
    """The article that a file holds, and what the audit finds in it. `problems` say why there is none. `name` is the
    file's by the article's own id."""

    name: str
    document: Document | None
    problems: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


def read_apart(
    name: str,
    data: bytes,
    *,
    max_bytes: int,
    today: date,
    expired_after_days: int,
    longest_s: float = LONGEST_S,
    read: Callable[..., Read] | None = None,
) -> Read:
    """Reads and audits the file. `name` is a safe file name whose ending decides how.

    Raises `InputFileError` where it takes too long, too much memory, or ends the process. `read` is for tests.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(
        target=_work, args=(theirs, read or read_one, name, data, max_bytes, today, expired_after_days), daemon=True
    )
    process.start()
    theirs.close()
    try:
        if not ours.poll(longest_s):
            raise InputFileError(f"Reading {name} takes too long.", remedy="Save it in a simpler form, as Markdown.")
        found = ours.recv()
    except EOFError as error:
        raise InputFileError(
            f"Reading {name} takes too much memory, or broke off.", remedy="Save it in a simpler form, as Markdown."
        ) from error
    finally:
        ours.close()
        process.kill()
        process.join()
    if not isinstance(found, Read):
        raise InputFileError(f"{name} cannot be read.", remedy="Save it in a simpler form, as Markdown.")
    return found


def read_one(name: str, data: bytes, max_bytes: int, today: date, expired_after_days: int) -> Read:
    """In this process: the only article of the file, or why there is none."""
    with tempfile.TemporaryDirectory(prefix="medqa-upload-") as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        reading = read_corpus((path,), max_file_bytes=max_bytes)
        problems = tuple(problem.cause for problem in reading.problems)
        if len(reading.documents) != 1:
            several = f"The file has {len(reading.documents)} articles: upload one at a time."
            return Read(name, None, problems or (several,))
        (document,) = reading.documents
        if document.id != path.stem:  # articles are called by their id
            path = path.rename(path.with_name(f"{document.id}{path.suffix}"))
        audit = audit_corpus((path,), max_file_bytes=max_bytes, today=today, expired_after_days=expired_after_days)
        own = tuple(finding for finding in audit.findings if not finding.rule_id.startswith(_OF_THE_LIBRARY))
        return Read(path.name, document, problems, own)


def _work(to: Connection, read: Callable[..., Read], *arguments: object) -> None:
    with suppress(ValueError, OSError):  # not every system bounds it; time is bounded everywhere
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (int(LONGEST_S), int(LONGEST_S)))
    to.send(read(*arguments))
