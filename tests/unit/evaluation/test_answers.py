"""Marks of an answer, worked by hand over invented articles."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medqa.errors import InputFileError
from medqa.evaluation.answers import mark, redundancy
from medqa.evaluation.asking import Asked
from medqa.evaluation.questions import Gold, Question, read_questions
from medqa.types import (
    NO_SAFETY_CONCERN,
    Abstained,
    Answer,
    Answered,
    ArticleId,
    Citation,
    CitedSentence,
    Document,
    Reply,
    SectionId,
    Span,
)
from tests.builders import Para, Part, article

ARTICLE = article(
    [
        Part("Uses", [Para(["Relaxol loosens tight muscles.", "It takes an hour."])]),
        Part("Risks", [Para(["Relaxol makes you sleepy."])]),
    ],
    id="relaxol",
)
COMMON = {"question": "q", "interpreted_question": "q", "safety": NO_SAFETY_CONCERN, "disclaimer": "d"}
GOLD = {"relaxol#s0": 2}


def document(article_id: str) -> Document:
    assert article_id == "relaxol"
    return ARTICLE


def sentence(quote: str, section: str, *, moved: int = 0, text: str = "", context: str | None = None) -> CitedSentence:
    start = ARTICLE.text.index(quote) + moved
    cited = Citation(
        ArticleId("relaxol"), "Relaxol", SectionId(section), "", Span(start, start + len(quote)), quote, "", None, False
    )
    return CitedSentence(text or quote, (cited,), context=context)


def answered(*sentences: CitedSentence) -> Reply:
    return Answered(**COMMON, answer=Answer(sentences))


def question(**fields: object) -> Question:
    return Question("q", "what is it for?", gold=(Gold("relaxol", "It takes an hour."),), **fields)  # type: ignore[arg-type]


def test_a_good_answer() -> None:
    reply = answered(sentence("Relaxol loosens tight muscles.", "s0"), sentence("It takes an hour.", "s0"))
    found = mark(question(key_facts=("muscle", "hour|minute")), Asked("q", reply), GOLD, document)
    ones = ("answered", "key-facts", "all-key-facts", "gold-cited", "first-cited", "citation-precision")
    assert {found.values[name] for name in (*ones, "quotes-exact", "from-quotes")} == {1.0}
    assert (found.words, found.missing, found.values["redundancy"]) == (8, (), 0.0)
    # 8 words in 2 sentences, 12 syllables: .39 * 4 + 11.8 * 12 / 8 - 15.59
    assert found.grade == pytest.approx(0.39 * 4 + 11.8 * 12 / 8 - 15.59, abs=1.5)


def test_what_is_missing_and_what_is_from_elsewhere() -> None:
    reply = answered(sentence("Relaxol makes you sleepy.", "s1"), sentence("It takes an hour.", "s0"))
    found = mark(question(key_facts=("muscle", "HOUR"), must_not=("sleepy",)), Asked("q", reply), GOLD, document)
    assert (found.values["key-facts"], found.missing) == (0.5, ("muscle",))
    assert (found.values["all-key-facts"], found.values["must-not"], found.forbidden) == (0.0, 1.0, ("sleepy",))
    assert (found.values["gold-cited"], found.values["first-cited"]) == (1.0, 0.0)
    assert found.values["citation-precision"] == 0.5
    assert dict(found.cited) == {("relaxol", "s1"): False, ("relaxol", "s0"): True}
    allowed = mark(question(may_cite=("relaxol#s1",)), Asked("q", reply), GOLD, document)
    assert allowed.values["citation-precision"] == 1.0
    assert allowed.values["first-cited"] == 0.0


def test_a_fact_may_stand_in_the_context() -> None:
    reply = answered(sentence("It takes an hour.", "s0", context="Relaxol"))
    assert mark(question(key_facts=("relaxol.*hour",)), Asked("q", reply), GOLD, document).missing == ()


def test_a_quote_that_does_not_stand_there_is_seen() -> None:
    reply = answered(
        sentence("It takes an hour.", "s0", moved=1), sentence("It takes an hour.", "s0", text="Two hours.")
    )
    values = mark(question(), Asked("q", reply), GOLD, document).values
    assert (values["quotes-exact"], values["from-quotes"]) == (0.5, 0.5)


def test_no_answer_where_there_is_one_loses_every_fact() -> None:
    for reply in (Abstained(**COMMON, message="no"), None):
        found = mark(question(key_facts=("muscle",)), Asked("q", reply), GOLD, document)
        assert set(found.values.values()) == {0.0}
        assert found.missing == ("muscle",)
        assert "citation-precision" not in found.values


def test_an_unanswerable_question_is_only_about_silence() -> None:
    nothing = Question("q", "?", answerable=False)
    assert mark(nothing, Asked("q", Abstained(**COMMON, message="no")), {}, document).values == {"caught": 1.0}
    values = mark(nothing, Asked("q", answered(sentence("It takes an hour.", "s0"))), {}, document).values
    assert values["caught"] == 0.0
    assert "answered" not in values


def test_redundancy_by_hand() -> None:
    # runs of three: abc bcd | abc bcd cde: two of five were said before
    assert redundancy(["a b c d", "A b, c d e"]) == pytest.approx(2 / 5)
    assert redundancy(["one two", "one two"]) == 0.0


@given(st.lists(st.text("abc ", max_size=20), max_size=6))
def test_saying_it_all_again_is_never_less_redundant(sentences: list[str]) -> None:
    once = redundancy(sentences)
    assert 0.0 <= once < 1.0
    assert redundancy(sentences * 2) >= once


def test_patterns_are_checked_when_they_are_read(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    path.write_text('{"id": "q", "question": "?", "relevant": {"s": 1}, "key_facts": ["(open"]}', encoding="utf-8")
    with pytest.raises(InputFileError, match=r"set\.jsonl:1: '\(open' is not a regular expression"):
        read_questions([path])
