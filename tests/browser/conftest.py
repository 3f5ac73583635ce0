"""Debian's Chromium on the real app. Whatever a test does, the page may log no error and reach no other host."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tests.serving import RunningApp

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Request, ViewportSize

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
WIDE: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 375, "height": 700}
NO_BROWSER = "!!! NO BROWSER: the chat was NOT tested in Chromium. Install it: apt-get install -y chromium"


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Ends with this folder: while it runs, Playwright's event loop keeps other tests from running theirs."""
    if CHROMIUM is None:
        if os.environ.get("CI") == "true":
            pytest.fail(NO_BROWSER)
        pytest.skip(NO_BROWSER)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield chromium
        chromium.close()


@dataclass
class Chat:
    """The chat in one page, with what it logged and where it reached."""

    page: Page
    context: BrowserContext
    url: str
    errors: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def saw(self, request: Request) -> None:
        if not request.url.startswith((f"{self.url}/", "data:", "blob:")):
            self.foreign.append(request.url)

    def open(self) -> None:
        self.page.goto(self.url)
        self.page.wait_for_selector("#mq-log .example")

    def is_fresh(self) -> bool:
        """Whether the page stands there as it does after loading."""
        return self.page.url.rstrip("/") == self.url and bool(
            self.page.evaluate(
                "() => document.documentElement.lang === 'en' && !!document.querySelector('#mq-log .example')"
                " && !document.querySelector('.mq-you, .mq-reply, dialog[open], .toast-body')"
                " && !document.querySelector('#mq-box textarea').value && !document.body.matches('.mq-busy, .mq-lost')"
                " && document.querySelector('#mq-notice').hidden"
            )
        )

    def tidy_up(self) -> None:
        """Clears the conversation and what a test has set; a page that does not come clean is loaded anew."""
        self.page.unroute_all()
        self.page.emulate_media(color_scheme="light", reduced_motion="reduce", media="screen")
        clear = self.page.locator("#mq-clear")
        covered = self.page.locator("dialog[open], .toast-body").count()
        if self.page.url.rstrip("/") == self.url and clear.is_visible() and not covered:
            clear.click()
            self.page.wait_for_selector("#mq-log .example")

    def send(self, question: str) -> None:
        """Types and sends, and waits until the reply is there."""
        before = self.replies
        self.page.fill("#mq-box textarea", question)
        self.page.keyboard.press("Enter")
        self.settle(before)

    def settle(self, before: int) -> None:
        """Waits for the reply after `before` replies, whole."""
        self.page.wait_for_function(
            "before => document.querySelectorAll('#mq-log .mq-reply:not(.mq-waiting)').length > before"
            " && !document.querySelector('#mq-log .mq-waiting')",
            arg=before,
        )
        self.page.wait_for_function(
            "() => { const r = [...document.querySelectorAll('#mq-log .mq-reply')].at(-1);"
            " return !r.matches('.mq-answer') || r.querySelector('.mq-sources') }"
        )

    @property
    def replies(self) -> int:
        return self.page.locator("#mq-log .mq-reply:not(.mq-waiting)").count()

    @property
    def last(self) -> str:
        """The newest reply's HTML."""
        return self.page.locator("#mq-log .mq-reply").last.inner_html()


@pytest.fixture(scope="package")
def context(browser: Browser, served: RunningApp) -> Iterator[BrowserContext]:
    """One for all tests, so that the page's own files come from its cache; nothing else may stay in it."""
    context = browser.new_context(reduced_motion="reduce", viewport=WIDE)
    context.set_default_timeout(15_000)
    yield context
    context.close()


def _new_chat(context: BrowserContext, served: RunningApp) -> Chat:
    chat = Chat(context.new_page(), context, served.url)
    context.on("request", chat.saw)
    chat.watch(chat.page)
    return chat


def _close(chat: Chat) -> None:
    chat.context.remove_listener("request", chat.saw)
    chat.page.close()


def _lent(chat: Chat, served: RunningApp, size: ViewportSize) -> Iterator[Chat]:
    """`chat` for one test, and what no test may leave behind."""
    chat.errors.clear()
    chat.foreign.clear()
    chat.page.set_viewport_size(size)
    if not chat.is_fresh():
        chat.open()
    before = set(chat.context.pages)
    yield chat
    stored = chat.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    for page in set(chat.context.pages) - before:
        page.close()
    assert chat.foreign == []
    assert chat.errors == []
    assert stored == '[{},{},""]', "nothing is kept in the browser"
    assert served.network_attempts == []


@pytest.fixture(scope="package")
def shared(context: BrowserContext, served: RunningApp) -> Iterator[Chat]:
    """One page for the tests that only use it. Between two of them its conversation is cleared, as people do."""
    chat = _new_chat(context, served)
    yield chat
    _close(chat)


@pytest.fixture
def chat(shared: Chat, served: RunningApp) -> Iterator[Chat]:
    try:
        yield from _lent(shared, served, WIDE)
    finally:
        shared.tidy_up()


@pytest.fixture
def phone(shared: Chat, served: RunningApp) -> Iterator[Chat]:
    try:
        yield from _lent(shared, served, PHONE)
    finally:
        shared.tidy_up()


@pytest.fixture
def own(context: BrowserContext, served: RunningApp) -> Iterator[Chat]:
    """A page just loaded, for a test that looks at the loading or changes the page itself."""
    chat = _new_chat(context, served)
    try:
        yield from _lent(chat, served, WIDE)
    finally:
        _close(chat)
