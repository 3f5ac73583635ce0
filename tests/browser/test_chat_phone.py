"""Cards, lists and sources in the narrow window of a telephone."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Chat

pytestmark = pytest.mark.browser

POISON = "My child swallowed two of my ibuprofen pills"
LONG = "What are the side effects of baclofen?"
NEEDS_CARE = "I have had a fever and my back hurts a lot since two days, and I inject drugs"


STORY = "I look after my husband since his back operation, and we try to walk a little every day. " * 5


@pytest.mark.parametrize(
    "ending", ["Today he has crushing chest pain and cannot breathe.", "Can he stop baclofen suddenly?"]
)
def test_a_long_story_does_not_push_the_reply_below_the_edge(phone: Chat, ending: str) -> None:
    phone.send("What is baclofen?")
    phone.send(STORY + ending)
    phone.page.wait_for_timeout(300)
    reply = phone.page.locator("#mq-log .mq-reply").last.bounding_box()
    log = phone.page.locator("#mq-log").bounding_box()
    assert reply is not None
    assert log is not None
    assert log["y"] <= reply["y"] <= log["y"] + log["height"] * 0.35
    if "chest" in ending:
        call = phone.page.locator(".mq-call").first.bounding_box()
        assert call is not None
        assert call["y"] + call["height"] <= log["y"] + log["height"]


@pytest.mark.parametrize("width", [375, 320])
def test_a_number_to_call_is_never_broken_over_lines(phone: Chat, width: int) -> None:
    phone.page.set_viewport_size({"width": width, "height": 640})
    phone.send(POISON)
    calls = phone.page.locator(".mq-call")
    assert calls.first.inner_text() == "Call 1-800-222-1222"
    for call in calls.all():
        lines = call.evaluate(
            "e => { const r = document.createRange(); r.selectNodeContents(e); return r.getClientRects().length }"
        )
        assert lines == 1
        assert call.evaluate("e => e.scrollWidth <= e.clientWidth")


def test_what_goes_on_below_the_edge_looks_as_if_it_did(phone: Chat) -> None:
    page = phone.page
    phone.send(LONG)
    page.wait_for_selector("body.mq-more")
    page.locator("#mq-log [role=log]").hover()
    page.mouse.wheel(0, 20_000)
    page.wait_for_selector("body:not(.mq-more)")


def test_an_article_stands_once_among_the_sources_and_its_quotes_fold_out(phone: Chat) -> None:
    phone.send(LONG)
    page = phone.page
    titles = page.locator(".mq-sources .mq-title").all_inner_texts()
    assert len(titles) == len(set(titles))
    summary = page.locator(".mq-quotes summary").first
    box = summary.bounding_box()
    assert box is not None
    assert box["height"] >= 24
    assert not page.locator(".mq-quote").first.is_visible()
    summary.click()
    assert page.locator(".mq-quote").first.is_visible()


def test_every_marker_of_a_long_list_can_be_hit_with_a_finger(phone: Chat) -> None:
    phone.send(LONG)
    marks = phone.page.locator(".mq-text li .mq-cite")
    assert marks.count() >= 3
    sizes = marks.evaluate_all(
        "all => all.map(e => { const r = e.getBoundingClientRect(); return [r.width, r.height] })"
    )
    assert all(width >= 24 and height >= 24 for width, height in sizes), sizes


def test_help_that_was_reached_is_said_with_one_press_beneath_a_card_for_today(phone: Chat) -> None:
    phone.send(NEEDS_CARE)
    assert phone.page.locator(".mq-card-urgent").count() == 1
    phone.page.locator("#mq-log .option", has_text="I have got help").click()
    phone.page.wait_for_function("document.querySelectorAll('.mq-you').length === 2")
    phone.settle(1)
