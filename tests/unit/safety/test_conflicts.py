"""Passages that do not agree are found; passages that do, or that speak of different things, never are."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medqa.corpus import read_corpus
from medqa.knowledge.assertions import assertions_of, disagree
from medqa.knowledge.facts import all_facts
from medqa.safety.conflicts import Judge, _disagree, _Statement, _whole, conflicts_of
from medqa.testing import MemoryIndex, WordEmbedder
from medqa.types import (
    Answer,
    Chunk,
    ChunkId,
    Citation,
    CitedSentence,
    Conflict,
    Document,
    Hit,
    HitScores,
    Span,
)
from tests.builders import Bullets, Para, Part, article

CORPUS = Path(__file__).parents[3] / "corpus"
JUDGE = Judge(may_quote=lambda _: True, is_overdue=lambda _: False)

DIFFERENT = [
    ("Relaxol can be taken with alcohol.", "Do not drink alcohol with relaxol."),
    ("Relaxol is safe with alcohol.", "Relaxol should not be taken with alcohol."),
    ("Relaxol does not interact with alcohol.", "Avoid beer and wine while taking relaxol."),
    ("The maximum dose of relaxol is 80 mg a day.", "Do not take more than 40 mg of relaxol a day."),
    ("Adults can take up to 1 g of relaxol per day.", "The highest daily dose of relaxol is 600 mg."),
    ("Take no more than six relaxol tablets in 24 hours.", "Take at most 4 relaxol tablets in 24 hours."),
    ("Use relaxol for no more than two weeks.", "Relaxol may be used for up to six months."),
    ("Relaxol is not for children under 12.", "Relaxol can be given to children aged 6 and older."),
    ("Relaxol is safe for children.", "Do not give relaxol to children."),
    ("Take relaxol with food.", "Take relaxol on an empty stomach."),
    ("Wait at least 4 hours between doses of relaxol.", "Wait 8 hours before the next dose of relaxol."),
    ("Relaxol starts to work within 30 minutes.", "Relaxol takes two weeks to work."),
    ("You can drive while taking relaxol.", "Do not drive while taking relaxol."),
    ("Relaxol is safe in pregnancy.", "Relaxol must not be used in pregnancy."),
    ("Relaxol is safe while breastfeeding.", "Do not take relaxol while breastfeeding."),
    ("Relaxol can be stopped at any time.", "Do not stop relaxol suddenly."),
    ("Relaxol is an opioid.", "Relaxol is not an opioid."),
    ("Relaxol is a controlled substance.", "Relaxol is not a controlled substance."),
    ("Relaxol is sold over the counter.", "Relaxol requires a prescription."),
    ("Relaxol tablets can be crushed.", "Never crush relaxol tablets."),
    ("Take a double dose of relaxol after a missed one.", "Never take a double dose of relaxol."),
    ("Relaxol makes people sleepy.", "Relaxol does not make people sleepy."),
    ("Relaxol causes weight gain.", "Relaxol does not cause weight gain."),
    ("Relaxol raises blood pressure.", "Relaxol lowers blood pressure."),
    ("Relaxol helps nerve pain.", "Relaxol does not help nerve pain."),
    ("Relaxol is safe with milk.", "Relaxol is dangerous with milk."),
    ("Relaxol turns urine orange.", "Relaxol never turns urine orange."),
    ("Start with 5 mg of relaxol.", "The starting dose is 20 mg of relaxol."),
    ("The effect of relaxol lasts 4 hours.", "The effect of relaxol lasts 12 hours."),
    ("Baclofen turns urine orange.", "Lioresal does not turn urine orange."),
    ("TENS helps knee pain.", "TENS does not help knee pain."),
]
ALIKE = [
    ("Relaxol can be taken with alcohol.", "Relaxol is safe with alcohol."),
    ("Do not drink alcohol with relaxol.", "Ask before you drink alcohol with relaxol."),
    ("Do not drink alcohol with relaxol.", "Most people can drink a little wine with relaxol."),
    ("Do not drink alcohol with relaxol.", "Tranquilin can be taken with alcohol."),
    ("Do not drive while taking relaxol.", "You can drive when relaxol does not make you sleepy."),
    ("The maximum dose of relaxol is 80 mg a day.", "Do not take more than 80 mg of relaxol a day."),
    ("The maximum dose of relaxol is 80 mg a day.", "The maximum dose of extended-release relaxol is 40 mg a day."),
    ("The maximum dose of relaxol is 80 mg a day.", "Older people take at most 40 mg of relaxol a day."),
    ("The maximum dose of relaxol is 80 mg a day.", "The maximum dose of tranquilin is 40 mg a day."),
    ("The maximum dose of relaxol is 80 mg a day.", "Start with 5 mg of relaxol a day."),
    ("The maximum is 1 g of relaxol a day.", "Take no more than 1,000 mg of relaxol a day."),
    ("Relaxol can be used for up to 2 weeks.", "Do not use relaxol for more than 14 days."),
    ("Use relaxol for no more than two weeks.", "Relaxol patches can be used for up to six months."),
    ("Relaxol is not for children under 12.", "Relaxol can be given to children aged 12 and older."),
    ("Relaxol starts to work within 30 minutes.", "Relaxol takes 30 to 60 minutes to work."),
    ("Relaxol starts to work within 30 minutes.", "Relaxol reaches its full effect in two weeks."),
    ("Do not stop relaxol suddenly.", "Stopping relaxol suddenly causes fever."),
    ("Do not stop relaxol suddenly.", "Relaxol can be stopped slowly."),
    ("Relaxol is safe in pregnancy.", "Do not take relaxol in the third trimester."),
    ("Relaxol is safe while breastfeeding.", "Relaxol must not be used in pregnancy."),
    ("Relaxol tablets can be crushed.", "Never crush extended-release relaxol."),
    ("Relaxol causes weight gain.", "Relaxol does not cause weight gain if you eat less."),
    ("Relaxol causes weight gain.", "Relaxol does not cause weight loss."),
    ("Relaxol helps nerve pain.", "Relaxol does not help back pain."),
    ("Relaxol helps nerve pain.", "Relaxol does not always help nerve pain."),
    ("Relaxol helps nerve pain.", "It is not clear that relaxol helps nerve pain."),
    ("Relaxol raises blood pressure.", "Relaxol lowers blood sugar."),
    ("Take relaxol with food.", "Take relaxol with water."),
    ("Wait 4 hours between doses of relaxol.", "Take relaxol 2 hours before another antacid."),
    ("Baclofen is not an opioid.", "Tramadol is an opioid."),
    ("NSAIDs raise blood pressure.", "Acetaminophen does not raise blood pressure."),
    ("Is relaxol an opioid?", "Relaxol is not an opioid."),
]


def document(sentence: str, id: str, title: str = "Notes", *, listed: bool = False, lead_in: str = "") -> Document:
    content: list[Para | Bullets] = [Para([lead_in])] if lead_in else []
    content.append(Bullets([[sentence]], has_lead_in=bool(lead_in)) if listed else Para([sentence]))
    return article([Part("What to know", content)], title=title, id=id)


def statement(doc: Document) -> _Statement:
    return _Statement(doc, doc.sections[0], doc.sections[0].blocks[-1].sentences[-1])


def cited(one: _Statement) -> Answer:
    citation = one.cite(JUDGE)
    return Answer((CitedSentence(citation.quote, (citation,)),))


def found(quoted: Document, *others: Document, judge: Judge = JUDGE) -> tuple[Conflict, ...]:
    """The conflicts of an answer that quotes the last sentence of `quoted`, all passages found."""
    documents = [quoted, *others]
    chunks = [
        Chunk(ChunkId(f"{d.id}-0"), d.id, s.id, s.docid, s.span, (d.title,), s.span.of(d.text))
        for d in documents
        for s in d.sections
    ]
    index = MemoryIndex(documents, chunks, WordEmbedder())
    hits = [Hit(c, "", rank, 1.0 / rank, "dense", HitScores()) for rank, c in enumerate(chunks, start=1)]
    return conflicts_of(cited(statement(quoted)), hits, index, judge)


@pytest.mark.parametrize("pair", DIFFERENT, ids=lambda pair: pair[0])
def test_two_articles_that_disagree_are_shown_with_both_sources(pair: tuple[str, str]) -> None:
    for first, second in (pair, pair[::-1]):
        (conflict,) = found(document(first, "one", "First notes"), document(second, "two", "Second notes"))
        assert [c.document_id for c in conflict.citations] == ["one", "two"]
        assert [c.quote for c in conflict.citations] == [first, second]
        for said in (first, second, "First notes", "Second notes", "label", "pharmacist"):
            assert said in conflict.text


@pytest.mark.parametrize("pair", ALIKE, ids=lambda pair: pair[0] + pair[1])
def test_what_agrees_or_speaks_of_something_else_is_no_conflict(pair: tuple[str, str]) -> None:
    for first, second in (pair, pair[::-1]):
        assert found(document(first, "one"), document(second, "two")) == ()


def test_the_subject_may_stand_in_the_heading_or_the_title() -> None:
    other = document("Relaxol does not cause weight gain.", "two")
    assert found(document("It causes weight gain.", "one", "Relaxol"), other)
    assert not found(document("It causes weight gain.", "one", "Tranquilin"), other)


def test_one_article_does_not_disagree_with_itself() -> None:
    doc = article([Part("What to know", [Para(["Relaxol is an opioid.", "Relaxol is not an opioid."])])], id="one")
    assert found(doc) == ()


def test_an_item_of_a_list_speaks_with_its_lead_in() -> None:
    other = document("Relaxol is safe with milk.", "two")
    assert not found(document("Relaxol is dangerous with milk.", "one", listed=True, lead_in="Never believe:"), other)
    assert found(document("Relaxol is dangerous with milk.", "one", listed=True, lead_in="What is known:"), other)


def test_what_may_not_be_quoted_is_no_side() -> None:
    first, second = (
        document("Relaxol causes weight gain.", "one"),
        document("Relaxol does not cause weight gain.", "two"),
    )
    assert not found(first, second, judge=Judge(lambda d: d.id != "two", lambda _: False))
    claim = document("Relaxol has no side effects.", "two")
    assert not found(document("Relaxol has side effects.", "one"), claim), "an absolute claim is never quoted"
    claim = document("Relaxol is not addictive.", "two")
    assert not found(document("Relaxol is addictive.", "one"), claim)
    denial = document("You can stop baclofen at any time.", "two")
    assert not found(document("Do not stop baclofen suddenly.", "one"), denial), "nor what denies a fact"


def test_an_overdue_review_is_marked_on_the_other_side_too() -> None:
    judge = Judge(lambda _: True, lambda d: d.id == "two")
    (conflict,) = found(
        document("Relaxol is an opioid.", "one"), document("Relaxol is not an opioid.", "two"), judge=judge
    )
    assert [c.review_overdue for c in conflict.citations] == [False, True]


@pytest.mark.parametrize(
    ("sentence", "fact_id"),
    [
        ("You can stop baclofen at any time.", "baclofen-abrupt-stop"),
        ("It is fine to stop gabapentin at any time.", "gabapentin-abrupt-stop"),
        ("Adults can take up to 6,000 mg of acetaminophen a day.", "acetaminophen-ceiling"),
        ("Ibuprofen is safe throughout pregnancy.", "nsaid-pregnancy"),
        ("Tramadol is safe for young children.", "codeine-tramadol-children"),
    ],
)
def test_a_quote_that_denies_a_fact_is_shown_with_the_fact(sentence: str, fact_id: str) -> None:
    (conflict,) = found(document(sentence, "one", "First notes"))
    fact = next(fact for fact in all_facts() if fact.id == fact_id)
    assert conflict.fact_id == fact_id
    for said in (sentence, fact.text, fact.source):
        assert said in conflict.text
    assert [c.document_id for c in conflict.citations] == ["one"]


def test_no_two_statements_of_these_articles_disagree() -> None:
    documents = read_corpus([CORPUS], max_file_bytes=10_000_000).documents[::8]
    about: dict[frozenset[str], list[_Statement]] = defaultdict(list)
    for doc in documents:
        for section in doc.sections:
            for block in section.blocks:
                for span in block.sentences:
                    if _whole(block, span, doc.text) and (one := _Statement(doc, section, span)).assertions:
                        about[one.subjects].append(one)
    assert sum(map(len, about.values())) > 150, "they do assert something"
    assert [(a.text, b.text) for group in about.values() for a, b in combinations(group, 2) if _disagree(a, b)] == []


WORDS = ["relaxol", "alcohol", "do not", "never", "safe", "with", "take", "80 mg", "40 mg", "a day", "more than",
         "two weeks", "children", "under 12", "is", "opioid", "not", "causes", "pain", "6", "."]  # fmt: skip
ANY_SENTENCE = st.one_of(st.text(max_size=120), st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join))


@given(ANY_SENTENCE, ANY_SENTENCE)
@settings(max_examples=200, deadline=None)
def test_disagreeing_is_mutual_and_never_with_itself(one: str, other: str) -> None:
    names = {"relaxol"}
    for a in assertions_of(one):
        assert not any(disagree(a, b, names) for b in assertions_of(one) if type(a) is type(b) and a == b)
        for b in assertions_of(other):
            assert disagree(a, b, names) == disagree(b, a, names)


def test_a_citation_of_the_other_side_holds_its_place() -> None:
    other = document("Relaxol is not an opioid.", "two")
    (conflict,) = found(document("Relaxol is an opioid.", "one"), other)
    citation: Citation = conflict.citations[1]
    assert isinstance(citation.span, Span)
    assert citation.span.of(other.text) == citation.quote
