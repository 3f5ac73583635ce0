"""Gold quotes survive re-chunking and moved text, and complain when they no longer stand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medqa.errors import ArticleNotFoundError, InputFileError
from medqa.evaluation.gold import Level, QuoteMissingError, locate, refuse_broken, resolve
from medqa.evaluation.questions import Gold, Question
from medqa.index.store import Place
from medqa.types import ChunkId, Document, Span
from tests.builders import Para, Part, article

WORDS = article(
    [
        Part("Uses", [Para(["Relaxol loosens muscles.", "It takes an hour."])]),
        Part("Risks", [Para(["It takes an hour.", "Relaxol makes you sleepy."])]),
    ],
    id="relaxol",
)


def place(name: str, docid: str, span: Span, article_id: str = "relaxol") -> Place:
    return Place(ChunkId(name), WORDS.id if article_id == "relaxol" else type(WORDS.id)(article_id), docid, span)


def find(article_id: str) -> Document:
    if article_id != "relaxol":
        raise ArticleNotFoundError(f"No article {article_id!r} is in the index.")
    return WORDS


def test_offsets_that_hold_the_quote_are_taken() -> None:
    second = WORDS.text.rindex("It takes an hour.")
    gold = Gold("relaxol", "It takes an hour.", section_id="s0", start=second, end=second + 17)
    assert locate(gold, WORDS) == Span(second, second + 17)


def test_without_offsets_the_section_decides_between_two_places() -> None:
    for section in WORDS.sections:
        found = locate(Gold("relaxol", "It takes an hour.", section_id=section.id), WORDS)
        assert section.span.covers(found)


def test_text_that_moved_is_found_again_and_counted() -> None:
    quote = "Relaxol makes you sleepy."
    question = Question("q", "?", gold=(Gold("relaxol", quote, 2, "s1", start=3, end=3 + len(quote)),))
    labels = resolve([question], [], find)
    ((_, span, grade),) = labels.spans["q"]
    assert (span.of(WORDS.text), grade, labels.moved) == (quote, 2, 1)


def test_other_white_space_is_no_other_quote() -> None:
    span = locate(Gold("relaxol", "Relaxol  loosens\nmuscles."), WORDS)
    assert span.of(WORDS.text) == "Relaxol loosens muscles."


def test_a_quote_that_no_longer_stands_names_its_question() -> None:
    with pytest.raises(QuoteMissingError, match="does not stand in article 'relaxol'"):
        locate(Gold("relaxol", "Relaxol cures."), WORDS)
    questions = [
        Question("q7", "?", gold=(Gold("relaxol", "Relaxol cures."),), place="set.jsonl:7"),
        Question("q8", "?", gold=(Gold("gone", "Anything."),), place="set.jsonl:8"),
    ]
    labels = resolve(questions, [], find)
    assert [b.question_id for b in labels.broken] == ["q7", "q8"]
    assert labels.grades[Level.SECTION] == {"q7": {}, "q8": {}}
    with pytest.raises(InputFileError, match=r"set\.jsonl:7: question 'q7'.*'Relaxol cures\.'.*q8.*'gone'"):
        refuse_broken(labels.broken)


def test_a_passage_is_relevant_when_it_overlaps_a_gold_span() -> None:
    start = WORDS.text.index("It takes")
    places = [
        place("before", "relaxol#s0", Span(start - 5, start)),
        place("one-character", "relaxol#s0", Span(start - 5, start + 1)),
        place("last-character", "relaxol#s0", Span(start + 16, start + 40)),
        place("after", "relaxol#s0", Span(start + 17, start + 40)),
        place("elsewhere", "other#s0", Span(start, start + 5), "other"),
    ]
    question = Question("q", "?", gold=(Gold("relaxol", "It takes an hour.", 2, "s0"),))
    grades = resolve([question], places, find).grades
    assert grades[Level.PASSAGE]["q"] == {"one-character": 2, "last-character": 2}
    assert grades[Level.SECTION]["q"] == {"relaxol#s0": 2}
    assert grades[Level.ARTICLE]["q"] == {"relaxol": 2}


def test_the_greatest_grade_counts() -> None:
    golds = (Gold("relaxol", "Relaxol loosens muscles.", 1, "s0"), Gold("relaxol", "It takes an hour.", 3, "s0"))
    grades = resolve([Question("q", "?", gold=golds)], [place("p", "relaxol#s0", WORDS.sections[0].span)], find).grades
    assert {level: next(iter(grades[level]["q"].values())) for level in Level} == dict.fromkeys(Level, 3)


def test_labelled_sections_make_their_passages_and_article_relevant() -> None:
    places = [place("a", "sec-1", Span(0, 5)), place("b", "sec-1", Span(5, 9)), place("c", "sec-2", Span(9, 12))]
    labels = resolve([Question("q", "?", relevant={"sec-1": 2, "lost": 1})], places, find)
    assert labels.grades[Level.PASSAGE]["q"] == {"a": 2, "b": 2}
    assert labels.grades[Level.ARTICLE]["q"] == {"relaxol": 2}
    assert labels.grades[Level.SECTION]["q"] == {"sec-1": 2, "lost": 1}
    assert labels.unknown == ("lost",)


@given(st.data())
def test_any_piece_of_the_text_is_found_whatever_the_offsets_say(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(WORDS.text) - 2))
    end = data.draw(st.integers(start + 1, len(WORDS.text)))
    quote = WORDS.text[start:end]
    said = data.draw(st.none() | st.integers(0, len(WORDS.text)))
    assert locate(Gold("relaxol", quote, start=said), WORDS).of(WORDS.text) == quote


@given(st.lists(st.integers(1, 30), min_size=1, max_size=12))
def test_whatever_the_chunking_some_passage_is_relevant(lengths: list[int]) -> None:
    """Passages that tile the text: the gold quote always falls into at least one of them."""
    places, at = [], 0
    while at < len(WORDS.text):
        length = lengths[len(places) % len(lengths)]
        places.append(place(f"p{len(places)}", "relaxol#s", Span(at, min(at + length, len(WORDS.text)))))
        at += length
    quote = "Relaxol makes you sleepy."
    relevant = resolve([Question("q", "?", gold=(Gold("relaxol", quote),))], places, find).grades[Level.PASSAGE]["q"]
    text = "".join(p.span.of(WORDS.text) for p in places if p.chunk_id in relevant)
    assert quote in text
