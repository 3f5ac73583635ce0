"""An answer of quotations, reworded by a language model, sentence by checked sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from importlib.resources import files
from typing import Protocol

from rapidfuzz import fuzz

from medqa.answering.llm.checks import SentenceChecker
from medqa.answering.llm.pieces import Piece, pieces_of
from medqa.answering.llm.sources import Source, fenced, sources_of
from medqa.errors import LanguageModelError
from medqa.types import Answer, CitedSentence

REPEATED = 95.0
"""From this likeness on (rapidfuzz ratio, 0 to 100) a sentence repeats an earlier one."""
MAX_PIECES = 40
"""Pieces that are looked at of one response."""


class TextStream(Protocol):
    """What asks the model: pieces of its text, or `LanguageModelError`."""

    def stream(self, system: str, user: str) -> Iterable[str]: ...


@dataclass(slots=True)
class _Writing:
    """What has been said so far. `failed` counts the model's sentences by the check that they failed."""

    said: list[CitedSentence] = field(default_factory=list)
    used: set[int] = field(default_factory=set)
    passed: int = 0
    quoted: int = 0
    failed: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Reworded:
    """`answer` is the one to show; `note` says for the trace what became of the model's sentences."""

    answer: Answer
    note: str
    passed: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Rewording:
    """`name` becomes the answer's `generator`."""

    name: str
    model: TextStream
    checker: SentenceChecker

    def reword(
        self, question: str, answer: Answer, on_sentence: Callable[[CitedSentence], None] | None = None
    ) -> Reworded:
        """`answer` in the model's words where they pass every check, in its quotes elsewhere; what the model leaves
        unsaid is quoted at the end. Where the model fails, or nothing of it passes, `answer` as it is.

        `on_sentence` is called with each sentence once it is checked. Where the model fails later, what it was given
        holds good (every sentence was checked), but `answer` is what is returned.
        """
        sources = sources_of(answer)
        writing = _Writing()
        shown = on_sentence or (lambda sentence: None)
        try:
            for at, piece in enumerate(pieces_of(self.model.stream(system_prompt(), fenced(question, sources)))):
                if at >= MAX_PIECES:
                    raise LanguageModelError("The language model's response is too long.")
                before = len(writing.said)
                self._take(piece, sources, writing)
                for sentence in writing.said[before:]:
                    shown(sentence)
        except LanguageModelError as error:
            return Reworded(
                answer, f"quotations instead of {self.name}: {error.message}", failed=writing.failed.total()
            )
        if not writing.passed:
            why = _reasons(writing.failed) or "it wrote nothing"
            return Reworded(answer, f"quotations instead of {self.name}: {why}", failed=writing.failed.total())
        left = [s for n, source in enumerate(sources, 1) if n not in writing.used for s in source.sentences]
        for sentence in left:
            shown(sentence)
        total = writing.passed + writing.failed.total()
        note = f"{self.name}: {writing.passed} of {total} sentences passed their checks"
        if writing.failed:
            note += f"; {writing.quoted} replaced by the quote, {writing.failed.total() - writing.quoted} dropped"
            note += f" ({_reasons(writing.failed)})"
        if left:
            note += f"; {len(left)} left unsaid and quoted"
        made = replace(answer, sentences=(*writing.said, *left), generator=self.name)
        return Reworded(made, note, writing.passed, writing.failed.total())

    def _take(self, piece: Piece, sources: tuple[Source, ...], writing: _Writing) -> None:
        if not piece.numbers:
            writing.failed["no citation"] += 1
            return
        numbers = list(dict.fromkeys(piece.numbers))
        if len(numbers) > 1 or not 1 <= numbers[0] <= len(sources):
            writing.failed["citation"] += 1
            return
        number = numbers[0]
        source = sources[number - 1]
        if any(fuzz.ratio(piece.text.lower(), old.text.lower()) >= REPEATED for old in writing.said):
            writing.failed["repeated"] += 1
            return
        check = self.checker.check(piece.text, source.text)
        if check.passed:
            writing.passed += 1
            writing.said.append(CitedSentence(piece.text, source.citations))
        else:
            writing.failed[check.reason] += 1
            if number in writing.used:
                return
            writing.quoted += 1
            writing.said += source.sentences
        writing.used.add(number)


def system_prompt() -> str:
    """What the model is told before every question."""
    return (files("medqa.answering.llm") / "system.md").read_text(encoding="utf-8")


def _reasons(failed: Counter[str]) -> str:
    return ", ".join(f"{reason} {count}" for reason, count in sorted(failed.items()))
