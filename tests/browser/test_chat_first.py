"""What stands on the page before its scripts have run, and how the first screen is laid out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.accessibility import grave_findings
from tests.browser.conftest import PHONE, Chat
from tests.serving import RunningApp

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


def test_without_javascript_there_are_the_emergency_line_and_the_way_to_the_articles(
    browser: Browser, served: RunningApp
) -> None:
    context = browser.new_context(java_script_enabled=False, viewport=PHONE)
    page = context.new_page()
    page.goto(served.url)
    assert page.locator("#mq-front a[href='tel:911']").is_visible()
    assert not page.get_by_text("The page is loading").is_visible()
    page.get_by_role("link", name="Library").click()
    assert page.url == f"{served.url}/articles"
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_while_the_scripts_are_on_their_way_the_emergency_line_is_there(
    browser: Browser, served: RunningApp, scheme: str
) -> None:
    context = browser.new_context(viewport=PHONE, color_scheme=scheme, bypass_csp=True)  # type: ignore[arg-type]
    page = context.new_page()
    page.route("**/assets/*.js", lambda route: None)  # they never come
    page.goto(served.url, wait_until="commit")
    page.wait_for_selector("#mq-front")
    assert page.locator("#mq-front a[href='tel:988']").is_visible()
    assert page.get_by_text("The page is loading").is_visible()
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(244, 247, 246)", "dark": "rgb(15, 23, 22)"}[scheme], "no flash of another colour"
    assert grave_findings(page, "#mq-front") == []
    context.close()


def test_once_the_chat_is_there_nothing_of_the_first_page_is_left(own: Chat) -> None:
    own.page.wait_for_selector("#mq-front", state="detached")
    assert own.page.locator("h1").count() == 1
    assert own.page.locator("meta[property='og:title']").get_attribute("content") == own.page.title()
    assert "Gradio" not in str(own.page.evaluate("document.head.innerHTML.match(/<meta[^>]*>/g).join()"))


def test_the_question_box_stands_beneath_the_examples_and_at_the_foot_once_one_talks(chat: Chat) -> None:
    def top_of(selector: str) -> float:
        box = chat.page.locator(selector).last.bounding_box()
        assert box is not None
        return box["y"]

    chat.page.set_viewport_size({"width": 768, "height": 1024})
    example = chat.page.locator("#mq-log .example").last.bounding_box()
    assert example is not None
    assert top_of("#mq-composer") - example["y"] - example["height"] < 60
    assert top_of("#mq-foot") > 900
    chat.send("What is baclofen?")
    assert top_of("#mq-composer") > 800
