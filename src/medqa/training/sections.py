"""A corpus as training reads it: sections with their passages, subjects and topics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medqa.knowledge.asking import questions_of
from medqa.knowledge.folding import fold
from medqa.knowledge.lexicon import Lexicon
from medqa.training.wording import Phrasings
from medqa.types import Chunk, Document


@dataclass(frozen=True, slots=True)
class TrainingSection:
    """One section. `passages` are rows of `TrainingCorpus.passages`; `names` begin with the title; `asked` are
    questions that it is known to answer; `library` is the number of the folder or file that its article came from.

    Sections of one `subject` and one `topic` say the same in other articles: they are never held against
    each other.
    """

    docid: str
    article: int
    subject: int
    topic: str
    heading: str
    names: tuple[str, ...]
    passages: tuple[int, ...]
    asked: tuple[str, ...] = ()
    library: int = 0


@dataclass(frozen=True, slots=True)
class TrainingCorpus:
    """`passages` are texts as the index embeds them, `bodies` the same without their line of headings. Every
    section has a passage."""

    sections: tuple[TrainingSection, ...]
    passages: tuple[str, ...]
    bodies: tuple[str, ...]

    def keys(self) -> NDArray[np.int64]:
        """int64 (sections,): equal where two sections answer the same question about the same subject."""
        known: dict[tuple[int, str], int] = {}
        return np.asarray([known.setdefault((s.subject, s.topic), len(known)) for s in self.sections], dtype=np.int64)

    def section_of_passage(self) -> NDArray[np.int64]:
        """int64 (passages,): the number of the section that each belongs to."""
        numbers = np.empty(len(self.passages), dtype=np.int64)
        for number, section in enumerate(self.sections):
            numbers[list(section.passages)] = number
        return numbers


def training_corpus(
    documents: Sequence[Document],
    chunks: Iterable[Chunk],
    phrasings: Phrasings,
    lexicon: Lexicon,
    libraries: Sequence[Path] = (),
) -> TrainingCorpus:
    """Sections of `documents` with their `chunks`, in order; a section without a passage is left out. `libraries` are
    the folders and files that the articles were read from."""
    subjects = _subjects(documents)
    by_section: dict[str, list[Chunk]] = {}
    for chunk in chunks:
        by_section.setdefault(chunk.section_docid, []).append(chunk)
    sections: list[TrainingSection] = []
    passages: list[str] = []
    bodies: list[str] = []
    for number, document in enumerate(documents):
        names = names_of(document, lexicon)
        library = _library(document, libraries)
        for section in document.sections:
            held = by_section.get(section.docid, [])
            if not held:
                continue
            heading = section.heading or document.title
            rows = tuple(range(len(passages), len(passages) + len(held)))
            passages += [chunk.embedding_text for chunk in held]
            bodies += [chunk.text for chunk in held]
            topic = phrasings.topic_of(heading, document.title)
            asked = questions_of(document, section.id)
            sections.append(
                TrainingSection(section.docid, number, subjects[number], topic, heading, names, rows, asked, library)
            )
    return TrainingCorpus(tuple(sections), tuple(passages), tuple(bodies))


def names_of(document: Document, lexicon: Lexicon) -> tuple[str, ...]:
    """The title, the article's aliases, and what the lexicon knows of a subject of that name."""
    names = [document.title, *document.aliases]
    known = fold(document.title).strip()
    medicine = lexicon.medicines.get(known)
    if medicine is not None:
        names += [*medicine.brands, *medicine.lay]
    condition = lexicon.conditions.get(known)
    if condition is not None:
        names += [*condition.aliases, *condition.abbreviations]
    seen: Mapping[str, str] = {fold(name).strip(): name for name in reversed(names) if name.strip()}
    return tuple(dict.fromkeys(seen[fold(name).strip()] for name in names if name.strip()))


def _library(document: Document, libraries: Sequence[Path]) -> int:
    path = Path(document.source_path)
    return next((i for i, root in enumerate(libraries) if path == root or root in path.parents), 0)


def _subjects(documents: Sequence[Document]) -> list[int]:
    """A number an article; equal where one article's title is another's title or alias."""
    parent = list(range(len(documents)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    by_title: dict[str, int] = {}
    for i, document in enumerate(documents):
        first = by_title.setdefault(fold(document.title).strip(), i)
        parent[root(i)] = root(first)
    for i, document in enumerate(documents):
        for alias in document.aliases:
            other = by_title.get(fold(alias).strip())
            if other is not None:
                parent[root(i)] = root(other)
    return [root(i) for i in range(len(documents))]
