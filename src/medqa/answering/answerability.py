"""Does the answer answer? How sure it is that the articles hold what was asked, from signals that can be named.

* how well the best sentence fits (the composer's own score),
* how near the nearest passage is to the question,
* whether each word that says what is asked has a counterpart in the sentences that would be quoted: compared by the
  vectors of words in their company, so that "tummy" finds "stomach". A question about the color of a tablet is near
  many sentences on the tablet; none of them has anything for "color".

A logistic model makes one figure of them. Its weights were learnt on development questions that the library answers
and does not answer (``answerability.toml`` says which, benchmarks/answerability.py learns them anew); the offset is
such that one half is where eight in a hundred of the answerable ones lie below.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, fields, replace
from functools import cache
from importlib.resources import files
from math import exp

from medqa.answering.wording import content_stems
from medqa.errors import ConfigError
from medqa.ports import WordMatcher
from medqa.types import Answer, Hit, InterpretedQuery, NoAnswer

WORTH_JUDGING = 0.2
"""Where the composer scores its best sentence below this there is nothing to judge."""
LONG_WORDS = 25
"""Of a longer message only the sentences that ask are held against the answer."""
UNSAID_COSINE = 0.35
MOST_NAMED = 3
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_ASKS = re.compile(
    r"\?|^(?:what|how|why|when|where|which|who|can|could|is|are|does|do|did|will|would|should|has|have|am|any|may)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known of an answer; also the weights of each. `nearest` is the cosine of the nearest passage;
    `unsaid` sums what every word lacks to a cosine of 1, `said` is the mean of the words' cosines."""

    evidence: float
    nearest: float
    unsaid: float
    said: float


@dataclass(frozen=True, slots=True)
class Weights:
    signals: Signals
    offset: float


class Answerability:
    """Judges answers. `without_medicines` puts "it" for every medicine of a text: that the right one is spoken of, the
    composer saw to."""

    def __init__(
        self, matcher: WordMatcher, without_medicines: Callable[[str], str], weights: Weights | None = None
    ) -> None:
        self._matcher = matcher
        self._without_medicines = without_medicines
        self._weights = weights or shipped_weights()

    def judged(
        self, query: InterpretedQuery, hits: Sequence[Hit], composed: Answer, least_sure: float
    ) -> Answer | NoAnswer:
        """`composed` with how sure it is as its evidence, or `NoAnswer` below `least_sure` with the words that nothing
        was found for."""
        signals, unsaid = self.signals(query, hits, composed)
        sure = sureness(signals, self._weights)
        if sure >= least_sure:
            return replace(composed, evidence=sure)
        named = ", ".join(unsaid[:MOST_NAMED])
        about = f"; nothing in it about: {named}" if named else ""
        return NoAnswer(f"what was found answers with {sure:.2f}, below {least_sure:.2f}{about}", evidence=sure)

    def signals(
        self, query: InterpretedQuery, hits: Sequence[Hit], composed: Answer
    ) -> tuple[Signals, tuple[str, ...]]:
        """The signals, and the words of the question that the answer has nothing for, least said first."""
        asked = self._without_medicines(asking(query.text))
        words = [
            (match.cosine, asked[match.start : match.end])
            for match in self._matcher.match_words(asked, _reading(composed))
            if content_stems(asked[match.start : match.end], subjects=query.conditions)
        ]
        words.sort()
        cosines = [cosine for cosine, _ in words] or [1.0]
        signals = Signals(
            evidence=composed.evidence or 0.0,
            nearest=max((hit.scores.dense.score for hit in hits if hit.scores.dense), default=0.0),
            unsaid=sum(1.0 - cosine for cosine in cosines),
            said=sum(cosines) / len(cosines),
        )
        return signals, tuple(dict.fromkeys(word for cosine, word in words if cosine < UNSAID_COSINE))


def sureness(signals: Signals, weights: Weights) -> float:
    """In (0, 1), rising with the chance that the answer answers."""
    total = weights.offset + sum(w * s for w, s in zip(astuple(weights.signals), astuple(signals), strict=True))
    return 1.0 / (1.0 + exp(-min(max(total, -30.0), 30.0)))


def asking(message: str) -> str:
    """The sentences of a long message that ask; a short one as it is."""
    if len(message.split()) <= LONG_WORDS:
        return message
    asks = [sentence for sentence in _SENTENCE.split(message) if _ASKS.search(sentence)]
    return " ".join(asks) if asks else message


@cache
def shipped_weights() -> Weights:
    """The weights that ship with medqa. Raises `ConfigError` when the file is not whole."""
    try:
        data = tomllib.loads(files("medqa.answering").joinpath("answerability.toml").read_text("utf-8"))
        signals = Signals(**{field.name: float(data["weights"][field.name]) for field in fields(Signals)})
        return Weights(signals, float(data["offset"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"The file answerability.toml of medqa cannot be read: {error!r}.") from error


def _reading(answer: Answer) -> str:
    """The first article's headings and what is quoted of it."""
    first = answer.citations[0]
    quoted = [c.quote for s in answer.sentences for c in s.citations if c.document_id == first.document_id]
    head = f"{first.title} > {first.section}" if first.section else first.title
    return head + "\n" + " ".join(dict.fromkeys(quoted))
