"""Inbox and Gaps in a browser: worked off by keyboard, narrow and wide, light and dark, as axe sees them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from medqa.state import CaseStore, Feedback, FeedbackReason, FeedbackStatus, FeedbackStore, GapStore, Role
from tests.browser.accessibility import grave_findings
from tests.browser.rooms import Room, signed_in
from tests.serving import RunningApp

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

QUESTION = "is baclofen safe with a glass of wine"


@pytest.fixture(scope="module")
def item(served: RunningApp) -> str:
    """The id of a feedback among others, and some gaps of many days."""
    root = served.folder / "index"
    store, gaps = FeedbackStore(root), GapStore(root)
    cited = {"n": 1, "article_id": "baclofen", "title": "Baclofen", "section": "Alcohol", "section_id": "alcohol",
             "quote": "Do not drink.", "start": 0, "end": 13}  # fmt: skip
    answer = {
        "kind": "answered",
        "question": QUESTION,
        "answer": [{"text": "Do not drink alcohol while you take baclofen, for it adds to its drowsiness. [1]"}],
        "citations": [cited],
        "warnings": [{"id": "w", "text": "Do not stop baclofen suddenly."}],
        "index": {"build_id": "20260101-0a1b2c3d"},
    }
    for n, reason in enumerate(FeedbackReason):
        store.add(Feedback(helpful=False, answer=answer, reason=reason, at=f"2026-01-0{n + 1}T10:00:00.000+00:00"))
    store.add(Feedback(helpful=True, answer=answer))
    for topic in ("Gout", "Gout", "Sciatica", "A title so long that it has to be broken somewhere in the table", ""):
        gaps.note(
            topic, near=topic and f"{topic}, What it is", question=f"what about {topic or 'xylophones'} in summer"
        )
    return store.add(Feedback(helpful=False, answer=answer, reason=FeedbackReason.UNSAFE, question=QUESTION))


@pytest.fixture
def sam(browser: Browser, served: RunningApp) -> Iterator[Room]:
    with signed_in(browser, served, Role.STAFF) as room:
        yield room


def _fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def test_an_item_is_found_taken_and_made_a_test_case_by_keyboard(sam: Room, item: str, served: RunningApp) -> None:
    page = sam.open("/staff/inbox")
    page.get_by_label("Reason").select_option("unsafe")
    page.get_by_label("Cites article").fill("baclofen")
    page.keyboard.press("Enter")
    row = page.get_by_role("link", name=QUESTION)
    row.wait_for()
    assert page.url == f"{sam.url}/staff/inbox", "nothing of a question in an address"
    row.focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Take it myself").focus()
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('#assignee').value === 'browser-staff'")
    page.get_by_label("Comment").fill("asked the editor")
    page.get_by_role("button", name="Save").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Make it a test case").focus()
    page.keyboard.press("Enter")
    page.get_by_text("This is a test case").wait_for()
    root = served.folder / "index"
    kept = FeedbackStore(root).get(item)
    assert (kept.status, kept.assignee, kept.comment) == (FeedbackStatus.OPEN, "browser-staff", "asked the editor")
    assert [case.line["question"] for case in CaseStore(root).list()] == [QUESTION]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_grave_and_nothing_is_cut_off(sam: Room, item: str, scheme: str) -> None:
    page = sam.page
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    for name, path in (("inbox", "/staff/inbox"), ("item", f"/staff/inbox/{item}"), ("gaps", "/staff/gaps")):
        sam.open(path)
        page.locator("details").evaluate_all("all => all.forEach(one => { one.open = true })")
        for width in (1280, 768, 375):
            page.set_viewport_size({"width": width, "height": 900})
            assert _fits(page), (path, width)
            if width != 768:
                assert grave_findings(page) == [], (path, width)
            if folder := os.environ.get("MEDQA_SHOTS"):
                page.screenshot(path=Path(folder) / f"{name}-{width}-{scheme}.png", full_page=True)
