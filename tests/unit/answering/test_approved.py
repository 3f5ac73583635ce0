"""Who gets an approved answer: near enough, and about the same thing."""

from __future__ import annotations

from datetime import date

import pytest

from medqa.answering.approved_matching import ApprovedMatcher, differences
from medqa.knowledge.lexicon import Lexicon
from medqa.testing import WordEmbedder
from medqa.types import Approval, ApprovedAnswer, ApprovedQuote, ArticleId, Span

QUOTE = ApprovedQuote(ArticleId("heat"), Span(0, 4), "Warm")


def approved(name: str, *questions: str) -> ApprovedAnswer:
    return ApprovedAnswer(Approval(name, "Sam", date(2026, 1, 1), date(2027, 1, 1)), questions, (QUOTE,))


@pytest.fixture(scope="module")
def matcher() -> ApprovedMatcher:
    kept = (
        approved("a1", "can i drink alcohol with gabapentin?", "gabapentin and wine"),
        approved("a2", "is ibuprofen safe while breastfeeding?"),
    )
    return ApprovedMatcher(kept, WordEmbedder().encode_query, Lexicon.load())


def test_its_own_wordings_hold_and_name_their_answer(matcher: ApprovedMatcher) -> None:
    for wording in ("can i drink alcohol with gabapentin?", "gabapentin and wine"):
        best, other = matcher.matches(wording, wording, n=5)
        assert (best.approved.approval.id, best.wording, best.holds) == ("a1", wording, True)
        assert best.cosine == pytest.approx(1.0, abs=1e-5)
        assert not other.holds


@pytest.mark.parametrize(
    ("question", "difference"),
    [
        ("can i drink alcohol with baclofen?", "names baclofen"),
        ("can i drink alcohol with gabapentin and baclofen?", "names baclofen"),
        ("can my dog drink alcohol with gabapentin?", "names an animal"),
        ("can i drink alcohol?", "lacks gabapentin"),
        ("why can i not drink alcohol with gabapentin?", "asks why"),
        ("how long before gabapentin can i drink alcohol?", "asks how long"),
    ],
)
def test_another_medicine_or_person_never_holds_however_alike(
    matcher: ApprovedMatcher, question: str, difference: str
) -> None:
    found = {match.approved.approval.id: match for match in matcher.matches(question, question, n=5)}
    assert difference in found["a1"].differs
    assert not found["a1"].holds


def test_pregnant_is_not_breastfeeding(matcher: ApprovedMatcher) -> None:
    (match,) = (
        m for m in matcher.matches(*["is ibuprofen safe while pregnant?"] * 2, n=5) if m.approved.approval.id == "a2"
    )
    assert {"names pregnant", "lacks breastfeeding"} <= set(match.differs)


def test_differences_are_told_both_ways(matcher: ApprovedMatcher) -> None:
    one, other = matcher.facets("gabapentin with alcohol"), matcher.facets("ibuprofen")
    assert not differences(one, one)
    assert {"names gabapentin", "lacks ibuprofen"} <= set(differences(one, other))
    assert {"names ibuprofen", "lacks gabapentin"} <= set(differences(other, one))


def test_without_approved_answers_nothing_matches() -> None:
    assert ApprovedMatcher((), WordEmbedder().encode_query, Lexicon.load()).matches("a?", "a?") == ()
