"""What can be done with an answer: copied, printed, downloaded, put otherwise, commented on."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import pytest
from pypdf import PdfReader

from medqa.state import Feedback, FeedbackStore
from tests.browser.conftest import Chat
from tests.serving import RunningApp

pytestmark = pytest.mark.browser

QUESTION = "What are the side effects of baclofen?"
OTHER = "What is gabapentin used for?"
MISSPELT = "what are the side efects of baclofn"


def _today() -> str:
    return date.today().isoformat()


def _kept(served: RunningApp) -> tuple[Feedback, ...]:
    return FeedbackStore(served.folder / "index").list()


def test_the_copy_has_the_answer_with_its_citations_as_text(chat: Chat) -> None:
    chat.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=chat.url)
    chat.send(QUESTION)
    chat.page.click(".mq-copy")
    chat.page.wait_for_function("document.querySelector('#mq-heard').textContent.includes('Copied')")
    text = chat.page.evaluate("navigator.clipboard.readText()")
    chat.context.clear_permissions()
    assert text.startswith(QUESTION)
    sentences = chat.page.locator(".mq-answer .mq-quoted").all_inner_texts()
    assert sentences
    for n, sentence in enumerate(sentences, start=1):
        assert f"{sentence.strip()} [{n}]" in text
    assert "not clinically reviewed" in text
    assert "not medical advice" in text
    assert _today() in text


def test_without_a_clipboard_the_copy_still_works(own: Chat) -> None:
    own.page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('not here')) }")
    own.page.evaluate("document.addEventListener('copy', () => { window.copied = true })")
    own.send(QUESTION)
    own.page.click(".mq-copy")
    own.page.wait_for_function("document.querySelector('#mq-heard').textContent.includes('Copied')")
    assert own.page.evaluate("window.copied")


def test_the_download_is_markdown_with_sources_and_date(chat: Chat) -> None:
    chat.send(QUESTION)
    with chat.page.expect_download() as started:
        chat.page.click(".mq-download")
    assert started.value.suggested_filename == f"medqa-{_today()}.md"
    text = Path(started.value.path()).read_text(encoding="utf-8")
    assert text.startswith(f"# {QUESTION}\n")
    assert "**Sources**" in text
    assert "Baclofen" in text
    assert "not clinically reviewed" in text


def test_what_is_printed_is_one_answer_with_its_quotes_and_date(own: Chat) -> None:
    page = own.page
    own.send(OTHER)
    own.send(QUESTION)
    page.evaluate("window.print = () => { dispatchEvent(new Event('beforeprint')) }")
    page.locator(".mq-print").last.click()
    printed = _printed(own)
    assert QUESTION in printed
    assert OTHER not in printed
    assert "Common side effects of baclofen" in printed
    assert "[1]" in printed
    assert "What are the common side effects of baclofen?" in printed, "the section, without its fold"
    assert "quotes" not in printed
    assert "not clinically reviewed" in printed
    assert _today() in printed
    assert "not medical advice" in printed
    for button in ("Clear chat", "Download", "Send", "You could also ask"):
        assert button not in printed
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("#mq-log details[open]").count() == 0
    both = _printed(own)
    assert OTHER in both, "the browser's own print has the whole conversation"
    assert QUESTION in both


def test_paper_is_white_whatever_the_screen(own: Chat) -> None:
    own.page.emulate_media(color_scheme="dark")
    own.send(QUESTION)
    own.page.emulate_media(color_scheme="dark", media="print")
    for selector in (".mq-quoted", ".mq-where", ".mq-review", ".mq-paper"):
        ink = own.page.locator(selector).first.evaluate("e => getComputedStyle(e).color.match(/\\d+/g).map(Number)")
        assert sum(ink[:3]) < 380, f"{selector} is dark on white: {ink}"


def _printed(chat: Chat) -> str:
    pages = PdfReader(io.BytesIO(chat.page.pdf())).pages
    assert len(pages) <= 4
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def test_a_question_that_was_read_otherwise_can_be_put_again(chat: Chat) -> None:
    chat.send(MISSPELT)
    page = chat.page
    assert "baclofen" in page.locator(".mq-read-as").inner_text()
    page.click(".mq-reask")
    assert page.input_value("#mq-box textarea") == MISSPELT
    assert page.evaluate("document.activeElement === document.querySelector('#mq-box textarea')")
    assert "Change it" in page.locator("#mq-notice").inner_text()
    before = chat.replies
    page.fill("#mq-box textarea", QUESTION)
    page.keyboard.press("Enter")
    chat.settle(before)
    assert page.locator(".mq-you").last.inner_text() == QUESTION


def test_feedback_keeps_the_answer_and_the_question_only_with_consent(chat: Chat, served: RunningApp) -> None:
    page = chat.page
    chat.send(QUESTION)
    before = len(_kept(served))
    page.click(".mq-no")
    form = page.locator("#mq-feedback")
    assert "this answer with its sources" in form.inner_text()
    assert not page.locator("[name=consent]").is_checked()
    page.click(".mq-feedback-send")
    assert "choose what was wrong" in page.locator("#mq-feedback-said").inner_text()
    assert len(_kept(served)) == before
    page.check("[value=unclear]")
    page.click(".mq-feedback-send")
    page.wait_for_selector("#mq-feedback", state="hidden")
    assert "Thank you" in page.locator(".mq-did").inner_text()
    newest = _kept(served)[0]
    assert (newest.helpful, newest.reason, newest.question) == (False, "unclear", None)
    assert [s["text"] for s in newest.answer["answer"]] == [
        text.strip() for text in page.locator(".mq-answer .mq-quoted").all_inner_texts()
    ]

    chat.send(OTHER)
    page.locator(".mq-yes").last.click()
    assert not page.locator(".mq-reasons").is_visible()
    assert page.locator("#mq-asked").inner_text() == OTHER
    page.check("[name=consent]")
    page.click(".mq-feedback-send")
    page.wait_for_selector("#mq-feedback", state="hidden")
    newest = _kept(served)[0]
    assert (newest.helpful, newest.question) == (True, OTHER)
    assert len(_kept(served)) == before + 2


def test_feedback_can_be_left_again_and_a_failure_is_said(chat: Chat, served: RunningApp) -> None:
    page = chat.page
    chat.send(QUESTION)
    before = len(_kept(served))
    page.click(".mq-yes")
    page.keyboard.press("Escape")
    assert not page.locator("#mq-feedback").is_visible()
    assert page.evaluate("document.activeElement.matches('.mq-yes')"), "the focus is where it was"
    page.click(".mq-yes")
    page.route("**/feedback", lambda route: route.fulfill(status=503))
    page.click(".mq-feedback-send")
    page.wait_for_function("document.querySelector('#mq-feedback-said').textContent.includes('could not be kept')")
    page.unroute("**/feedback")
    page.click(".mq-feedback-cancel")
    assert len(_kept(served)) == before
    chat.errors.clear()


def test_an_answer_not_found_can_be_commented_on_and_a_card_not(chat: Chat) -> None:
    chat.send("Which stock should I buy this week?")
    assert chat.page.locator(".mq-abstained .mq-no").count() == 1
    chat.page.click("#mq-clear")
    chat.page.wait_for_selector("#mq-log .example")
    chat.send("I have crushing chest pain and I cannot breathe")
    assert chat.page.locator(".mq-tools, .mq-next, .mq-sources").count() == 0
