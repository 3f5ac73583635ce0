"""Replies out of what was composed and reviewed: an answer, or that there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from medqa.conversation import is_small_talk
from medqa.engine.composing import Composed
from medqa.engine.suggestions import nearest_topics, next_questions
from medqa.index import IndexView
from medqa.safety.policy import abstention_message, disclaimer, small_talk_message
from medqa.types import (
    Abstained,
    Answer,
    Answered,
    Conflict,
    InterpretedQuery,
    NoAnswer,
    SafetyVerdict,
    SafetyWarning,
    Trace,
    Turn,
)


@dataclass(frozen=True, slots=True)
class Replying:
    """What every reply to one message carries. `interpreted` is the question as the person is told it was read."""

    question: str
    interpreted: str
    query: InterpretedQuery
    history: Sequence[Turn]
    safety: SafetyVerdict
    region: str
    index: IndexView
    timings: Mapping[str, float]

    def abstained(
        self,
        made: Composed,
        why: NoAnswer,
        notes: Sequence[str],
        warnings: tuple[SafetyWarning, ...],
        *,
        by_vector: bool,
    ) -> Abstained:
        """That nothing was found, with the nearest topics; a kind word where nothing was asked."""
        chat = is_small_talk(self.question)
        return Abstained(
            question=self.question,
            interpreted_question=self.interpreted,
            safety=self.safety,
            disclaimer=disclaimer(self.region),
            warnings=warnings,
            message=(small_talk_message if chat else abstention_message)(self.region),
            nearest=() if chat else nearest_topics(made.hits, self.index, by_vector=by_vector),
            trace=Trace(dict(self.timings), made.hits, (*notes, why.reason), why.evidence),
            index=self.index.info,
        )

    def answered(
        self,
        made: Composed,
        answer: Answer,
        notes: Sequence[str],
        warnings: tuple[SafetyWarning, ...],
        conflicts: tuple[Conflict, ...],
    ) -> Answered:
        """`answer` is the one to show; what to ask next goes by it."""
        return Answered(
            question=self.question,
            interpreted_question=self.interpreted,
            safety=self.safety,
            disclaimer=disclaimer(self.region),
            warnings=warnings,
            answer=answer,
            conflicts=conflicts,
            answered_parts=made.found,
            partly=made.missing,
            suggestions=next_questions(
                answer,
                self.index,
                asked=self.query.text,
                about=(*self.query.medicines, *self.query.conditions),
                before=[turn.content for turn in self.history if turn.role == "user"],
            ),
            trace=Trace(dict(self.timings), made.hits, tuple(notes), answer.evidence),
            index=self.index.info,
        )
