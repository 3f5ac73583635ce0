"""From a question as read to what is said: whole, or part by part where the message asks several things."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from medqa.answering.citations import without_repeats
from medqa.answering.extractive import ExtractiveComposer
from medqa.ports import PassageIndex
from medqa.retrieval.parts import Part
from medqa.types import Answer, CitedSentence, Hit, InterpretedQuery, NoAnswer

MOST_OF_A_PART = 3
"""Sentences for each of several questions; a list with its lead-in counts as one."""


@dataclass(frozen=True, slots=True)
class Composed:
    """What was composed, from which passages; `found` and `missing` are the parts of the message in the person's
    words, both empty where it was read whole."""

    answer: Answer | NoAnswer
    hits: tuple[Hit, ...]
    found: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Composing:
    """`search` gives the passages for a query; `understand` reads a text; `judge` has the last word on an answer."""

    composer: ExtractiveComposer
    search: Callable[[InterpretedQuery], tuple[Hit, ...]]
    understand: Callable[[str], InterpretedQuery]
    judge: Callable[[InterpretedQuery, tuple[Hit, ...], Answer], Answer | NoAnswer] | None = None

    def answer(self, query: InterpretedQuery, parts: Sequence[Part], index: PassageIndex) -> Composed:
        """Each part answered by itself, in the order in which they were asked. Where there are no parts, or none of
        them is answered, the message as a whole."""
        return (self._by_part(parts, index) if parts else None) or self._whole(query, index)

    def _whole(self, query: InterpretedQuery, index: PassageIndex) -> Composed:
        hits = self.search(query)
        answer = self.composer.compose(query, hits, index)
        if self.judge is not None and isinstance(answer, Answer):
            answer = self.judge(query, hits, answer)
        return Composed(answer, hits)

    def _by_part(self, parts: Sequence[Part], index: PassageIndex) -> Composed | None:
        each = [(part, self._whole(self.understand(part.text), index)) for part in parts]
        answered = [(part, c, c.answer) for part, c in each if isinstance(c.answer, Answer)]
        if not answered:
            return None
        hits = tuple(dict.fromkeys(hit for _, c in each for hit in c.hits))
        sentences: list[CitedSentence] = []
        for _, _, answer in answered:
            sentences += _first(answer.sentences) if len(parts) > 1 else answer.sentences
        least = min((answer.evidence for _, _, answer in answered if answer.evidence is not None), default=None)
        composed = replace(answered[0][2], sentences=tuple(without_repeats(sentences)), evidence=least)
        found = tuple(part.words for part, _, _ in answered) if len(parts) > 1 else ()
        missing = tuple(part.words for part, c in each if not isinstance(c.answer, Answer))
        return Composed(composed, hits, found, missing)


def _first(sentences: Sequence[CitedSentence]) -> list[CitedSentence]:
    """The first `MOST_OF_A_PART` things said."""
    kept: list[CitedSentence] = []
    said = 0
    for sentence in sentences:
        said += not sentence.list_item
        if said > MOST_OF_A_PART:
            break
        kept.append(sentence)
    return kept
