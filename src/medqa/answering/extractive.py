"""An answer from quotes alone: the sentences and list items that answer, each with its citation.

Every candidate (see `candidates`) is scored as a weighted sum of

* the cosine of question and sentence, the sentence read with its article's title,
* the cosine of question and section heading,
* the share of the question's content words that stand in the sentence or its heading,
* the min-max score of the passage it stands in.

The best one leads; others follow while they are nearly as good and say something else. A list is quoted as a
list with its lead-in. Too weak, or silent about a subject that the question names: no answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from medqa.answering.candidates import Candidate, candidates_of, list_of
from medqa.answering.citations import cite
from medqa.answering.wording import asks_for_a_list, content_stems, coverage, needs_context, words
from medqa.knowledge.subjects import Subject, Subjects
from medqa.ports import Embedder, PassageIndex, Vectors
from medqa.types import (
    Answer,
    BlockKind,
    CitedSentence,
    Document,
    Hit,
    InterpretedQuery,
    NoAnswer,
    Span,
)


@dataclass(frozen=True, slots=True)
class Weights:
    """Shares of the four signals. They are compared with `abstain_below`, so they sum to 1."""

    sentence: float = 0.5
    heading: float = 0.2
    words: float = 0.2
    passage: float = 0.1


@dataclass(frozen=True, slots=True)
class Rules:
    """What the composer is told from outside.

    `is_flagged` says of a sentence that it makes an absolute or marketing claim; `subjects` knows the
    medicines, classes and conditions that a text names; `may_quote` and `is_overdue` judge an article's
    review state.
    """

    is_flagged: Callable[[str], bool]
    subjects: Subjects
    may_quote: Callable[[Document], bool]
    is_overdue: Callable[[Document], bool]


@dataclass(frozen=True, slots=True)
class Limits:
    """`follow_ratio`: a further sentence must reach this share of the best one's score."""

    passages: int = 8
    max_sentences: int = 5
    max_items: int = 12
    follow_ratio: float = 0.86
    repeat_cosine: float = 0.9
    abstain_below: float = 0.35


@dataclass(frozen=True, slots=True)
class Scored:
    candidate: Candidate
    score: float
    vector: Vectors
    covered: float


