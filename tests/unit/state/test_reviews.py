from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medqa.errors import StateError
from medqa.state import ArticleState, AuditTrail, ReviewStore
from medqa.types import ArticleId, Document, Review, SignedReview, text_sum

TODAY = date(2026, 3, 4)
HEAT = Document(ArticleId("heat"), "Heat", "Warm packs help. \ud800", ())


def sign(store: ReviewStore, document: Document = HEAT, on: date = TODAY, due: date | None = None) -> SignedReview:
    due = due or on + timedelta(days=300)
    return store.sign(document, reviewed_by="Dr. A. Lee, GP", on=on, due=due, by="sam", today=TODAY)


def test_the_newest_that_stands_counts_in_every_process(tmp_path: Path) -> None:
    store, here, there = ReviewStore(tmp_path), ArticleState(tmp_path), ArticleState(tmp_path)
    assert here.signed_reviews() == there.signed_reviews() == {}
    first = sign(store, on=TODAY - timedelta(days=9))
    assert here.signed_reviews() == {"heat": first}
    second = sign(store)
    assert here.signed_reviews() == there.signed_reviews() == {"heat": second}
    assert here.signed_reviews() is here.signed_reviews()
    store.take_back(HEAT.id, reason="wrong article", by="ada")
    assert here.signed_reviews() == there.signed_reviews() == {"heat": first}
    store.take_back(HEAT.id, reason="that one too", by="ada")
    assert here.signed_reviews() == {}
    acts = [entry.action for entry in AuditTrail(tmp_path).entries()]
    assert acts == ["review taken back", "review taken back", "review signed", "review signed"]
    here.close()
    there.close()


def test_what_is_no_review_is_refused(tmp_path: Path) -> None:
    store = ReviewStore(tmp_path)
    day = timedelta(days=1)
    for refused, why in (
        (lambda: store.sign(HEAT, reviewed_by=" ", on=TODAY, due=TODAY + day, by="s", today=TODAY), "has a reviewer"),
        (lambda: sign(store, on=TODAY + day), "still to come"),
        (lambda: sign(store, due=TODAY), "due after this one"),
        (lambda: sign(store, due=TODAY + timedelta(days=1200)), "within three years"),
        (lambda: sign(store, on=TODAY - timedelta(days=9), due=TODAY - day), "overdue already"),
        (lambda: store.take_back(HEAT.id, reason="x", by="s"), "was signed here"),
        (lambda: store.take_back(HEAT.id, reason=" ", by="s"), "for a reason"),
    ):
        with pytest.raises(StateError, match=why):
            refused()
    assert AuditTrail(tmp_path).entries() == ()


days = st.dates(date(2020, 1, 1), date(2030, 1, 1))


@given(text=st.text(), changed=st.text(), own=st.none() | days, on=days)
def test_it_holds_for_the_words_that_were_read_and_until_the_article_names_a_later_one(
    text: str, changed: str, own: date | None, on: date
) -> None:
    document = replace(HEAT, text=text, review=Review(date(2019, 1, 1), own, own, "Somebody" if own else ""))
    signed = SignedReview(HEAT.id, text_sum(text), "Dr. A. Lee, GP", on, on + timedelta(days=9), "sam")
    seen = signed.upon(document)
    if own is not None and own > on:
        assert seen == document
    else:
        assert seen.review == Review(date(2019, 1, 1), on, on + timedelta(days=9), "Dr. A. Lee, GP")
        assert replace(seen, review=document.review) == document
    if changed != text:
        other = replace(document, text=changed)
        assert signed.upon(other) is other
