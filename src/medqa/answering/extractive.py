"""An answer from quotes alone: the sentences and list items that answer, each with its citation.

Every candidate (see `candidates`) is scored as a weighted sum of

* the cosine of question and sentence, the sentence read with its article's title,
* the same with "it" for every medicine in both: whether the sentence says of the medicine what was asked,
* the cosine of question and section heading, without medicines,
* the share of the question's content words that stand in the sentence or its heading,
* the min-max score of the passage it stands in,
* whether it opens its section, times the cosine of question and heading,
* whether it is of the kind that the question expects: a time for "how long", a meaning for "what is" (see `expected`).

The best one leads; others follow while they are nearly as good and say something else. A list is quoted as a
list with its lead-in. Too weak, or silent about a subject that the question names: no answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from medqa.answering.candidates import Candidate, candidates_of, list_of
from medqa.answering.citations import cite, without_repeats
from medqa.answering.expected import expected_by
from medqa.answering.memo import VectorMemo
from medqa.answering.wording import asks_for_a_list, content_stems, coverage, needs_context
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

MAX_PAIR_CHARS = 420
"""A sentence is quoted together with the one it points at up to this length."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Shares of the signals; their sum, without `ranking`, is compared with `abstain_below`.

    Learnt from the development questions (docs/experiments.md); `said` and `heading_said` are the cosines
    without medicine names. `passage` and `ranking` both weigh the passage's score: how well the best passage was
    found says little about whether it answers, but much about where among them the answer stands.
    """

    sentence: float = 0.38
    said: float = 0.36
    heading_said: float = 0.05
    words: float = 0.07
    passage: float = 0.1
    opening: float = 0.03
    kind: float = 0.06
    ranking: float = 0.2


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
    """`follow_ratio`: a further sentence must reach this share of the best one's score; `item_ratio`: an item of
    a list, which may bring the whole list along."""

    passages: int = 12
    longlist: int = 32
    shortlist: int = 16
    max_sentences: int = 5
    max_items: int = 12
    whole_list_from: int = 2
    same_question_cosine: float = 0.7
    max_lists: int = 2
    follow_ratio: float = 0.78
    item_ratio: float = 0.84
    repeat_cosine: float = 0.9
    abstain_below: float = 0.38


@dataclass(frozen=True, slots=True)
class Scored:
    """`heading` is the cosine of the question and the section's heading, in [-1, 1]."""

    candidate: Candidate
    score: float
    vector: Vectors
    heading: float


