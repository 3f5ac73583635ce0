"""The library as a list: found by its names, related by what is shared, made anew when the build or the day changes."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medqa.safety.review import ReviewState
from medqa.surfaces.catalogue import AT_ONCE, Catalogue, Entry, Shelves
from medqa.types import ArticleId, Document, IndexInfo, SignedReview
from tests.library import LIBRARY as DOCUMENTS


def entry(title: str, *aliases: str, labels: str = "", kind: str = "medicine", **fields: object) -> Entry:
    defaults: dict[str, object] = {"topics": (), "review": ReviewState.UNREVIEWED, "summary": ""}
    return Entry(
        id=ArticleId(title.lower().replace(" ", "-")),
        title=title,
        kind=kind,
        aliases=aliases,
        labels=frozenset(labels.split()),
        **(defaults | fields),  # type: ignore[arg-type]
    )


BACLOFEN = entry("Baclofen", "Lioresal", "muscle relaxer", labels="spasticity ms relaxant pain", topics=("spasticity",))
TIZANIDINE = entry("Tizanidine", "Zanaflex", "muscle relaxer", labels="spasticity relaxant pain")
GOUT = entry("Gout", "podagra", labels="uric-acid pain", kind="condition")
KNEE = entry("Knee pain", "sore knee", "gonalgía", labels="joints pain", kind="condition")
LIBRARY = Catalogue((BACLOFEN, GOUT, KNEE, TIZANIDINE))


@pytest.mark.parametrize(
    ("query", "found_by"),
    [
        ("", "Baclofen"),
        ("BACL", "Baclofen"),
        ("lioresal", "Lioresal"),
        ("relaxer muscle", "muscle relaxer"),
        ("baclofen spast", "Baclofen"),
        ("lioresal relaxer", None),
        ("aclofen", None),
        ("can I stop baclofen", None),
    ],
)
def test_every_word_begins_a_word_of_one_name(query: str, found_by: str | None) -> None:
    assert BACLOFEN.matched_name(query) == found_by


def test_accents_and_capitals_do_not_matter() -> None:
    assert KNEE.matched_name("Gonálgia") == "gonalgía"


def test_what_is_misspelt_has_near_names() -> None:
    assert LIBRARY.near("bacloffen") == (BACLOFEN,)
    assert LIBRARY.near("tizanadine")[0] == TIZANIDINE
    assert LIBRARY.near("xylophone") == ()
    assert LIBRARY.near("") == ()


def test_related_articles_share_the_most_of_what_is_rare() -> None:
    assert LIBRARY.related(BACLOFEN.id) == (TIZANIDINE,)
    assert LIBRARY.related(GOUT.id) == (), "what every article has relates none"
    assert LIBRARY.related(ArticleId("none")) == ()


@settings(deadline=None)
@given(st.lists(st.frozensets(st.sampled_from("abcdefg"), min_size=0, max_size=4), min_size=1, max_size=9))
def test_no_article_is_related_to_itself_and_none_twice(labels: list[frozenset[str]]) -> None:
    entries = tuple(entry(f"t{n}", labels=" ".join(found)) for n, found in enumerate(labels))
    for one in entries:
        related = Catalogue(entries).related(one.id)
        assert one not in related
        assert len(set(related)) == len(related) <= 5
        assert all(one.labels & other.labels for other in related)


def test_topics_of_one_article_are_no_way_to_find_others() -> None:
    entries = (
        entry("A", topics=("gout", "Zoster")),
        entry("B", topics=("gout", "ache")),
        entry("C", topics=("Zoster",)),
    )
    assert Catalogue(entries).topics() == {"gout": 2, "Zoster": 2}
    assert list(Catalogue(entries).topics(1)) == ["ache", "gout", "Zoster"]


class Library:
    """What the shelves ask of an engine, with a clock and a list of what is withdrawn."""

    def __init__(self, documents: Sequence[Document] = DOCUMENTS) -> None:
        self.documents = {d.id: d for d in documents}
        self.withdrawn: set[ArticleId] = set()
        self.day = date(2026, 1, 1)
        self.read = 0
        self.readable = threading.Event()
        self.readable.set()

    def titles(self) -> dict[ArticleId, str]:
        return {d.id: d.title for d in self.documents.values() if d.id not in self.withdrawn}

    def index_info(self) -> IndexInfo:
        return IndexInfo("b1", len(self.documents), 1)

    def today(self) -> date:
        return self.day

    def document(self, article_id: ArticleId) -> Document:
        assert self.readable.wait(20)
        self.read += 1
        return self.documents[article_id]

    def signed_reviews(self) -> dict[ArticleId, SignedReview]:
        return {}

    def review_state(self, document: Document) -> ReviewState:
        return ReviewState.CURRENT if self.day.year == 2026 else ReviewState.OVERDUE


def test_the_list_is_made_once_for_a_build_and_a_day() -> None:
    engine = Library()
    shelves = Shelves(engine)  # type: ignore[arg-type]
    assert set(shelves.catalogue().reviews()) == {ReviewState.CURRENT}
    assert shelves.at_hand() is shelves.catalogue()
    assert engine.read == len(DOCUMENTS)
    engine.day = date(2027, 1, 1)
    assert set(shelves.catalogue().reviews()) == {ReviewState.OVERDUE}


@pytest.mark.parametrize("copies", [1, AT_ONCE])
def test_what_is_withdrawn_is_gone_at_once_from_a_large_library_too(copies: int) -> None:
    first = DOCUMENTS[0]
    many = [replace(first, id=ArticleId(f"{first.id}-{n}")) for n in range(copies + 1)]
    engine = Library(many)
    shelves = Shelves(engine)  # type: ignore[arg-type]
    shelves.catalogue()
    engine.withdrawn = {many[0].id}
    left = {d.id for d in many[1:]}
    assert {entry.id for entry in shelves.at_hand().entries} == left
    assert {entry.id for entry in shelves.catalogue().entries} == left


def test_an_article_of_a_large_library_does_not_wait_for_the_list() -> None:
    many = [replace(DOCUMENTS[0], id=ArticleId(str(n))) for n in range(AT_ONCE + 1)]
    engine = Library(many)
    engine.readable.clear()
    shelves = Shelves(engine)  # type: ignore[arg-type]
    assert shelves.at_hand().entries == ()
    engine.readable.set()
    deadline = time.monotonic() + 20
    while len(shelves.at_hand().entries) <= AT_ONCE:
        assert time.monotonic() < deadline
        time.sleep(0.01)
