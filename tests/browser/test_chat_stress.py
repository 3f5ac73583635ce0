"""The chat when things go wrong: slow and broken networks, a restarted server, many people, strange input."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.browser.conftest import Chat
from tests.browser.door import Door
from tests.serving import MAX_QUESTION_CHARS, RunningApp, running_app, text_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

QUESTION = "What are the side effects of baclofen?"
OTHER = "What is gabapentin used for?"
PEOPLE = 20


@pytest.fixture
def slow(own: Chat) -> Iterator[Chat]:
    """A telephone far from the next mast: 50 kbit/s and a second of delay."""
    line = own.context.new_cdp_session(own.page)
    line.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 1000, "downloadThroughput": 6400, "uploadThroughput": 6400},
    )
    yield own
    line.detach()


def test_on_a_slow_network_one_sees_that_the_question_is_on_its_way(slow: Chat) -> None:
    page = slow.page
    page.fill("#mq-box textarea", QUESTION)
    page.click("#mq-send")
    page.wait_for_function("document.querySelector('#mq-notice').textContent.includes('Sending your question')")
    assert page.locator("body.mq-busy").count() == 1
    slow.settle(0)
    page.wait_for_function("!document.body.matches('.mq-busy')")
    assert not page.locator("#mq-notice").is_visible()
    assert page.locator(".mq-answer").count() == 1


def test_a_network_that_fails_before_the_question_is_out_keeps_it_in_the_box(own: Chat) -> None:
    page = own.page
    own.send(OTHER)
    page.route("**/queue/join*", lambda route: route.abort())
    page.fill("#mq-box textarea", QUESTION)
    page.click("#mq-send")
    _wait_for(page, "The connection was lost")
    assert page.input_value("#mq-box textarea") == QUESTION
    page.unroute("**/queue/join*")
    _wait_for(page, "The connection is back")
    own.errors.clear()
    assert page.input_value("#mq-box textarea") == QUESTION
    assert page.locator(".mq-answer").count() == 1, "what was there stays"
    before = own.replies
    page.click("#mq-send")
    own.settle(before)
    assert page.locator(".mq-you").all_inner_texts() == [OTHER, QUESTION]
    assert not page.locator("#mq-notice").is_visible()


def test_a_server_restarted_in_the_middle_of_an_answer_costs_only_pressing_send_again(
    browser: Browser, served: RunningApp, tmp_path: Path
) -> None:
    page = browser.new_page(reduced_motion="reduce")
    with Door() as door:
        with running_app(_beside(served, tmp_path / "first")) as first:
            door.leads_to(first.url)
            chat = Chat(page, page.context, door.url)
            chat.open()
            chat.send(OTHER)
            os.kill(first.pid, signal.SIGSTOP)  # it has the question and gives no answer
            page.fill("#mq-box textarea", QUESTION)
            page.click("#mq-send")
            page.wait_for_timeout(300)
            os.kill(first.pid, signal.SIGKILL)
        _wait_for(page, "The connection was lost")
        assert page.input_value("#mq-box textarea") == QUESTION
        door.leads_to(served.url)
        _wait_for(page, "The connection is back")
        before = chat.replies
        page.click("#mq-send")
        chat.settle(before)
        assert page.locator(".mq-you").all_inner_texts() == [OTHER, QUESTION]
        assert page.locator(".mq-answer").count() == 2
        page.locator(".mq-yes").first.click()
        page.click(".mq-feedback-send")
        page.wait_for_function("document.querySelector('#mq-feedback-said').textContent.includes('started anew')")
        page.close()


def _beside(served: RunningApp, folder: Path) -> Path:
    """A folder with the index of `served`, so that nothing has to be built."""
    folder.mkdir()
    shutil.copytree(served.folder / "index", folder / "index")
    return folder


def _wait_for(page: Page, words: str) -> None:
    page.wait_for_function(
        "words => document.querySelector('#mq-notice')?.textContent.includes(words)", arg=words, timeout=45_000
    )


def test_twenty_people_at_once_all_get_their_own_answer(chat: Chat, served: RunningApp) -> None:
    questions = [QUESTION, OTHER, "What helps against sciatica?", "I have crushing chest pain and I cannot breathe"]

    def person(n: int) -> list[str]:
        return [text_of(message) for message in served.ask(questions[n % len(questions)])]

    with ThreadPoolExecutor(PEOPLE) as crowd:
        others = [crowd.submit(person, n) for n in range(PEOPLE)]
        chat.send(QUESTION)
        for n, other in enumerate(others):
            asked, answered = other.result(timeout=60)
            assert questions[n % len(questions)] in asked
            assert ("mq-card-emergency" in answered) == (n % len(questions) == 3)
            assert "mq-waiting" not in answered
    assert chat.page.locator(".mq-you").all_inner_texts() == [QUESTION]
    assert "sleepiness" in chat.last.lower()


@pytest.mark.parametrize(
    "pasted",
    [
        "<table><tr><td onclick='x()'>baclofen</td></tr></table><script>document.title='owned'</script>",
        "💊🤕 what is baclofen? 👩‍⚕️",
        "What is\n\n  baclofen?\n- used\n- for",
    ],
)
def test_pasted_html_emoji_and_lines_are_shown_to_the_letter(chat: Chat, pasted: str) -> None:
    page = chat.page
    page.focus("#mq-box textarea")
    page.evaluate("text => document.execCommand('insertText', false, text)", pasted)
    before = chat.replies
    page.click("#mq-send")
    chat.settle(before)
    shown = page.locator(".mq-you").last.inner_text()
    assert shown.split() == pasted.split()
    assert page.locator("#mq-log table").count() == 0
    assert page.title() != "owned"


def test_a_very_long_question_can_be_shortened_and_sent(chat: Chat) -> None:
    chat.send("Baclofen? " * MAX_QUESTION_CHARS)
    assert "longer than I can read" in chat.last
    box = chat.page.locator("#mq-box textarea")
    assert (box.bounding_box() or {"height": 999})["height"] < 250
    chat.send(QUESTION)
    assert chat.page.locator(".mq-answer").count() == 1


def test_no_question_stands_in_address_or_log(chat: Chat, served: RunningApp) -> None:
    addresses: list[str] = []
    chat.page.on("request", lambda request: addresses.append(request.url))
    secret = "Does zanzibarol help against my back pain?"
    chat.send(secret)
    chat.page.click(".mq-no")
    chat.page.check("[value=unsafe]")
    chat.page.click(".mq-feedback-send")
    chat.page.wait_for_selector("#mq-feedback", state="hidden")
    assert not any("zanzibarol" in address.lower() for address in [*addresses, chat.page.url])
    assert "zanzibarol" not in served.log.lower()
    files = [path for path in served.folder.rglob("*") if path.is_file()]
    assert not any(b"zanzibarol" in path.read_bytes().lower() for path in files)
    assert httpx.get(f"{served.url}/healthz").status_code == 200
