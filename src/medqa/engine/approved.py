"""Approved answers on their way: matched after the safety gate, before anything is searched for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

from medqa.answering.approved import Standing
from medqa.answering.approved_matching import ApprovedMatcher, Match
from medqa.knowledge.lexicon import Lexicon
from medqa.ports import Embedder
from medqa.retrieval.parts import Part
from medqa.state import ApprovedStore
from medqa.types import Answer, ApprovedAnswer, InterpretedQuery, NoAnswer

PERSONAL = frozenset({"personal-dose", "child-dose", "diagnosis"})
"""Intents of the safety gate that no approved answer is given to."""


class ApprovedAnswers:
    """`questions` reads questions. The wordings are read again only when the store has changed."""

    def __init__(self, store: ApprovedStore, questions: Embedder, lexicon: Lexicon) -> None:
        self._store = store
        self._questions = questions
        self._lexicon = lexicon
        self._lock = threading.Lock()
        self._read: tuple[ApprovedAnswer, ...] = ()
        self._matcher = ApprovedMatcher((), questions.encode_query, lexicon)

    def answer(
        self, query: InterpretedQuery, parts: Sequence[Part], standing: Callable[[], Standing]
    ) -> tuple[Answer | None, str]:
        """The approved answer to the question with a note for the trace; None where there is none, or where it may not
        be given today."""
        found = self.nearest(query, parts)
        if not found or not found[0].holds:
            return None, ""
        match = found[0]
        made = standing().answer(match.approved)
        if isinstance(made, NoAnswer):
            return None, made.reason
        return made, f"approved answer {match.approved.approval.id}, cosine {match.cosine:.2f} with {match.wording!r}"

    def nearest(self, query: InterpretedQuery, parts: Sequence[Part], n: int = 1) -> tuple[Match, ...]:
        """The nearest approved answers, those that hold first. For a message of several questions none holds."""
        approved = self._store.all()
        if not approved:
            return ()
        with self._lock:
            if approved is not self._read:
                self._matcher = ApprovedMatcher(approved, self._questions.encode_query, self._lexicon)
                self._read = approved
            matcher = self._matcher
        found = matcher.matches(query.text, parts[0].text if parts else query.text, n)
        return tuple(replace(m, differs=(*m.differs, "asks several things")) for m in found) if parts[1:] else found

    def close(self) -> None:
        self._store.close()
