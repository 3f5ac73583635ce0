"""Passages, what searches make of them, and a question as the retriever reads it."""

from __future__ import annotations

from dataclasses import dataclass

from medqa.types.articles import ArticleId, ChunkId, SectionId, Span


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage of one section. Invariant: ``document.text[start:end] == text``.

    `headings` is the context that is embedded with the passage, outermost first: the article's title,
    then the section's heading path.
    """

    id: ChunkId
    document_id: ArticleId
    section_id: SectionId
    section_docid: str
    span: Span
    headings: tuple[str, ...]
    text: str

    @property
    def embedding_text(self) -> str:
        """What the embedder reads: one line of headings, then the passage."""
        return f"{' > '.join(self.headings)}\n{self.text}" if self.headings else self.text


@dataclass(frozen=True, slots=True)
class StageScore:
    """What one stage made of a passage. `rank` counts from 1; scores of stages are not comparable."""

    score: float
    rank: int


@dataclass(frozen=True, slots=True)
class HitScores:
    """The stages that ranked a passage; None where a stage is off or did not find it."""

    dense: StageScore | None = None
    lexical: StageScore | None = None
    fused: StageScore | None = None
    rerank: StageScore | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage as ranked by `scorer` (the last stage that ran). `rank` counts from 1."""

    chunk: Chunk
    title: str
    rank: int
    score: float
    scorer: str
    scores: HitScores


@dataclass(frozen=True, slots=True)
class InterpretedQuery:
    """A question as the retriever reads it.

    `original` is the stand-alone question; `text` is how it was read; `terms` are what articles call what it
    says in lay words; `notes` say what was read as what ("gabbentine read as gabapentin"); `medicines` and
    `conditions` are the subjects that were recognised (names as in the knowledge base). `context` is, inside a
    conversation, the question before with the message as it was typed: searched for beside it.
    """

    original: str
    text: str
    notes: tuple[str, ...] = ()
    medicines: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    context: str = ""

    @property
    def searched(self) -> str:
        """What is searched for: the question as read, and the terms for its lay words."""
        return " ".join((self.text, *self.terms))
