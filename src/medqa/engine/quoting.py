"""The gate after the answer for quotes that a person picks: the warnings and conflicts that must go with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from medqa.knowledge.lexicon import Lexicon
from medqa.ports import PassageIndex
from medqa.safety.conflicts import Judge, conflicts_of
from medqa.types import Answer, Citation, CitedSentence, Conflict, Hit, InterpretedQuery, SafetyWarning


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside quotes. `warnings` has each fact once, those that a quote contradicts first."""

    warnings: tuple[SafetyWarning, ...] = ()
    conflicts: tuple[Conflict, ...] = ()


@dataclass(frozen=True, slots=True)
class Quoting:
    """`understand` reads a text, `search` finds passages for one, `warn` is the engine's review of one (by the query,
    what is quoted, an article's title and the facts that are denied)."""

    index: PassageIndex
    judge: Judge
    understand: Callable[[str], InterpretedQuery]
    search: Callable[[InterpretedQuery], tuple[Hit, ...]]
    warn: Callable[[InterpretedQuery, str, str, Sequence[str]], tuple[SafetyWarning, ...]]

    def beside(self, question: str, quotes: Sequence[Citation]) -> Beside:
        """By the question, and by each quoted section with the medicines that its quotes name, alone and as asked.

        `quotes` are sentences, each once; the question may be empty or have no words. A fact that the quotes say
        themselves is left out where the fact allows it.
        """
        question = question if any(c.isalnum() for c in question) else ""
        asked = self.understand(question) if question else None
        hits = self.search(asked) if asked is not None and quotes else ()
        conflicts = self._conflicts(quotes, hits)
        denied = [conflict.fact_id for conflict in conflicts if conflict.fact_id]
        quoted = " ".join(quote.quote for quote in quotes)
        titles = tuple(dict.fromkeys(quote.title for quote in quotes))
        found = list(self.warn(asked, quoted, titles[0] if titles else "", denied)) if asked is not None else []
        for title, text in _subjects(quotes):
            for wording in (text, *((f"{question} {text}",) if question else ())):
                found += self.warn(self.understand(wording), quoted, title, denied)
        return Beside(tuple({warning.id: warning for warning in found}.values()), conflicts)

    def _conflicts(self, quotes: Sequence[Citation], hits: Sequence[Hit]) -> tuple[Conflict, ...]:
        if not quotes:
            return ()
        answer = Answer(tuple(CitedSentence(quote.quote, (quote,)) for quote in quotes), generator="desk", evidence=1.0)
        return conflicts_of(answer, hits, self.index, self.judge)


def _subjects(quotes: Sequence[Citation]) -> list[tuple[str, str]]:
    """Each quoted section as its article's title and what it is about: title, heading, medicines that are named."""
    said: dict[tuple[str, str], list[str]] = {}
    for quote in quotes:
        said.setdefault((quote.title, quote.section), []).append(quote.quote)
    lexicon = Lexicon.load()
    found = []
    for (title, section), texts in said.items():
        named = dict.fromkeys(mention.name for mention in lexicon.medicines_in(" ".join(texts)))
        found.append((title, " ".join((f"{title}: {section}", *named))))
    return found
