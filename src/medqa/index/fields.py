"""What an article and a section are called and how people ask for them, kept beside the passages.

A heading is often the question that its section answers, and a title or alias names what an article is about:
evidence of its own beside the text. One row of `headings` for each section that has a passage, in the order of the
passages; one row of `titles` for each article; one row of `asked` for each question that a section is known to
answer. A name is a title or an alias, as a set of stems.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medqa.errors import DamagedIndexError
from medqa.index.dense import check_vectors
from medqa.index.lexical import LexicalIndex, stems
from medqa.knowledge.asking import questions_of
from medqa.knowledge.intents import intents_of
from medqa.ports import FieldScores, Scores, Vectors
from medqa.types import ArticleId, Chunk, ChunkId, Document, SectionId

_VECTORS = "vectors.npz"
_NAMES = "names.npz"
_STEMS = "stems.json"
_INTENTS = "intents.json"
CONSIDERED = 8
"""Of the named articles, so many times the sections that are wanted are compared by their headings."""


@dataclass(frozen=True, slots=True)
class FieldVectors:
    """float32, L2-normalised: `titles` (articles, dim), `headings` (sections with a passage, dim), `asked` (questions,
    dim)."""

    titles: Vectors
    headings: Vectors
    asked: Vectors


@dataclass(frozen=True, slots=True)
class FieldTexts:
    """What is embedded for `FieldVectors`: a text for each article, one for each section with a passage, and the
    questions; `asked_sections` holds for each of them the row of its section among `headings`."""

    titles: tuple[str, ...]
    headings: tuple[str, ...]
    asked: tuple[str, ...]
    asked_sections: tuple[int, ...]

    @property
    def all(self) -> tuple[str, ...]:
        return (*self.titles, *self.headings, *self.asked)


def field_texts(documents: Iterable[Document], chunks: Iterable[Chunk]) -> FieldTexts:
    """The texts of a build, from all its articles and passages in their order.

    A heading that does not name its article is read with the title before it. The questions of a section are the
    usual ones of its kind and those that its article gives; what is asked for a section without a passage is left out.
    """
    known = {document.id: document for document in documents}
    shown = {article_id: document.title.strip() or str(article_id) for article_id, document in known.items()}
    headings: dict[tuple[ArticleId, SectionId], str] = {}
    for chunk in chunks:
        if (chunk.document_id, chunk.section_id) not in headings:
            title, heading = shown[chunk.document_id], chunk.headings[-1].strip() if chunk.headings else ""
            named = not heading or heading == title or title.casefold() in heading.casefold()
            headings[chunk.document_id, chunk.section_id] = (heading or title) if named else f"{title}: {heading}"
    asked = [
        (question, row)
        for row, (article_id, section_id) in enumerate(headings)
        for question in questions_of(known[article_id], section_id)
    ]
    return FieldTexts(
        titles=tuple(shown.values()),
        headings=tuple(headings.values()),
        asked=tuple(question for question, _ in asked),
        asked_sections=tuple(row for _, row in asked),
    )


def write_fields(
    folder: Path, documents: Sequence[Document], chunks: Sequence[Chunk], vectors: FieldVectors, dim: int
) -> None:
    """Write the new folder `folder`. Raises `EmbeddingError` for vectors that do not fit."""
    articles = {document.id: row for row, document in enumerate(documents)}
    sections: dict[tuple[ArticleId, SectionId], int] = {}
    intents: list[list[str]] = []
    for chunk in chunks:
        if (chunk.document_id, chunk.section_id) not in sections:
            intents.append(list(intents_of(chunk.headings[-1])) if chunk.headings else [])
            sections[chunk.document_id, chunk.section_id] = len(sections)
    passage_sections = [sections[c.document_id, c.section_id] for c in chunks]
    check_vectors(vectors.titles, len(articles), dim)
    check_vectors(vectors.headings, len(sections), dim)
    asked_sections = field_texts(documents, chunks).asked_sections
    check_vectors(vectors.asked, len(asked_sections), dim)
    folder.mkdir()
    np.savez(
        folder / _VECTORS,
        titles=vectors.titles.astype(np.float16),
        headings=vectors.headings.astype(np.float16),
        asked=vectors.asked.astype(np.float16),
        asked_sections=np.asarray(asked_sections, dtype=np.int32),
        passage_sections=np.asarray(passage_sections, dtype=np.int32),
        section_articles=np.asarray([articles[article_id] for article_id, _ in sections], dtype=np.int32),
    )
    names = [(row, name) for row, d in enumerate(documents) for name in dict.fromkeys((d.title, *d.aliases))]
    holders: dict[str, list[int]] = defaultdict(list)
    for number, words in enumerate(stems(name for _, name in names)):
        for word in dict.fromkeys(words):
            holders[word].append(number)
    vocabulary = sorted(holders)
    np.savez(
        folder / _NAMES,
        articles=np.asarray([row for row, _ in names], dtype=np.int32),
        starts=np.cumsum([0, *(len(holders[word]) for word in vocabulary)], dtype=np.int64),
        holders=np.asarray([number for word in vocabulary for number in holders[word]], dtype=np.int32),
    )
    (folder / _STEMS).write_text(json.dumps(vocabulary, ensure_ascii=False), "utf-8")
    (folder / _INTENTS).write_text(json.dumps(intents), "utf-8")


class FieldIndex:
    """The open fields of a build. In memory, read-only; safe from several threads."""

    def __init__(self, folder: Path, words: LexicalIndex, ids: Sequence[ChunkId], dim: int) -> None:
        """Raises `DamagedIndexError` when the files do not describe these passages."""
        vectors, names = _arrays(folder / _VECTORS), _arrays(folder / _NAMES)
        try:
            vocabulary: list[str] = json.loads((folder / _STEMS).read_text("utf-8"))
            intents: list[list[str]] = json.loads((folder / _INTENTS).read_text("utf-8"))
            self._titles: Vectors = vectors["titles"].astype(np.float32)
            self._headings: Vectors = vectors["headings"].astype(np.float32)
            self._asked: Vectors = vectors["asked"].astype(np.float32)
            self._asked_sections: NDArray[np.int32] = vectors["asked_sections"]
            self._passage_sections: NDArray[np.int32] = vectors["passage_sections"]
            self._section_articles: NDArray[np.int32] = vectors["section_articles"]
            self._name_articles: NDArray[np.int32] = names["articles"]
            self._starts: NDArray[np.int64] = names["starts"]
            self._holders: NDArray[np.int32] = names["holders"]
        except (OSError, ValueError, KeyError) as error:
            raise DamagedIndexError(f"The fields {folder} cannot be read: {error}.") from error
        sound = (
            len(self._passage_sections) == len(ids)
            and self._headings.shape == (len(self._section_articles), dim)
            and self._titles.shape[1:] == (dim,)
            and self._asked.shape == (len(self._asked_sections), dim)
            and len(self._starts) == len(vocabulary) + 1
            and len(intents) == len(self._section_articles)
        )
        if not sound:
            raise DamagedIndexError(f"The fields {folder} are not those of {len(ids)} passages.")
        self._ids = ids
        self._rows = {chunk_id: row for row, chunk_id in enumerate(ids)}
        self._words = {word: number for number, word in enumerate(vocabulary)}
        self._weights = np.asarray([words.weight(word) for word in vocabulary], dtype=np.float32)
        counts = np.diff(self._starts)
        self._masses = np.bincount(
            self._holders, weights=np.repeat(self._weights, counts), minlength=len(self._name_articles)
        )
        self._about = {
            name: np.array([name in row for row in intents], dtype=np.float64)
            for name in {n for r in intents for n in r}
        }
        # the passage a section begins with
        self._first: NDArray[np.intp] = np.unique(self._passage_sections, return_index=True)[1]

    def match(self, text: str, vector: Vectors | None, visible: NDArray[np.bool_] | None) -> FieldMatches:
        """How the fields fit a question, given as words and as a vector float32 (dim,) (None: words alone)."""
        named, whole = self._named(text)
        return FieldMatches(self, vector, named, whole, self._wanted(text), visible)

    def near_headings(self, sections: NDArray[Any], vector: Vectors | None) -> Scores:
        """Cosines of these sections' headings. Only of these: all of a large library take ten times as long."""
        return _cosines(self._headings, sections, vector)

    def near_titles(self, articles: NDArray[Any], vector: Vectors | None) -> Scores:
        return _cosines(self._titles, articles, vector)

    def near_asked(self, vector: Vectors | None) -> Scores | None:
        """For each section, the best cosine among the questions that it is known to answer, and its heading's where
        that is nearer; None for a build that knows no such questions."""
        if vector is None or not len(self._asked):
            return None
        best = (self._headings @ vector).astype(np.float64)
        np.maximum.at(best, self._asked_sections, (self._asked @ vector).astype(np.float64))
        return best

    def _wanted(self, text: str) -> NDArray[np.float64]:
        """For each section, the share of the intents of `text` that its heading has."""
        intents = intents_of(text)
        found = np.zeros(len(self._headings))
        for name in intents:
            found += self._about.get(name, 0.0)
        return found / max(len(intents), 1)

    def _named(self, text: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """For each article, (share squared * mass, mass where the share is 1) of its best name in `text`.

        The mass of a name is the sum of its stems' weights; its share is what `text` says of that.
        """
        said = np.zeros(len(self._name_articles))
        for word in set(stems([text])[0]):
            number = self._words.get(word)
            if number is not None:
                said[self._holders[self._starts[number] : self._starts[number + 1]]] += self._weights[number]
        touched = np.flatnonzero(said)
        share = said[touched] / self._masses[touched]
        named, whole = np.zeros(len(self._titles)), np.zeros(len(self._titles))
        np.maximum.at(named, self._name_articles[touched], share * share * said[touched])
        complete = share > 1.0 - 1e-6
        np.maximum.at(whole, self._name_articles[touched[complete]], said[touched[complete]])
        return named, whole

    def places(self, ids: Sequence[ChunkId]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Rows of the section and of the article of each passage."""
        sections = self._passage_sections[[self._rows[chunk_id] for chunk_id in ids]]
        return sections, self._section_articles[sections]

    def articles_of_sections(self) -> NDArray[np.int32]:
        return self._section_articles

    def first_passage(self, section: int) -> tuple[int, ChunkId]:
        """Row and id of the passage that a section begins with."""
        row = int(self._first[section])
        return row, self._ids[row]


class FieldMatches:
    """How the fields of a build fit one question: a `medqa.ports.FieldMatches`."""

    def __init__(
        self,
        fields: FieldIndex,
        vector: Vectors | None,
        named: NDArray[np.float64],
        whole: NDArray[np.float64],
        wanted: NDArray[np.float64],
        visible: NDArray[np.bool_] | None,
    ) -> None:
        self._fields = fields
        self._vector, self._named, self._whole, self._wanted = vector, named, whole, wanted
        self._asked = fields.near_asked(vector)
        self._most_named, self._most_whole = float(named.max(initial=0.0)), float(whole.max(initial=0.0))
        self._visible = visible

    def by_name(self, k: int) -> list[ChunkId]:
        """First passages of at most `k` sections of the articles whose names are said most, best first."""
        by_section = self._named[self._fields.articles_of_sections()]
        found = np.flatnonzero(by_section)
        if len(found) > CONSIDERED * k:
            found = found[np.argpartition(-by_section[found], CONSIDERED * k - 1)[: CONSIDERED * k]]
        # within an article, the section whose heading is nearest first
        near = self._fields.near_headings(found, self._vector)
        return self._firsts(found[np.lexsort((found, -near, -by_section[found]))][:k])

    def by_question(self, k: int) -> list[ChunkId]:
        """First passages of the `k` sections that are known to answer the nearest questions, best first; empty for a
        build that knows of none."""
        if self._asked is None:
            return []
        return self._firsts(np.argsort(-self._asked, kind="stable")[:k])

    def _firsts(self, sections: NDArray[Any]) -> list[ChunkId]:
        rows = [self._fields.first_passage(int(section)) for section in sections]
        return [chunk_id for row, chunk_id in rows if self._visible is None or self._visible[row]]

    def of(self, ids: Sequence[ChunkId]) -> FieldScores:
        """The evidence of the fields for each passage."""
        sections, articles = self._fields.places(ids)
        name, whole = self._named[articles], self._whole[articles]
        return FieldScores(
            heading=self._fields.near_headings(sections, self._vector),
            title=self._fields.near_titles(articles, self._vector),
            name=name,
            name_share=name / (self._most_named or 1.0),
            whole=whole,
            whole_share=whole / (self._most_whole or 1.0),
            intent=self._wanted[sections],
            asked=None if self._asked is None else self._asked[sections],
        )


def _cosines(vectors: Vectors, rows: NDArray[Any], vector: Vectors | None) -> Scores:
    if vector is None:
        return np.zeros(len(rows))
    near: Scores = (vectors[rows] @ vector).astype(np.float64)
    return near


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except (OSError, ValueError, EOFError, KeyError) as error:
        raise DamagedIndexError(f"The fields {path} cannot be read: {error}.") from error
