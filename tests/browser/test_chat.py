"""The chat as a person meets it."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Chat
from tests.serving import MAX_BODY_KB, MAX_QUESTION_CHARS

pytestmark = pytest.mark.browser

QUESTION = "What are the side effects of baclofen?"
EMERGENCY = "I have crushing chest pain and I cannot breathe"


def _is_in_view(chat: Chat, selector: str) -> bool:
    return bool(
        chat.page.locator(selector).last.evaluate(
            "e => { const r = e.getBoundingClientRect(), m = document.elementFromPoint(r.x + r.width / 2, r.y + 8);"
            " return r.width > 0 && r.top >= 0 && r.top < innerHeight && !!m && (e.contains(m) || m.contains(e)) }"
        )
    )


def test_the_first_screen_says_what_it_is_and_what_it_cannot_do(own: Chat) -> None:
    page = own.page
    assert page.title() == "medqa: answers about pain and its treatment"
    assert page.locator("h1").inner_text() == "medqa"
    assert "6 articles" in page.locator(".mq-welcome").inner_text()
    assert "I cannot diagnose" in page.locator(".mq-limits").inner_text()
    assert page.locator("#mq-strip a[href='tel:911']").count() == 1
    assert page.locator("#mq-log .example").count() == 4
    assert not page.locator("footer:not(.mq-foot)").first.is_visible()


def test_a_question_gets_an_answer_whose_citation_opens_the_article_at_the_quote(chat: Chat) -> None:
    chat.send(QUESTION)
    page = chat.page
    assert "sleepiness" in chat.last.lower()
    page.locator(".mq-sources summary").click()
    quotes = [" ".join(quote.split()) for quote in page.locator(".mq-sources .mq-quote").all_inner_texts()]
    with chat.context.expect_page() as opened:
        page.locator(".mq-cite").first.click()
    article = opened.value
    chat.watch(article)
    article.wait_for_selector("mark")
    marked = " ".join("".join(article.locator("mark").all_text_contents()).split())
    assert marked == quotes[0]
    top = article.locator("#quote").evaluate("e => e.getBoundingClientRect().top")
    assert 0 <= top < 800, "the page opens at the quote"
    assert "not clinically reviewed" in page.locator(".mq-sources").inner_text()


def test_examples_are_questions_that_get_an_answer(chat: Chat) -> None:
    for position in range(4):
        example = chat.page.locator("#mq-log .example").nth(position)
        question = example.inner_text().strip()
        before = chat.replies
        example.click()
        chat.settle(before)
        assert question in chat.page.locator(".mq-you").last.inner_text()
        assert chat.page.locator("#mq-log .mq-cite").count() >= 1, question
        chat.page.click("#mq-clear")
        chat.page.wait_for_selector("#mq-log .example")


def test_a_suggested_question_can_be_pressed(chat: Chat) -> None:
    chat.send(QUESTION)
    option = chat.page.locator("#mq-log .option").first
    question = option.inner_text().strip()
    assert chat.page.locator("#mq-log .mq-next").first.is_visible()
    before = chat.replies
    option.click()
    chat.settle(before)
    assert not chat.page.locator("#mq-log .mq-next").first.is_visible(), "its buttons went with the newer question"
    assert chat.page.locator(".mq-you").last.inner_text().strip() == question
    assert chat.page.evaluate("document.activeElement.tagName") == "TEXTAREA"


def test_an_emergency_shows_the_card_alone_and_in_view(phone: Chat) -> None:
    phone.send(QUESTION)
    phone.send(EMERGENCY)
    page = phone.page
    card = page.locator(".mq-card-emergency")
    assert card.get_attribute("role") == "alert"
    assert _is_in_view(phone, ".mq-card-emergency")
    assert _is_in_view(phone, ".mq-call")
    call = page.locator(".mq-call").first
    assert call.get_attribute("href") == "tel:911"
    assert call.get_attribute("target") is None
    box = call.bounding_box()
    assert box is not None
    assert box["height"] >= 48
    assert card.locator(".mq-cite, blockquote, .mq-sources").count() == 0
    assert page.locator(".mq-strip-loud").count() == 1
    assert page.locator("#mq-log .option").all_inner_texts() == ["I have got help"]
    above = page.locator(".mq-answer").last.bounding_box()
    log = page.locator("#mq-log").bounding_box()
    assert above is not None
    assert log is not None
    assert above["y"] + above["height"] <= log["y"] + 1, "the answer before is out of sight"


def test_what_the_articles_do_not_answer_is_said(chat: Chat) -> None:
    chat.send("Which stock should I buy this week?")
    assert chat.page.locator(".mq-abstained").count() == 1
    assert chat.page.locator(".mq-cite").count() == 0


@pytest.mark.parametrize(
    ("typed", "said"), [("", "did not see a question"), ("a" * (MAX_QUESTION_CHARS + 1), "longer than I can read")]
)
def test_empty_and_long_messages_get_a_friendly_word_and_the_chat_goes_on(chat: Chat, typed: str, said: str) -> None:
    chat.send(typed)
    assert said in chat.last
    chat.send(QUESTION)
    assert chat.page.locator(".mq-answer").count() == 1


def test_more_text_than_the_server_takes_is_said_and_the_chat_goes_on(chat: Chat) -> None:
    chat.page.fill("#mq-box textarea", "a" * (MAX_BODY_KB * 1024 + 1))
    chat.page.keyboard.press("Enter")
    chat.page.wait_for_selector(".toast-body", state="visible")
    assert "more text than this server takes" in chat.page.locator(".toast-body").inner_text()
    assert len(chat.page.input_value("#mq-box textarea")) > MAX_BODY_KB * 1024, "it can still be shortened"
    chat.errors.clear()
    chat.send(QUESTION)
    assert chat.page.locator(".mq-answer").count() == 1


def test_html_in_a_question_is_shown_as_text(chat: Chat) -> None:
    typed = "<img src=x onerror=\"document.title='owned'\"> **bold** $x$ What is baclofen?"
    chat.send(typed)
    assert chat.page.locator(".mq-you").last.inner_text() == typed
    assert chat.page.locator("#mq-log img").count() == 0
    assert chat.page.title() != "owned"


def test_the_disclaimer_and_the_question_box_are_always_in_sight(phone: Chat) -> None:
    for question in (None, QUESTION, EMERGENCY):
        if question:
            phone.send(question)
        assert "not medical advice" in phone.page.locator(".mq-foot").inner_text()
        assert _is_in_view(phone, ".mq-foot p")
        assert _is_in_view(phone, "#mq-box textarea")
        assert _is_in_view(phone, "#mq-strip .mq-strip")


@pytest.mark.parametrize("width", [375, 320])
def test_nothing_scrolls_sideways_on_a_small_phone(phone: Chat, width: int) -> None:
    page = phone.page
    page.set_viewport_size({"width": width, "height": 640})
    phone.send("Donaudampfschifffahrtsgesellschaftskapitänswitwe" * 3 + " baclofen?")
    phone.send(QUESTION)
    page.locator(".mq-sources summary").last.click()
    phone.send(EMERGENCY)
    for path in (None, page.locator(".mq-cite").first.get_attribute("href"), "/articles"):
        if path:
            page.goto(phone.url + path)
        sideways = page.evaluate(
            "[...document.querySelectorAll('*')].filter(e => e.scrollWidth > e.clientWidth + 1"
            " && ['auto', 'scroll'].includes(getComputedStyle(e).overflowX)).map(e => e.className || e.tagName)"
        )
        assert sideways == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_everything_can_be_done_with_the_keyboard(own: Chat) -> None:
    page = own.page

    def tab_to(selector: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("s => !!document.activeElement.closest(s)", selector):
                return
        raise AssertionError(f"{selector} cannot be reached with Tab")

    tab_to("#mq-log .example")
    width = page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)")
    assert width >= 2, "one sees where one is"
    page.keyboard.press("Enter")
    own.settle(0)
    assert page.evaluate("document.activeElement.tagName") == "TEXTAREA"
    page.keyboard.type(QUESTION)
    before = own.replies
    page.keyboard.press("Enter")
    own.settle(before)
    tab_to(".mq-cite")
    tab_to(".mq-sources summary")
    page.keyboard.press("Enter")
    assert page.locator(".mq-quotes[open]").count() == 1
    tab_to("#mq-log .option")
    tab_to("#mq-send")
    tab_to("#mq-clear")
    page.keyboard.press("Enter")
    page.wait_for_selector("#mq-log .example")


def test_a_double_click_asks_once(chat: Chat) -> None:
    chat.page.fill("#mq-box textarea", QUESTION)
    chat.page.dblclick("#mq-send")
    chat.settle(0)
    chat.page.wait_for_timeout(400)
    asked = [text for text in chat.page.locator(".mq-you").all_inner_texts() if text.strip() == QUESTION]
    assert len(asked) == 1


def test_clearing_forgets_the_conversation(chat: Chat) -> None:
    assert not chat.page.locator("#mq-clear").is_visible(), "there is nothing to clear yet"
    chat.send(QUESTION)
    chat.page.click("#mq-clear")
    chat.page.wait_for_selector("#mq-log .example")
    assert chat.page.locator(".mq-you").count() == 0
    assert QUESTION not in chat.page.url
