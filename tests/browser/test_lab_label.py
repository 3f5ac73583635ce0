"""Labelling in a browser: by keyboard alone, without scripts, and as axe sees it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from medqa.evaluation.kept_labels import KeptLabels
from medqa.state import Role
from tests.browser.accessibility import grave_findings
from tests.browser.rooms import Room, signed_in
from tests.serving import RunningApp

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
QUESTION = "can i stop gabapentin suddenly"


@pytest.fixture
def tess(browser: Browser, served: RunningApp) -> Iterator[Room]:
    with signed_in(browser, served, Role.TESTER) as room:
        yield room


def find(page: Page) -> None:
    page.fill("#search", QUESTION)
    page.keyboard.press("Enter")
    page.wait_for_selector(".judge")


def test_a_question_is_labelled_by_keyboard_alone(tess: Room, served: RunningApp) -> None:
    page = tess.open("/lab/label")
    find(page)
    assert page.url == f"{tess.url}/lab/label", "nothing of a question in an address"
    page.focus("#text-1")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.get_by_text("Select words in the passage first.").is_visible()
    before = page.input_value("#text-1")
    page.keyboard.press("Control+Home")
    page.keyboard.type("x")
    page.keyboard.press("Delete")
    assert page.input_value("#text-1") == before, "a passage cannot be changed"
    for _ in range(3):
        page.keyboard.press("Control+Shift+ArrowRight")
    words = " ".join(
        page.evaluate(
            "() => { const t = document.querySelector('#text-1');"
            " return t.value.slice(t.selectionStart, t.selectionEnd) }"
        ).split()
    )
    assert len(words.split()) >= 2
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("Taken; graded 2.").wait_for()
    assert page.input_value("#gold-1") == words
    page.fill("#key_facts", "words that no passage has")
    page.get_by_role("button", name="Save").press("Enter")
    page.get_by_text("Nothing that is marked as gold says").wait_for()
    assert page.input_value("#gold-1") == words, "nothing that was typed is lost"
    tess.errors.clear()  # the browser notes the refusal, a 422
    page.fill("#key_facts", "")
    page.get_by_role("button", name="Save").press("Enter")
    page.get_by_role("button", name=f"Open: {QUESTION}").wait_for()
    (label,) = KeptLabels(served.folder / "index").of(f"browser-{Role.TESTER}")[0]
    assert [" ".join(gold.quote.split()) for gold in label.gold] == [words]


def test_without_scripts_the_words_are_written(browser: Browser, served: RunningApp) -> None:
    with signed_in(browser, served, Role.TESTER, java_script_enabled=False) as room:
        page = room.open("/lab/label")
        find(page)
        assert not page.locator(".take").first.is_visible()
        quote = " ".join(page.input_value("#text-1").split()[:4])
        page.fill("#gold-1", quote)
        page.locator(".judge").first.get_by_label("1 helps").check()
        page.get_by_role("button", name="Save").click()
        page.get_by_role("button", name=f"Open: {QUESTION}").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_axe_finds_is_nothing_grave(tess: Room, scheme: str) -> None:
    page = tess.page
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    tess.open("/lab/label")
    assert grave_findings(page) == []
    find(page)
    assert grave_findings(page) == []
    page.set_viewport_size({"width": 768, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page does not scroll sideways"
