"""HTML fragments: what is escaped, what becomes a link, and telephone numbers of every region's cards."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medqa.config import Region
from medqa.surfaces.markup import (
    Contact,
    card_html,
    contacts,
    one_line,
    quote_sum,
    still_says,
    web_url,
)
from medqa.surfaces.replies import emergency_line, you
from medqa.surfaces.texts import load_texts
from medqa.surfaces.transcript import said
from medqa.types import Span

REGIONS = tomllib.loads(files("medqa.safety").joinpath("regions.toml").read_text(encoding="utf-8"))


@given(st.text())
def test_what_a_person_typed_is_shown_and_read_back_to_the_letter_whatever_it_is(text: str) -> None:
    shown = you(text)
    assert "\n" not in shown
    assert "<script" not in shown.lower()
    expected = [" ".join(line.split()) for line in text.splitlines()]
    assert said(shown).split("\n") == [line for line in expected if line] or not any(expected)


def test_html_in_a_question_is_text() -> None:
    assert "&lt;img src=x onerror=alert(1)&gt;" in you("<img src=x onerror=alert(1)>")


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://example.org/a?b=c", "https://example.org/a?b=c"),
        (" http://example.org ", "http://example.org"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("//example.org", ""),
        ("https://", ""),
        ("http://[broken", ""),
        ("", ""),
    ],
)
def test_only_web_addresses_become_links(url: str, kept: str) -> None:
    assert web_url(url) == kept


@pytest.mark.parametrize("region", get_args(Region))
def test_every_region_has_its_emergency_line_with_its_number_to_tap(region: str) -> None:
    number = REGIONS[region]["emergency"]
    assert f'href="tel:{number}"' in emergency_line(region)
    assert region in load_texts().emergency


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        ("us", (Contact("988"), Contact("988", texted=True))),
        ("uk", (Contact("116 123"), Contact("85258", texted=True, word="SHOUT"))),
        ("eu", (Contact("112"),)),
        ("au", (Contact("13 11 14"), Contact("0477 13 11 14", texted=True))),
        ("ca", (Contact("988"), Contact("988", texted=True))),
    ],
)
def test_crisis_lines_are_read_as_calls_and_texts(region: str, expected: tuple[Contact, ...]) -> None:
    assert contacts(REGIONS[region]["crisis"]) == expected


@pytest.mark.parametrize(
    ("region", "number", "href"),
    [
        ("us", "1-800-222-1222", "tel:18002221222"),
        ("uk", "111", "tel:111"),
        ("eu", "112", "tel:112"),
        ("au", "13 11 26", "tel:131126"),
        ("ca", "1-844-764-7669", "tel:18447647669"),
    ],
)
def test_poison_lines_can_be_tapped(region: str, number: str, href: str) -> None:
    assert f'<a class="mq-tel" href="{href}">{number}</a>' in card_html(REGIONS[region]["poison"])


def test_other_numbers_are_no_telephone_numbers() -> None:
    text = "Take no more than 4,000 mg; wait 120 minutes, 2 to 3 days, 1911 or 9110."
    assert contacts(text) == ()
    assert "<a" not in card_html(text)


def test_html_inside_a_card_stays_text() -> None:
    assert "<script>" not in card_html("**Call 911** <script>alert(1)</script>")


def test_a_fragment_is_one_line_so_that_no_blank_line_ends_it() -> None:
    assert one_line("<div>\n\n  <p>a</p>\n</div>\n") == "<div> <p>a</p> </div>"


def test_a_passage_is_marked_only_while_the_article_says_it() -> None:
    text = "Do not stop relaxol suddenly."
    assert still_says(text, Span(0, 11), quote_sum("Do not stop"))
    assert still_says(text, Span(0, 11), "")
    assert not still_says(text, Span(1, 12), quote_sum("Do not stop"))
    assert not still_says(text, Span(20, 400), "")
    assert not still_says(text, Span(6, 7), "")