class ExtractiveComposer:
    """The `Generator` port: quotes only."""

    def __init__(self, embedder: Embedder, rules: Rules, limits: Limits, weights: Weights | None = None) -> None:
        self._embedder = embedder
        self._rules = rules
        self._limits = limits
        self._weights = weights or Weights()

    def compose(self, query: InterpretedQuery, hits: Sequence[Hit], index: PassageIndex) -> Answer | NoAnswer:
        """One to five quotes (or a list with its lead-in) that answer, or `NoAnswer` with the reason."""
        if not hits:
            return NoAnswer("no passage was found")
        found = candidates_of(hits[: self._limits.passages], index, may_quote=self._rules.may_quote)
        found = [c for c in found if not self._rules.is_flagged(c.text)]
        found = self._about_the_subjects(query, found)
        if not found:
            return NoAnswer("no sentence of the passages is about what was asked and may be quoted")
        scored = self._score(query, found)
        best = scored[0]
        if best.score < self._limits.abstain_below:
            return NoAnswer(f"the best sentence scores {best.score:.3f}, below {self._limits.abstain_below:.3f}")
        return self._write(query, scored)

    # --- which sentences ---------------------------------------------------------------------------

    def _about_the_subjects(self, query: InterpretedQuery, found: list[Candidate]) -> list[Candidate]:
        """Only candidates that speak of every subject of the question.

        A medicine or class must be named by the sentence, its headings, its lead-in or the article's own
        names: a question about baclofen and alcohol is not answered from a sentence on baclofen alone, and
        one about an unknown medicine not from its neighbours. A condition must be named in the article.
        """
        subjects = self._rules.subjects
        asked = subjects.named_in(query.text)
        if not asked:
            return found
        articles: dict[str, tuple[frozenset[Subject], frozenset[Subject]]] = {}
        kept = []
        for candidate in found:
            document = candidate.document
            if document.id not in articles:
                names = "; ".join((document.title, *document.medicines, *document.conditions, *document.aliases))
                own = subjects.named_in(names)
                articles[document.id] = own, own | subjects.named_in(document.text)
            own, anywhere = articles[document.id]
            lead_in = candidate.block.lead_in
            near = own | subjects.named_in(
                "; ".join(
                    (candidate.text, *candidate.section.heading_path, lead_in.of(document.text) if lead_in else "")
                )
            )
            if all(subjects.covers(anywhere if s.kind == "condition" else near, s) for s in asked):
                kept.append(candidate)
        return kept

    def _score(self, query: InterpretedQuery, found: Sequence[Candidate]) -> list[Scored]:
        """The candidates with their scores, best first; ties in reading order."""
        question = self._embedder.encode_query(query.text)
        sentences = self._embedder.encode(
            [_fit(self._embedder, f"{c.document.title}: {_reading_of(c)}") for c in found]
        )
        headings = list(dict.fromkeys(_heading_of(c) for c in found))
        heading_cosine = dict(zip(headings, self._embedder.encode(headings) @ question, strict=True))
        wanted = content_stems(query.text, subjects=(*query.medicines, *query.conditions))
        weights = self._weights
        scored = []
        for candidate, vector in zip(found, sentences, strict=True):
            covered = coverage(wanted, _reading_of(candidate), candidate.section.heading)
            score = (
                weights.sentence * float(vector @ question)
                + weights.heading * float(heading_cosine[_heading_of(candidate)])
                + weights.words * covered
                + weights.passage * candidate.passage_score
            )
            scored.append(Scored(candidate, score, vector, covered))
        return sorted(scored, key=lambda s: (-s.score, s.candidate.passage_rank, s.candidate.order))

    # --- in which form -----------------------------------------------------------------------------

    def _write(self, query: InterpretedQuery, scored: Sequence[Scored]) -> Answer:
        best = scored[0]
        sentences: list[CitedSentence] = []
        lists_quoted: set[object] = set()
        chosen: list[Scored] = []
        wants_list = asks_for_a_list(query.text)
        for entry in scored:
            candidate = entry.candidate
            if len(chosen) >= self._limits.max_sentences:
                break
            if entry.score < self._limits.follow_ratio * best.score:
                break
            if any(float(entry.vector @ other.vector) > self._limits.repeat_cosine for other in chosen):
                continue
            if candidate.list_key in lists_quoted:
                continue
            if candidate.is_item and (wants_list or len(words(candidate.text)) < 6):
                lists_quoted.add(candidate.list_key)
            chosen.append(entry)
        for entry in self._in_reading_order(chosen):
            candidate = entry.candidate
            if candidate.list_key in lists_quoted:
                sentences += self._list(candidate)
            else:
                sentences.append(self._sentence(candidate))
        return Answer(tuple(_once(sentences)))

    @staticmethod
    def _in_reading_order(chosen: Sequence[Scored]) -> list[Scored]:
        """The best first; then the rest of its section, of its article, of other articles, each as they stand."""
        first = chosen[0].candidate
        sections = list(dict.fromkeys((s.candidate.document.id, s.candidate.section.id) for s in chosen))

        def key(entry: Scored) -> tuple[int, int, int]:
            candidate = entry.candidate
            place = sections.index((candidate.document.id, candidate.section.id))
            return (0 if candidate is first else 1, place, candidate.span.start)

        return sorted(chosen, key=key)

    def _list(self, candidate: Candidate) -> list[CitedSentence]:
        items = [b for b in list_of(candidate) if not self._rules.is_flagged(b.span.of(candidate.document.text))]
        lead_in = items[0].lead_in if items else None
        quoted = []
        if lead_in is not None and not self._rules.is_flagged(lead_in.of(candidate.document.text)):
            quoted.append(self._quote(candidate, lead_in, lead_in=True))
        quoted += [self._quote(candidate, b.span, list_item=True) for b in items[: self._limits.max_items]]
        return quoted

    def _sentence(self, candidate: Candidate) -> CitedSentence:
        return self._quote(candidate, candidate.span, list_item=candidate.is_item)

    def _quote(
        self, candidate: Candidate, span: Span, *, list_item: bool = False, lead_in: bool = False
    ) -> CitedSentence:
        document = candidate.document
        citation = cite(document, candidate.section, span, overdue=self._rules.is_overdue(document))
        context = document.title if needs_context(citation.quote) else None
        return CitedSentence(citation.quote, (citation,), context=context, list_item=list_item, lead_in=lead_in)


def _heading_of(candidate: Candidate) -> str:
    return (
        f"{candidate.document.title}: {candidate.section.heading}"
        if candidate.section.heading
        else candidate.document.title
    )


def _reading_of(candidate: Candidate) -> str:
    """A short item is read with the sentence that introduces its list."""
    lead_in = candidate.block.lead_in
    if lead_in is None or candidate.block.kind is not BlockKind.LIST_ITEM:
        return candidate.text
    return f"{lead_in.of(candidate.document.text)} {candidate.text}"


def _fit(embedder: Embedder, text: str) -> str:
    """`text` cut to what the model reads whole."""
    if len(text) <= embedder.max_tokens:  # a token has at least one character
        return text
    offsets = embedder.token_offsets(text)
    return text if len(offsets) <= embedder.max_tokens else text[: offsets[embedder.max_tokens - 1][1]]


def _once(sentences: Sequence[CitedSentence]) -> list[CitedSentence]:
    return list(dict.fromkeys(sentences))


__all__ = ["ExtractiveComposer", "Limits", "Rules", "Scored", "Weights"]