class ExtractiveComposer:
    """The `Generator` port: quotes only."""

    def __init__(self, embedder: Embedder, rules: Rules, limits: Limits, weights: Weights | None = None) -> None:
        self._embedder = embedder
        self._memo = VectorMemo(embedder)
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
        best = max(s.score - self._weights.ranking * s.candidate.passage_score for s in scored)
        if best < self._limits.abstain_below:
            reason = f"the best sentence scores {best:.3f}, below {self._limits.abstain_below:.3f}"
            return NoAnswer(reason, evidence=best)
        return replace(self._write(query, scored, found), evidence=best)

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
        """The best candidates with their scores, best first; ties in reading order.

        In three passes, because a vector costs milliseconds: by heading, words and passage; the best of them
        by their sentence too; and the best of those without medicine names as well.
        """
        weights, limits, masked = self._weights, self._limits, self._rules.subjects.without_medicines
        question = self._embedder.encode_query(query.text)
        question_said = self._embedder.encode_query(masked(query.text))
        wanted = content_stems(query.text, subjects=(*query.medicines, *query.conditions))
        headings = self._heading_scores(found, question, question_said)
        fits = expected_by(query.text)
        cheap: list[tuple[float, Candidate]] = []
        for candidate in found:
            by_heading, best_cosine = headings[candidate.document.title, candidate.section.heading]
            score = (
                by_heading
                + weights.words * coverage(wanted, _reading_of(candidate), candidate.section.heading)
                + (weights.passage + weights.ranking) * candidate.passage_score
                + weights.opening * (best_cosine if candidate.opens_section else 0.0)
                + (weights.kind if fits is not None and fits(_reading_of(candidate)) else 0.0)
            )
            cheap.append((score, candidate))
        cheap.sort(key=lambda pair: (-pair[0], pair[1].passage_rank, pair[1].order))
        vectors = self._memo.encode([f"{c.document.title}: {_reading_of(c)}" for _, c in cheap[: limits.longlist]])
        longlist = [
            Scored(
                candidate,
                score + weights.sentence * float(vector @ question),
                vector,
                headings[candidate.document.title, candidate.section.heading][1],
            )
            for (score, candidate), vector in zip(cheap, vectors, strict=False)
        ]
        shortlist = sorted(longlist, key=_best_first)[: limits.shortlist]
        said = self._memo.encode([masked(_reading_of(s.candidate)) for s in shortlist])
        scored = [
            replace(s, score=s.score + weights.said * float(vector @ question_said))
            for s, vector in zip(shortlist, said, strict=True)
        ]
        return sorted(scored, key=_best_first)

    def _heading_scores(
        self, found: Sequence[Candidate], question: Vectors, question_said: Vectors
    ) -> dict[tuple[str, str], tuple[float, float]]:
        """By (title, heading): the weighted cosine without medicines, and the greater of both cosines."""
        weights, masked = self._weights, self._rules.subjects.without_medicines
        headings = list(dict.fromkeys((c.document.title, c.section.heading) for c in found))
        plain = self._memo.encode([f"{title}: {heading}" if heading else title for title, heading in headings])
        said = self._memo.encode([masked(heading) or title for title, heading in headings])
        return {
            key: (weights.heading_said * float(s), max(float(p), float(s)))
            for key, p, s in zip(headings, plain @ question, said @ question_said, strict=True)
        }

    # --- in which form -----------------------------------------------------------------------------

    def _write(self, query: InterpretedQuery, scored: Sequence[Scored], found: Sequence[Candidate]) -> Answer:
        whole_lists = asks_for_a_list(query.text)
        chosen = self._with_opening(self._choose(scored, whole_lists), found)
        sentences: list[CitedSentence] = []
        done: set[object] = set()
        for entry in _in_reading_order(chosen):
            candidate = entry.candidate
            key = candidate.list_key
            if key is None:
                sentences.append(self._quote(candidate, candidate.span))
            elif key not in done:
                done.add(key)
                wanted = {e.candidate.span for e in chosen if e.candidate.list_key == key}
                whole = whole_lists or len(wanted) >= self._limits.whole_list_from
                sentences += self._list(candidate, None if whole else wanted)
        return Answer(tuple(without_repeats(sentences)))

    def _with_opening(self, chosen: list[Scored], found: Sequence[Candidate]) -> list[Scored]:
        """Under a heading that asks the same question, the first sentence is the answer: it comes along."""
        best = chosen[0]
        if best.heading < self._limits.same_question_cosine or best.candidate.is_item:
            return chosen
        opening = [c for c in found if c.place == best.candidate.place and c.opens_section and not c.is_item]
        if not opening or any(entry.candidate == opening[0] for entry in chosen):
            return chosen
        return [best, replace(best, candidate=opening[0]), *chosen[1:]]

    def _choose(self, scored: Sequence[Scored], whole_lists: bool) -> list[Scored]:
        """The best, and others nearly as good that say something else. A list that comes whole counts once."""
        limits = self._limits
        chosen: list[Scored] = []
        lists: set[object] = set()
        for entry in scored:
            if (
                len({e.candidate.text for e in chosen}) >= limits.max_sentences
                or entry.score < limits.follow_ratio * scored[0].score
            ):
                break
            key = entry.candidate.list_key
            if key is not None and chosen and not whole_lists and entry.score < limits.item_ratio * scored[0].score:
                continue
            if whole_lists and key is not None and (key in lists or len(lists) >= limits.max_lists):
                continue
            again = any(entry.candidate.text == other.candidate.text for other in chosen)
            if not again and any(float(entry.vector @ other.vector) > limits.repeat_cosine for other in chosen):
                continue
            if key is not None:
                lists.add(key)
            chosen.append(entry)
        if whole_lists and not lists:
            # the best sentence may only introduce what was asked for: its section's list comes along
            place = chosen[0].candidate.place
            chosen += [e for e in scored if e.candidate.place == place and e.candidate.is_item][:1]
        return chosen

    def _list(self, candidate: Candidate, wanted: set[Span] | None) -> list[CitedSentence]:
        """The lead-in and the items of a list; with `wanted`, only those items."""
        document = candidate.document
        items = [b for b in list_of(candidate) if not self._rules.is_flagged(b.span.of(document.text))]
        if wanted is not None:
            items = [b for b in items if any(b.span.covers(span) for span in wanted)]
        lead_in = candidate.block.lead_in
        quoted = []
        if lead_in is not None and not self._rules.is_flagged(lead_in.of(document.text)):
            quoted.append(self._quote(candidate, lead_in, lead_in=True))
        quoted += [self._quote(candidate, b.span, list_item=True) for b in items[: self._limits.max_items]]
        return quoted

    def _quote(
        self, candidate: Candidate, span: Span, *, list_item: bool = False, lead_in: bool = False
    ) -> CitedSentence:
        document = candidate.document
        span = span if list_item else self._with_what_it_points_at(candidate, span)
        citation = cite(document, candidate.section, span, overdue=self._rules.is_overdue(document))
        context = self._subject_of(document) if needs_context(citation.quote) else None
        return CitedSentence(citation.quote, (citation,), context=context, list_item=list_item, lead_in=lead_in)

    def _with_what_it_points_at(self, candidate: Candidate, span: Span) -> Span:
        """A sentence that begins with "it" or "these" together with the one before it, where that one stands alone."""
        text = candidate.document.text
        if not needs_context(span.of(text)):
            return span
        for block in candidate.section.blocks:
            for before, sentence in pairwise(block.sentences):
                if sentence.start == span.start:
                    both = Span(before.start, span.end)
                    alone = not needs_context(before.of(text)) and not self._rules.is_flagged(both.of(text))
                    return both if alone and len(both) <= MAX_PAIR_CHARS else span
        return span

    def _subject_of(self, document: Document) -> str:
        """What "it" most likely is: the one medicine of the title, else the title."""
        named = {s.name for s in self._rules.subjects.named_in(document.title) if s.kind == "medicine"}
        return named.pop().capitalize() if len(named) == 1 else document.title


def _best_first(scored: Scored) -> tuple[float, int, tuple[str, int]]:
    return (-scored.score, scored.candidate.passage_rank, scored.candidate.order)


def _reading_of(candidate: Candidate) -> str:
    """A short item is read with the sentence that introduces its list."""
    lead_in = candidate.block.lead_in
    if lead_in is None or candidate.block.kind is not BlockKind.LIST_ITEM:
        return candidate.text
    return f"{lead_in.of(candidate.document.text)} {candidate.text}"


def _in_reading_order(chosen: Sequence[Scored]) -> list[Scored]:
    """The best first; then the rest of its section, of its article, of other articles, each as they stand.

    Sentences of the best one's own paragraph stay in their order: what stands before it introduces it.
    """
    first = chosen[0].candidate
    sections = list(dict.fromkeys(s.candidate.place for s in chosen))

    def key(entry: Scored) -> tuple[int, int, int]:
        candidate = entry.candidate
        place = sections.index(candidate.place)
        with_first = place == 0 and candidate.block.span == first.block.span
        return (0 if with_first else 1, place, candidate.span.start)

    return sorted(chosen, key=key)


__all__ = ["ExtractiveComposer", "Limits", "Rules", "Scored", "Weights"]
