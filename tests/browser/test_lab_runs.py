"""Try and Runs in a browser: two sides at once, a run watched to its end, and what axe finds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from medqa.state import Role
from tests.browser.accessibility import grave_findings
from tests.browser.rooms import signed_in
from tests.serving import RunningApp

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
GOLD = {"article_id": "sciatica", "quote": "Sciatica is also called a pinched nerve"}
LINE = {"id": "q1", "question": "wat is siatica", "gold": [GOLD]}
NARROW = {"width": 768, "height": 900}


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_try_shows_two_sides(browser: Browser, served: RunningApp, scheme: str) -> None:
    with signed_in(browser, served, Role.TESTER, color_scheme=scheme) as room:
        page = room.open("/lab")
        page.get_by_label("Rerank").last.select_option("none")
        page.fill("#question", "can i stop gabbentine suddenly")
        page.keyboard.press("Enter")
        page.locator("section.side").last.wait_for()
        assert page.url == f"{room.url}/lab", "nothing of a question in an address"
        assert page.locator("section.side").count() == 2
        assert page.locator("section.side").last.get_by_text("Rerank: none").is_visible()
        assert grave_findings(page) == []
        page.set_viewport_size(NARROW)
        assert fits(page)


def test_a_run_is_watched_to_its_end(browser: Browser, served: RunningApp) -> None:
    sets = served.folder / "evals" / "questions"
    sets.mkdir(parents=True, exist_ok=True)
    (sets / "one.jsonl").write_text(json.dumps(LINE) + "\n", "utf-8")
    with signed_in(browser, served, Role.TESTER) as room:
        page = room.open("/lab/runs")
        assert grave_findings(page) == []
        page.get_by_label("Measure").select_option("retrieval:questions/one.jsonl")
        page.fill("#note", "watched")
        page.get_by_role("button", name="Start").click()
        page.locator("#watched").wait_for()
        assert grave_findings(page) == []
        page.get_by_text("done", exact=True).wait_for(timeout=90_000)  # the page comes anew by itself
        assert page.get_by_text("section:nDCG@10").is_visible()
        assert grave_findings(page) == []
        page.set_viewport_size(NARROW)
        assert fits(page)
        room.open("/lab/runs")
        assert page.get_by_text("watched").is_visible()
        assert fits(page)
        page.emulate_media(color_scheme="dark")
        assert grave_findings(page) == []
