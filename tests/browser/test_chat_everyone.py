"""The chat for everyone: contrast and names (axe-core), screen readers, zoom, motion, Spanish, right-to-left."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser.accessibility import grave_findings
from tests.browser.conftest import Chat
from tests.serving import RunningApp

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

QUESTION = "Can I stop baclofen suddenly?"
MISSPELT = "what are the side efects of baclofn"
EMERGENCY = "I have crushing chest pain and I cannot breathe"
EMERGENCIA = "Tengo un dolor fuerte en el pecho y no puedo respirar"
NOT_FOUND = "Which stock should I buy this week?"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_grave_on_any_state_of_the_chat(chat: Chat, scheme: str) -> None:
    page = chat.page
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    assert grave_findings(page) == [], "first screen"
    chat.send(MISSPELT)
    page.click(".mq-quotes summary")
    assert grave_findings(page) == [], "answer"
    page.click(".mq-no")
    assert grave_findings(page) == [], "feedback form"
    page.keyboard.press("Escape")
    chat.send(QUESTION)
    chat.send(NOT_FOUND)
    assert grave_findings(page) == [], "warnings, not found"
    for card in ("I think about killing myself", "My child swallowed two of my ibuprofen pills", EMERGENCY):
        page.click("#mq-clear")
        page.wait_for_selector("#mq-log .example")
        chat.send(card)
        assert page.locator(".mq-card").count() == 1
        assert grave_findings(page) == [], card


def test_a_screen_reader_hears_each_reply_once_whole_and_without_its_tools(own: Chat) -> None:
    page = own.page
    page.evaluate(
        "() => { window.heard = []; const place = document.querySelector('#mq-heard');"
        " new MutationObserver(() => window.heard.push(place.textContent)).observe(place, {childList: true}) }"
    )
    own.send(QUESTION)
    page.wait_for_function("window.heard.some(text => text.includes('Answer from the articles'))")
    answers = [text for text in page.evaluate("window.heard") if "Answer from the articles" in text]
    assert len(answers) == 1
    (answer,) = answers
    for sentence in page.locator(".mq-answer .mq-quoted").all_inner_texts():
        assert " ".join(sentence.split()) in answer
    assert "Important to know" in answer
    assert "Download" not in answer
    log = page.get_by_role("log")
    assert log.get_attribute("aria-live") == "off", "what grows sentence by sentence is not read again at each one"
    labels = page.locator("#mq-log [data-testid]").evaluate_all("all => all.map(e => e.ariaLabel || '')")
    assert not any("<" in label for label in labels)
    assert page.get_by_role("textbox", name="Your question").count() == 1
    assert (page.locator(".mq-cite").first.text_content() or "").split() == ["Source", "1"]
    own.send(NOT_FOUND)
    page.wait_for_function("window.heard.at(-1).includes('I did not find an answer')")
    own.send(EMERGENCY)
    assert page.get_by_role("alert").filter(has_text="Call 911 now").count() == 1


@pytest.fixture
def spanish(browser: Browser, served: RunningApp) -> Iterator[Chat]:
    """A browser whose owner reads Spanish."""
    context = browser.new_context(locale="es-MX", reduced_motion="reduce", viewport={"width": 375, "height": 700})
    chat = Chat(context.new_page(), context, served.url)
    chat.watch(chat.page)
    chat.open()
    yield chat
    context.close()
    assert chat.errors == []


def test_a_spanish_browser_gets_a_spanish_page_that_says_that_articles_are_in_english(spanish: Chat) -> None:
    page = spanish.page
    assert page.evaluate("document.documentElement.lang") == "es"
    assert page.title() == "medqa: respuestas sobre el dolor y su tratamiento"
    assert "están en inglés" in page.locator(".mq-welcome").inner_text()
    assert "no consejo médico" in page.locator(".mq-foot").inner_text()
    assert "Llame al 911" in page.locator("#mq-strip").inner_text()
    assert page.get_by_role("textbox", name="Su pregunta").count() == 1
    spanish.send(QUESTION)
    answer = page.locator(".mq-answer")
    assert "Es importante saber" in answer.inner_text()
    assert "sin revisión clínica" in answer.inner_text()
    assert answer.locator(".mq-text").get_attribute("lang") == "en"
    assert "&lang=es#quote" in str(answer.locator(".mq-cite").first.get_attribute("href"))
    assert page.locator("#mq-header nav a").get_attribute("href") == "/articles?lang=es"
    assert grave_findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    spanish.send(NOT_FOUND)
    assert "No encontré una respuesta" in page.locator(".mq-abstained").inner_text()
    spanish.send(EMERGENCIA)
    card = page.locator(".mq-card-emergency")
    assert "Llame al 911 ahora" in card.inner_text()
    assert card.locator(".mq-call").first.inner_text() == "Llamar al 911"
    assert page.locator("#mq-log .option").all_inner_texts() == ["Ya tengo ayuda"]


def test_the_switch_keeps_the_conversation_and_the_address_the_language(own: Chat) -> None:
    page = own.page
    own.send(EMERGENCY)
    page.click("#mq-switch")
    page.wait_for_function("document.documentElement.lang === 'es'")
    assert page.locator(".mq-you").all_inner_texts() == [EMERGENCY]
    assert page.locator(".mq-card-emergency").count() == 1
    page.wait_for_selector(".mq-strip-loud[lang=es]")
    assert page.locator("#mq-switch").inner_text() == "English"
    assert page.url.endswith("/?lang=es")
    page.reload()
    page.wait_for_selector("#mq-log .example")
    assert page.locator("#mq-send").inner_text() == "Enviar"
    page.click("#mq-switch")
    page.wait_for_function("document.documentElement.lang === 'en'")
    assert page.locator("#mq-clear").inner_text() == "" or not page.locator("#mq-clear").is_visible()


def test_right_to_left_and_endless_words_stay_inside_and_in_order(phone: Chat) -> None:
    page = phone.page
    page.set_viewport_size({"width": 320, "height": 640})
    for typed in ("ما هو الباكلوفين؟ baclofen", "Donaudampfschifffahrtsgesellschaft" * 6):
        phone.send(typed)
        bubble = page.locator(".mq-you").last
        assert bubble.inner_text() == typed
        box = bubble.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 320
    assert page.locator(".mq-you").first.evaluate("e => getComputedStyle(e).direction") == "rtl"
    assert page.locator(".mq-you").last.evaluate("e => getComputedStyle(e).direction") == "ltr"
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_at_200_percent_zoom_everything_can_be_reached(chat: Chat) -> None:
    """A window of 1280 by 800 at 200% is one of 640 by 400."""
    page = chat.page
    page.set_viewport_size({"width": 640, "height": 400})
    chat.send(QUESTION)
    assert page.evaluate("document.documentElement.scrollWidth") <= 640
    page.mouse.move(320, 200)
    page.mouse.wheel(0, 50)  # from here on the page is the reader's to scroll
    page.wait_for_timeout(100)
    for selector in (".mq-tools .mq-download", "#mq-send", "#mq-foot p", "#mq-strip a", "#mq-clear"):
        place = page.locator(selector).last
        place.scroll_into_view_if_needed()
        on_top = place.evaluate(
            "e => { const r = e.getBoundingClientRect();"
            " const m = document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2);"
            " return !!m && (e.contains(m) || m.contains(e)) }"
        )
        assert on_top, selector


def test_who_wants_no_motion_gets_none(own: Chat) -> None:
    own.page.evaluate(
        "document.querySelector('#mq-notice').insertAdjacentHTML('afterend', '<p class=\"mq-dots\">…</p>')"
    )
    dots = own.page.locator(".mq-dots").first
    assert dots.evaluate("e => getComputedStyle(e).animationName") == "none"
    own.page.emulate_media(reduced_motion="no-preference")
    assert dots.evaluate("e => getComputedStyle(e).animationName") == "mq-breathe"
    own.page.emulate_media(reduced_motion="reduce")
    assert own.page.evaluate("document.getAnimations().length") == 0


def test_the_font_is_the_page_s_own(chat: Chat) -> None:
    assert chat.page.evaluate("document.fonts.check('16px \"Atkinson Hyperlegible Next\"', 'a')")
    assert "Atkinson" in chat.page.evaluate("getComputedStyle(document.querySelector('h1')).fontFamily")
