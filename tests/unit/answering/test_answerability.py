"""How sure an answer is: worked by hand, rising with its evidence, and refused with the words that nothing was found
for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, fields, replace
from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medqa.answering.answerability import Answerability, Signals, Weights, asking, shipped_weights, sureness
from medqa.ports import WordMatch
from medqa.types import (
    Answer,
    ArticleId,
    Chunk,
    ChunkId,
    Citation,
    CitedSentence,
    Hit,
    HitScores,
    InterpretedQuery,
    NoAnswer,
    SectionId,
    Span,
    StageScore,
)

ZERO = Signals(0.0, 0.0, 0.0, 0.0)
QUOTE = "Swallow the tablet whole."


class SharedLetters:
    """A `WordMatcher`: 1 for a word that the text holds, .5 for one with its first letter, else 0."""

    def match_words(self, question: str, text: str) -> Sequence[WordMatch]:
        said = text.lower().replace(".", " ").split()
        found, start = [], 0
        for word in question.split():
            start = question.index(word, start)
            same, near = word.lower() in said, any(w[0] == word[0].lower() for w in said)
            found.append(WordMatch(start, start + len(word), 1.0 if same else 0.5 if near else 0.0))
        return found


def answer(evidence: float | None = 0.5) -> Answer:
    citation = Citation(
        ArticleId("a"), "Relaxol", SectionId("taking"), "How to take it", Span(0, len(QUOTE)), QUOTE, "", None, False
    )
    return Answer((CitedSentence(QUOTE, (citation,)),), evidence=evidence)


def hit(article: str, cosine: float | None, score: float) -> Hit:
    chunk = Chunk(ChunkId(article), ArticleId(article), SectionId("s"), f"{article}#s", Span(0, 1), (), "x")
    dense = None if cosine is None else StageScore(cosine, 1)
    return Hit(chunk, article, 1, score, "fast", HitScores(dense=dense, rerank=StageScore(score, 1)))


HITS = (hit("a", 0.4, 9.0), hit("a", None, 8.0), hit("b", 0.6, 7.5))


def judge(weights: Weights | None = None) -> Answerability:
    return Answerability(SharedLetters(), lambda text: text.replace("relaxol", "it"), weights)


def test_signals_by_hand() -> None:
    """Of "what color has the relaxol tablet" only "color" (nothing begins with c) and "tablet" (said) count."""
    query = InterpretedQuery(original="", text="what color has the relaxol tablet")
    signals, unsaid = judge().signals(query, HITS, answer())
    assert signals == Signals(evidence=0.5, nearest=0.6, unsaid=1.0, said=0.5)
    assert unsaid == ("color",)


def test_without_words_of_its_own_a_question_lacks_nothing() -> None:
    query = InterpretedQuery(original="", text="is it")
    signals, unsaid = judge().signals(query, HITS[:2], answer(None))
    assert signals == Signals(evidence=0.0, nearest=0.4, unsaid=0.0, said=1.0)
    assert unsaid == ()


def test_below_the_line_it_says_what_was_not_found() -> None:
    query = InterpretedQuery(original="", text="what color has the tablet")
    weights = Weights(replace(ZERO, unsaid=-1.0), 0.5)  # 1 / (1 + e^0.5) = .378
    refused = judge(weights).judged(query, HITS, answer(), 0.5)
    assert isinstance(refused, NoAnswer)
    assert refused.reason == "what was found answers with 0.38, below 0.50; nothing in it about: color"
    assert refused.evidence == pytest.approx(1 / (1 + exp(0.5)))
    let_through = judge(weights).judged(query, HITS, answer(), 0.3)
    assert isinstance(let_through, Answer)
    assert let_through.sentences == answer().sentences
    assert let_through.evidence == refused.evidence


@given(st.lists(st.floats(-5, 5), min_size=4, max_size=4), st.floats(-50, 50), st.integers(0, 3), st.floats(0, 5))
def test_it_rises_with_every_signal_of_positive_weight(
    values: list[float], offset: float, which: int, more: float
) -> None:
    weights = Weights(replace(ZERO, **{fields(Signals)[which].name: 2.0}), offset)
    low = Signals(*values)
    high = Signals(*(v + more if i == which else v for i, v in enumerate(values)))
    assert 0.0 < sureness(low, weights) <= sureness(high, weights) < 1.0


def test_of_a_long_message_what_it_asks() -> None:
    told = "I have had back pain for years and my sister too, she lives far away and works in a bakery at night. "
    assert asking(told + "Can I take two? Thanks a lot for reading.") == "Can I take two?"
    assert asking("Two at once.") == "Two at once."
    assert asking(told * 2).strip() == (told * 2).strip()


def test_the_shipped_weights_are_whole() -> None:
    weights = shipped_weights()
    assert any(astuple(weights.signals))
