"""Compare and Gate in a browser: plots that can be pointed at, by keyboard, without scripts, and as axe sees them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from medqa.evaluation.kept_runs import KeptRuns
from medqa.state import Role
from tests.browser.accessibility import grave_findings
from tests.browser.rooms import Room, signed_in
from tests.lab_runs import BEFORE, MAIN, NOW, made
from tests.serving import RunningApp

pytestmark = pytest.mark.browser
PICTURES = os.environ.get("LAB_PICTURES", "")
"""A folder for pictures of the pages; none are made without it."""
FITS = "document.documentElement.scrollWidth <= innerWidth"


@pytest.fixture(scope="module")
def runs(served: RunningApp) -> Iterator[tuple[str, str]]:
    kept = KeptRuns(served.folder / "index")
    made_here = made(kept, BEFORE), made(kept, NOW, ms=9.0)
    yield made_here
    for run in made_here:
        kept.remove(run)


@pytest.fixture
def tess(browser: Browser, served: RunningApp) -> Iterator[Room]:
    with signed_in(browser, served, Role.TESTER) as room:
        yield room


def compare(page: Page, runs: tuple[str, str]) -> None:
    page.select_option("#before", runs[0])
    page.select_option("#now", runs[1])
    page.focus("#now")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Figures", exact=True).wait_for()


def look(page: Page, name: str) -> None:
    """Nothing grave in light and dark, and no sideways scrolling on a smaller screen."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert grave_findings(page) == []
        if PICTURES:
            page.screenshot(path=Path(PICTURES) / f"{name}-{scheme}.png", full_page=True)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 768, "height": 900})
    if PICTURES:
        page.wait_for_timeout(500)
        page.screenshot(path=Path(PICTURES) / f"{name}-768.png", full_page=True)
    # the plots follow the new width in their own time; waiting by a function in the page would need 'unsafe-eval'
    for _ in range(50):
        if page.evaluate(FITS):
            break
        page.wait_for_timeout(100)
    assert page.evaluate(FITS)
    page.set_viewport_size({"width": 1280, "height": 800})


def test_two_runs_are_compared_with_plots_that_open_a_question(tess: Room, runs: tuple[str, str]) -> None:
    page = tess.open("/lab/compare")
    compare(page, runs)
    assert page.url == f"{tess.url}/lab/compare"
    page.locator(".plot.ready").nth(3).wait_for()
    assert page.locator(".plot").count() == 4
    bar = page.locator(".plot .live").first.locator(".bars .point").last
    bar.scroll_into_view_if_needed()
    box = bar.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.locator(".hoverlayer").get_by_text("q07", exact=True).wait_for()
    page.mouse.down()
    page.mouse.up()
    page.locator("#q-q07[open]").wait_for()
    assert page.evaluate("document.activeElement.textContent").strip().startswith("-1.000")
    assert page.locator("#q-q07").get_by_text("1. sciatica#causes (relevant, grade 2)").is_visible()
    look(page, "compare")
    with page.expect_download() as taken:
        page.get_by_role("button", name="HTML").click()
    exported = Path(taken.value.path()).read_text("utf-8")
    assert "<svg" in exported
    assert MAIN in exported


def test_without_scripts_the_plots_are_drawings(browser: Browser, served: RunningApp, runs: tuple[str, str]) -> None:
    with signed_in(browser, served, Role.TESTER, java_script_enabled=False) as room:
        page = room.open("/lab/compare")
        compare(page, runs)
        assert page.locator(".plot .drawn svg").count() >= 4


def test_a_run_is_held_against_the_baseline_and_what_broke_is_named(tess: Room, runs: tuple[str, str]) -> None:
    page = tess.open("/lab/gate")
    page.select_option("#run", runs[0])
    page.get_by_role("button", name="Make it the baseline").click()
    page.get_by_role("cell", name="browser-tester").wait_for()
    page.select_option("#run", runs[1])
    page.fill("#gates", f"{MAIN}=baseline")
    page.get_by_role("button", name="Hold it against the gates").click()
    page.get_by_text("missed").wait_for()
    assert page.get_by_role("cell", name="q00", exact=True).is_visible()
    look(page, "gate")
    page.get_by_role("button", name="Compare it with the baseline’s run").click()
    page.get_by_role("heading", name="Figures", exact=True).wait_for()
    page.locator(".plot.ready").nth(3).wait_for()
