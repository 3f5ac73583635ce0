"""Checks a finished build: ``python -m medqa.index.verify FOLDER``.

Run as a process of its own (see `medqa.index.inspection`), because a damaged vector file ends the process
that searches it. Exit status 0 when the build is sound; 1 with the cause in one line on standard error when
it is not.
"""

from __future__ import annotations

import sys
from pathlib import Path

from medqa.errors import DamagedIndexError, MedqaError
from medqa.index.opened import SAME_VECTOR, OpenBuild

_SEARCHED = 10


def verify(folder: Path) -> None:
    """Open everything and compare it. Raises `DamagedIndexError` naming the first thing that does not fit."""
    build = OpenBuild(folder)
    try:
        _check_text(build)
        _check_vectors(build)
        _check_words(build)
    finally:
        build.close()


def _check_text(build: OpenBuild) -> None:
    counts = build.manifest.counts
    store = build.store
    sections = 0
    for article_id in store.article_ids:
        sections += len(store.document(article_id).sections)
    found = (len(store.article_ids), sections, len(store.chunk_ids))
    if found != (counts.articles, counts.sections, counts.chunks):
        raise DamagedIndexError(f"articles, sections and passages number {found}, the manifest says {counts}")
    if set(store.article_ids) != set(build.manifest.article_hashes):
        raise DamagedIndexError("the stored articles are not those of the manifest")
    for chunk in store.all_chunks():
        document = store.document(chunk.document_id)
        if chunk.span.of(document.text) != chunk.text:
            raise DamagedIndexError(f"passage {chunk.id!r} is not the text at its place in {document.id!r}")
        document.section(chunk.section_id)


def _check_vectors(build: OpenBuild) -> None:
    ids = build.store.chunk_ids
    if build.vectors.stored_ids() != set(ids):
        raise DamagedIndexError("the ids of the vectors are not those of the passages")
    probes = build.probes
    probed = [ids[position] for position in probes.positions]
    stored = build.vectors.stored_vectors(probed)
    for position, given, kept in zip(probes.positions, probes.vectors, stored, strict=True):
        if float(given @ kept) < 1.0 - SAME_VECTOR:
            raise DamagedIndexError(f"the vector of passage {ids[position]!r} is not the one that was given")
        found = build.vectors.search(given, _SEARCHED)
        scores = [score for _, score in found]
        # passages of equal text share a vector: then any of them may stand for this one
        if position not in [n for n, _ in found] and (not scores or scores[-1] < 1.0 - SAME_VECTOR):
            raise DamagedIndexError(f"passage {ids[position]!r} is not found by its own vector")


def _check_words(build: OpenBuild) -> None:
    ids = build.store.chunk_ids
    asked = 0
    first = 0
    for position in map(int, build.probes.positions):
        chunk = build.store.chunks([ids[position]])[ids[position]]
        found = build.words.search(chunk.embedding_text, len(ids))
        scores = dict(found)
        if not found:  # a passage without a word, such as a row of numbers of one digit
            continue
        if position not in scores:
            raise DamagedIndexError(f"passage {chunk.id!r} is not found by its own words")
        asked += 1
        border = found[min(_SEARCHED, len(found)) - 1][1]
        first += scores[position] >= border
    # a shorter passage may beat one at its own words, now and then; an index that is shifted by one loses them all
    if first * 2 < asked:
        raise DamagedIndexError(f"only {first} of {asked} passages are found by their own words")


def main(arguments: list[str]) -> int:
    """Returns the exit status."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m medqa.index.verify FOLDER\n")
        return 2
    try:
        verify(Path(arguments[0]))
    except MedqaError as error:
        sys.stderr.write(f"{error.message}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
