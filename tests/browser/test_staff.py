"""Find and Reply in a browser: by keyboard, in place, without scripts, and as axe sees them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from medqa.state import Role
from tests.browser.accessibility import grave_findings
from tests.browser.conftest import Chat
from tests.browser.rooms import Room, signed_in
from tests.serving import RunningApp

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Route

pytestmark = pytest.mark.browser


@pytest.fixture
def sam(browser: Browser, served: RunningApp) -> Iterator[Room]:
    with signed_in(browser, served, Role.STAFF) as room:
        yield room


def test_find_and_reply_by_keyboard_alone(sam: Room) -> None:
    page = sam.open("/staff")
    page.keyboard.type("can i stop gabbentine")
    page.get_by_text("gabbentine read as gabapentin").wait_for()
    page.keyboard.press("Enter")
    expect(page.locator(".result").first).to_be_focused()
    page.keyboard.press("?")
    assert page.get_by_text("adds the passage to the reply").is_visible()
    page.keyboard.press("?")
    page.keyboard.press("j")
    page.locator("#pane mark").first.wait_for()
    first = page.locator(".result[aria-current]").get_attribute("data-ref")
    page.keyboard.press("a")
    page.get_by_text("in the reply").wait_for()
    page.keyboard.press("j")
    expect(page.locator(".result[aria-current]")).not_to_have_attribute("data-ref", first or "")
    page.keyboard.press("a")
    expect(page.locator("#write .count")).to_have_text("(2)")
    assert page.url == f"{sam.url}/staff", "nothing of a question in an address"
    page.get_by_role("link", name="Reply").click()  # as good as the button: the draft comes along
    page.wait_for_url("**/staff/reply")
    assert page.locator("[name=draft]").count() == 2
    text = page.locator("#plain").input_value()
    assert "Sources, looked up on" in text
    assert "[1]" in text

    page.fill("#words-2", "And this is what to do instead:")
    expect(page.locator("#plain")).to_have_value(re.compile("what to do instead"))
    page.locator("[value='up:1']").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#words-1")).to_have_value(re.compile("^And this"))
    # the focus stays with the quote that moved
    expect(page.locator("[value='down:0']")).to_be_focused()
    page.get_by_role("link", name="Find").click()
    page.wait_for_url("**/staff")
    page.locator("#write").click()
    page.wait_for_url("**/staff/reply")
    assert page.input_value("#words-1") == "And this is what to do instead:", "no word is lost on the way"


def test_an_older_answer_never_comes_over_a_newer_one(sam: Room) -> None:
    page = sam.open("/staff")
    held: list[Route] = []

    def slow(route: Route) -> None:
        if "sciatica" in (route.request.post_data or ""):
            held.append(route)
        else:
            route.continue_()

    page.route("**/staff", slow)
    page.fill("#query", "sciatica")
    page.wait_for_timeout(400)
    page.fill("#query", "acetaminophen a day")
    page.locator('.result[data-ref^="acetaminophen|"]').first.wait_for()
    assert held, "the first search was sent"
    shown = page.locator("#results").inner_html()
    with page.expect_response("**/staff"):
        held[0].continue_()
    page.wait_for_timeout(200)
    assert page.locator("#results").inner_html() == shown


def test_what_is_copied_is_what_is_shown(sam: Room) -> None:
    sam.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = sam.open("/staff/reply")
    page.fill("#question", "what is baclofen for")
    page.get_by_role("button", name="Collect the answer").click()
    page.locator("[name=draft]").first.wait_for(state="attached")
    page.get_by_role("button", name="Copy as E-mail").click()
    page.get_by_text("Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == page.input_value("#plain")
    # the first button may still say "Copied": wait for this one's own word
    formatted = page.locator("[data-rich]")
    formatted.click()
    expect(formatted).to_have_text("Copied")
    kinds = page.evaluate("navigator.clipboard.read().then(items => items[0].types)")
    assert "text/html" in kinds
    page.fill("#closing", "Yours, Sam")
    assert page.locator("[data-copy=plain]").is_disabled(), "what is typed is not in the text yet"
    expect(page.locator("#plain")).to_have_value(re.compile("Yours, Sam"))
    expect(page.locator("[data-copy=plain]")).to_be_enabled()
    page.fill("#question", "I took 40 baclofen to die")
    page.get_by_text("Send these words first").wait_for()
    assert "Yours, Sam" not in page.input_value("#plain")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_grave(sam: Room, scheme: str) -> None:
    page = sam.page
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    sam.open("/staff")
    page.fill("#query", "baclofen side effects")
    page.locator(".result").first.wait_for()
    page.locator("summary", has_text="Narrow").click()
    page.locator(".result .passage").first.click()
    page.locator("#pane mark").first.wait_for()
    assert grave_findings(page) == []
    sam.open("/staff/reply")
    page.fill("#question", "what is baclofen for")
    page.get_by_role("button", name="Collect the answer").click()
    page.locator("[name=draft]").first.wait_for(state="attached")
    assert grave_findings(page) == []


def test_without_scripts_the_buttons_do_it(browser: Browser, served: RunningApp) -> None:
    with signed_in(browser, served, Role.STAFF, java_script_enabled=False) as room:
        page = room.open("/staff")
        page.fill("#query", "baclofen side effects")
        page.get_by_role("button", name="Search", exact=True).click()
        page.get_by_role("button", name=re.compile("^Add to reply")).first.click()
        page.get_by_role("button", name=re.compile("^Write the reply")).click()
        page.fill("#closing", "Yours, Sam")
        page.get_by_role("button", name="Bring the text up to date").click()
        text = page.input_value("#plain")
        assert "Yours, Sam" in text
        assert "Sources, looked up on" in text


def test_a_tester_is_sent_away_from_the_desk(browser: Browser, served: RunningApp) -> None:
    with signed_in(browser, served, Role.TESTER) as room:
        assert room.page.goto(f"{served.url}/staff").status == 403  # type: ignore[union-attr]
        room.errors.clear()  # the browser reports the refusal itself


def test_an_answer_is_approved_tried_and_given_in_the_chat(sam: Room, chat: Chat) -> None:
    page = sam.open("/staff/reply")
    page.fill("#question", "Can I drink alcohol while taking gabapentin?")
    page.get_by_role("button", name="Collect the answer").click()
    page.get_by_role("button", name="Approve as an answer").click()
    page.fill("#owner", "Pain support team")
    assert grave_findings(page) == []
    page.get_by_role("button", name="Approve", exact=True).last.click()
    page.wait_for_url("**/staff/approved")
    expect(page.locator("table")).to_contain_text("Pain support team")
    page.fill("#try", "is it ok to drink alcohol on gabapentin?")
    page.get_by_role("button", name="Which answer would it get?").click()
    expect(page.get_by_role("status")).to_contain_text("The approved answer for “Can I drink alcohol")
    assert grave_findings(page) == []
    chat.send("is it ok to drink alcohol on gabapentin?")
    expect(chat.page.locator(".mq-made-by")).to_contain_text("Approved by Pain support team on ")
    page.get_by_text("Retire …").click()
    page.get_by_placeholder("Why").fill("the test is over")
    page.get_by_role("button", name="Retire now").click()
    expect(page.locator(".empty")).to_contain_text("None yet")
