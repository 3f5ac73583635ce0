"""The library page: what is wanted is shown, and what was typed goes nowhere but into the page."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medqa.safety.review import ReviewState
from medqa.surfaces.catalogue import Catalogue
from medqa.surfaces.languages import Speech
from medqa.surfaces.library import LIVE_MOST, PAGE_SIZE, Wanted, library_page, wanted_from
from tests.unit.surfaces.test_catalogue import BACLOFEN, GOUT, KNEE, TIZANIDINE, entry

SHELVED = Catalogue((BACLOFEN, GOUT, KNEE, TIZANIDINE))


def shown(html: str) -> list[str]:
    """Titles of the articles that are not hidden."""
    return re.findall(r"<li data-kind[^>]*?(?<!hidden)><a [^>]*><strong[^>]*>(.*?)</strong>", html)


def see(catalogue: Catalogue = SHELVED, **wanted: object) -> str:
    return library_page(catalogue, Wanted(**wanted), "us")  # type: ignore[arg-type]


def test_everything_stands_on_its_shelf_with_its_count() -> None:
    html = see()
    assert shown(html) == ["Baclofen", "Tizanidine", "Gout", "Knee pain"]
    assert re.findall(r'<h2>(\w+) <small class="count">(\d)', html) == [("Medicines", "2"), ("Conditions", "2")]
    assert "Demonstration library, not clinically reviewed." in html


@pytest.mark.parametrize(
    ("wanted", "titles"),
    [
        ({"kind": "condition"}, ["Gout", "Knee pain"]),
        ({"topic": "spasticity"}, ["Baclofen"]),
        ({"query": "muscle"}, ["Baclofen", "Tizanidine"]),
        ({"query": "muscle", "kind": "condition"}, []),
        ({"review": "overdue"}, []),
        ({"kind": "no such kind"}, []),
    ],
)
def test_filters_leave_what_fits_all_of_them(wanted: dict[str, str], titles: list[str]) -> None:
    html = see(**wanted)
    assert shown(html) == titles
    assert f"{len(titles)} articles found" in html or (len(titles) == 1 and "1 article found" in html)


def test_another_name_is_said_where_it_was_what_matched() -> None:
    html = see(query="zanaflex")
    assert shown(html) == ["Tizanidine"]
    assert re.search(r'<span class="by">Found by the name <b dir="auto">Zanaflex</b>', html)
    assert '<span class="by">' not in see(query="tizan")


def test_a_misspelling_offers_what_is_near() -> None:
    html = see(query="bacloffen")
    assert shown(html) == []
    assert re.search(r"Did you mean.*?/articles/baclofen", html)
    assert "ask in the chat" in html


def test_reviews_are_counted_marked_and_chosen_where_they_differ() -> None:
    mixed = Catalogue(
        (
            entry("A", review=ReviewState.CURRENT),
            entry("B", review=ReviewState.OVERDUE),
            entry("C", review=ReviewState.UNREVIEWED),
        )
    )
    html = see(mixed)
    assert "2 clinically reviewed" in html
    assert "1 overdue for review" in html
    assert re.findall(r'class="state( warn)?">(.*?)<', html) == [
        ("", "Clinically reviewed"),
        (" warn", "Review overdue"),
    ]
    assert "Demonstration library" not in html, "an owner's reviewed library is none"
    assert shown(see(mixed, review="overdue")) == ["B"]
    assert 'name="review"' not in see()


def test_what_was_typed_is_text() -> None:
    html = see(query='"><script>alert(1)</script>')
    assert "<script>alert" not in html
    assert "&lt;script&gt;" in html


def test_a_library_of_thousands_comes_in_pages() -> None:
    many = Catalogue(tuple(entry(f"Leaflet {n:04}") for n in range(LIVE_MOST + 1)))
    first, last = see(many), see(many, page=99)
    assert shown(first) == [f"Leaflet {n:04}" for n in range(PAGE_SIZE)]
    assert shown(last)[-1] == f"Leaflet {LIVE_MOST:04}"
    assert "Page 1 of 5" in first
    assert ("Next page" in first, "Previous page" in first) == (True, False)
    assert ("Next page" in last, "Previous page" in last) == (False, True)
    assert "<script" not in first
    assert shown(see(many, query="0400")) == ["Leaflet 0400"]


def test_the_form_is_read() -> None:
    assert wanted_from(b"query=+knee+pain+&kind=condition&topic=a%26b&review=&page=2") == Wanted(
        "knee pain", "condition", "a&b", "", 2
    )
    assert wanted_from(b"") == Wanted()


@settings(deadline=None)
@given(st.binary(max_size=400) | st.text(max_size=300).map(lambda text: f"query={text}&page={text}".encode()))
def test_no_body_breaks_the_page(body: bytes) -> None:
    wanted = wanted_from(body)
    assert wanted.page >= 1
    assert len(wanted.query) <= 200
    library_page(SHELVED, wanted, "us")


def test_in_spanish_the_words_are_spanish_and_what_the_articles_say_is_marked_as_english() -> None:
    html = library_page(SHELVED, Wanted(query="bacloffen"), "us", Speech("es", "?lang=es", "/articles?lang=en"))
    assert '<html lang="es">' in html
    assert "Los artículos están en inglés" in html
    assert "Medicamentos" in html
    assert 'action="/articles?lang=es#found"' in html
    assert 'href="/articles/baclofen?lang=es"' in html
    assert '<strong dir="auto" lang="en">' in html
    assert '<a class="switch" href="/articles?lang=en" lang="en">English</a>' in html
    for english in ("Search", "Library", "All articles", "Demonstration"):
        assert english not in html, english
