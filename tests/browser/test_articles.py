"""Articles and library in a browser: with JavaScript and without, small and large, by keyboard, dark, on paper."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from medqa.surfaces.markup import quote_sum
from tests.browser.accessibility import grave_findings
from tests.browser.conftest import PHONE, WIDE
from tests.serving import ARTICLES, RunningApp, text_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = pytest.mark.browser

PAGES = ("/articles", "/articles/baclofen", "/articles/none")
ZOOMED = ("/articles", "/articles/baclofen")
LONG_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
ARABIC = "لا تتوقف عن تناول هذا الدواء فجأة، واسأل طبيبك أولاً."


class Reader:
    """A page for reading, with what it logged and where it reached."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.url = url
        self.page: Page = context.new_page()
        self.errors: list[str] = []
        self.foreign: list[str] = []
        self.page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda r: None if r.url.startswith(f"{url}/") else self.foreign.append(r.url))

    def open(self, path: str) -> Page:
        self.page.goto(self.url + path)
        return self.page

    def titles(self) -> list[str]:
        """Of the articles that are shown in the library."""
        return self.page.locator(".shelf li:visible strong").all_inner_texts()

    def close(self) -> None:
        self.page.close()
        # a page that is not there is reported by the browser itself
        assert [error for error in self.errors if "404" not in error] == []
        assert self.foreign == []


def _contexts(browser: Browser, **options: object) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport=WIDE, **options)  # type: ignore[arg-type]
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture(scope="module")
def with_scripts(browser: Browser) -> Iterator[BrowserContext]:
    yield from _contexts(browser)


@pytest.fixture(scope="module")
def without_scripts(browser: Browser) -> Iterator[BrowserContext]:
    yield from _contexts(browser, java_script_enabled=False)


@pytest.fixture
def reader(with_scripts: BrowserContext, served: RunningApp) -> Iterator[Reader]:
    reader = Reader(with_scripts, served.url)
    yield reader
    reader.close()


@pytest.fixture
def plain(without_scripts: BrowserContext, served: RunningApp) -> Iterator[Reader]:
    """Without JavaScript."""
    reader = Reader(without_scripts, served.url)
    yield reader
    reader.close()


@pytest.fixture(scope="module")
def citations(served: RunningApp) -> list[str]:
    """Addresses behind the markers of a real answer."""
    html = text_of(served.ask("Can I stop baclofen suddenly?")[-1])
    found = re.findall(r'href="(/articles/[^"]+#quote)"', html)
    assert found
    return sorted({link.replace("&amp;", "&") for link in found})


@pytest.mark.parametrize("script", ["with JavaScript", "without"])
def test_a_citation_opens_at_exactly_the_quoted_words(
    reader: Reader, plain: Reader, citations: list[str], script: str
) -> None:
    used = plain if script == "without" else reader
    for size in (WIDE, PHONE):
        used.page.set_viewport_size(size)
        for link in citations:
            page = used.open(link)
            marks = page.locator("mark")
            marked = "".join(marks.all_text_contents())
            query = parse_qs(urlsplit(link).query)
            assert len(marked) == int(query["end"][0]) - int(query["start"][0])
            assert quote_sum(marked) == query["sum"][0], "the marked words are the quote, to the letter"
            box = marks.first.bounding_box()
            bar = page.locator(".top").bounding_box()
            assert box is not None
            assert bar is not None
            assert bar["y"] + bar["height"] <= box["y"] < size["height"] * 0.7, "in view, below the bar"
            assert "You came here from an answer" in page.locator(".quoted").inner_text()


def test_an_article_has_what_a_reader_needs_to_trust_it(plain: Reader) -> None:
    page = plain.open("/articles/baclofen")
    facts = page.locator(".facts").inner_text()
    assert "Not clinically reviewed" in facts
    assert re.search(r"Written on \d{4}-\d\d-\d\d", facts)
    assert re.search(r"Next review due \d{4}-\d\d-\d\d", facts)
    assert re.search(r"US school grade \d", facts)
    assert "Demonstration library, not clinically reviewed." in page.locator(".demo").inner_text()
    assert re.search(r"looked at on \d{4}-\d\d-\d\d", page.locator(".sources").inner_text())
    assert page.locator(".sources a[href^='https://']").count() > 3
    related = page.locator(".related a strong").all_inner_texts()
    assert any("aclofen" in title for title in related)
    anchors = page.locator(".contents-open a").evaluate_all("links => links.map(l => l.getAttribute('href'))")
    assert len(anchors) > 8
    page.locator(".contents-open a").nth(5).click()
    heading = page.locator(f"[id='{anchors[5][1:]}']")
    box = heading.bounding_box()
    assert box is not None
    assert 40 < box["y"] < 200, "a heading is not hidden below the bar"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_axe_finds_nothing_grave(reader: Reader, citations: list[str], scheme: str, size: dict[str, int]) -> None:
    reader.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    reader.page.set_viewport_size(size)  # type: ignore[arg-type]
    found = {path: grave_findings(reader.open(path)) for path in (*PAGES, citations[0])}
    assert [finding for findings in found.values() for finding in findings] == []


@pytest.mark.parametrize("width", [320, 640], ids=["320 pixels", "1280 pixels at 200%"])
def test_nothing_scrolls_sideways_whatever_the_words(plain: Reader, reader: Reader, width: int) -> None:
    for used in (plain, reader):
        used.page.set_viewport_size({"width": width, "height": 512})
        for path in PAGES:
            page = used.open(path)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    for path in ZOOMED:
        page = reader.open(path)
        page.evaluate(
            "word => document.querySelectorAll('h1, h2, .summary, .body p, .body li, .cards strong, .about, .here')"
            ".forEach(place => { place.textContent = word })",
            LONG_WORD,
        )
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{path} with long words"


def test_text_from_right_to_left_runs_from_right_to_left(reader: Reader) -> None:
    page = reader.open("/articles/baclofen")
    for place in ("h1", ".summary", ".body p", ".body ul"):
        direction = page.locator(place).first.evaluate(
            "(e, text) => { (e.querySelector('li') || e).textContent = text; return getComputedStyle(e).direction }",
            ARABIC,
        )
        assert direction == "rtl", place
    assert page.locator(".body p").nth(1).evaluate("e => getComputedStyle(e).direction") == "ltr"


def test_the_keyboard_reaches_the_text_at_once_and_a_source_at_last(reader: Reader) -> None:
    page = reader.open("/articles/baclofen")
    page.keyboard.press("Tab")
    skip = page.locator(".skip")
    assert skip.evaluate("e => e === document.activeElement && e.getBoundingClientRect().left >= 0")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("!!document.activeElement.closest('#main')")
    last = page.locator(".to-top a")
    last.focus()
    page.keyboard.press("Shift+Tab")
    focused = "document.activeElement"
    assert page.evaluate(f"{focused}.closest('.sources') && {focused}.href.startsWith('http')")
    assert page.evaluate(f"getComputedStyle({focused}).outlineStyle") == "solid", "focus is seen"


# --- the library -----------------------------------------------------------------------------------------

SEARCHES = ("", "bacl", "lioresal", "back pain", "relaxer muscle", "Néurontin", "xylophone", "can I stop baclofen")


def test_the_search_finds_the_same_with_and_without_javascript(plain: Reader, reader: Reader) -> None:
    sent, typed = plain.open("/articles"), reader.open("/articles")
    for query in SEARCHES:
        sent.fill("#query", query)
        sent.click(".find button")
        typed.fill("#query", query)
        assert reader.titles() == plain.titles(), query
        assert typed.locator(".by:visible").all_inner_texts() == sent.locator(".by:visible").all_inner_texts()
        assert typed.locator("#none").is_visible() == sent.locator("#none").is_visible() == (not reader.titles())
        assert typed.locator("#found-count").text_content() == sent.locator("#found-count").text_content()


def _topics(page: Page, kind: str) -> list[str]:
    """Topics of the articles of a kind."""
    attributes = page.locator(f".cards li[data-kind={kind}]").evaluate_all("all => all.map(e => e.dataset.topics)")
    return [topic for topics in attributes for topic in topics.split("\n")]


def test_kind_and_topic_narrow_the_list_and_go_with_the_search(plain: Reader, reader: Reader) -> None:
    for used, sends in ((plain, True), (reader, False)):
        page = used.open("/articles")
        everything = used.titles()
        (topic,) = {t for t in _topics(page, "medicine") if t in _topics(page, "safety")}
        if not page.locator(".narrow").evaluate("e => e.open"):
            page.click(".narrow summary")
        page.locator("input[name=kind][value=medicine]").check(force=True)
        page.select_option("#topic", topic)
        if sends:
            page.click(".find button")
        assert used.titles() == ["Baclofen"]
        assert len(everything) == len(ARTICLES)
        page.click(".found a")
        assert used.titles() == everything


def test_what_is_searched_for_stays_out_of_addresses_and_logs(plain: Reader, served: RunningApp) -> None:
    page = plain.open("/articles")
    page.fill("#query", "zebrafish hurts")
    page.click(".find button")
    assert page.url == f"{served.url}/articles#found"
    assert page.input_value("#query") == "zebrafish hurts"
    assert "zebrafish" not in served.log
    page.fill("#query", "bacloffen")
    page.keyboard.press("Enter")
    near = page.locator("#none a", has_text="Baclofen").first
    near.click()
    assert page.url == f"{served.url}/articles/baclofen"
    assert "bacloffen" not in served.log


def test_what_is_near_is_offered_until_other_words_are_typed(reader: Reader) -> None:
    page = reader.open("/articles")
    page.fill("#query", "bacloffen")
    page.keyboard.press("Enter")
    near = page.locator("#none a", has_text="Baclofen").first
    near.wait_for()
    page.fill("#query", "xylophone")
    assert near.is_hidden()
    assert page.locator("#none").is_visible()


def test_the_library_is_used_by_keyboard_alone(reader: Reader) -> None:
    page = reader.open("/articles")
    page.locator("#query").focus()
    page.keyboard.type("gabap")
    assert page.locator(".found").get_attribute("role") == "status"
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("!!document.activeElement.closest('.cards')"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/articles/gabapentin")


# --- in Spanish ------------------------------------------------------------------------------------------


def test_a_spanish_reader_gets_spanish_words_around_an_article_that_is_said_to_be_in_english(
    browser: Browser, served: RunningApp, citations: list[str]
) -> None:
    for context in _contexts(browser, locale="es-MX"):
        spanish = Reader(context, served.url)
        page = spanish.open(citations[0])
        assert page.evaluate("document.documentElement.lang") == "es"
        assert "Sin revisión clínica" in page.locator(".facts").inner_text()
        assert "está en inglés" in page.locator(".english").inner_text()
        assert page.locator("mark").first.evaluate("e => e.closest('[lang]').lang") == "en"
        assert grave_findings(page) == []
        marked = page.locator("mark").all_text_contents()
        page.locator(".switch").click()
        page.wait_for_function("document.documentElement.lang === 'en'")
        assert page.locator("mark").all_text_contents() == marked, "the same quote"
        page.locator(".to-library").click()
        assert page.locator("h1").inner_text() == "Library", "the language that was chosen goes on"
        page.locator(".switch").click()
        page.wait_for_function("document.documentElement.lang === 'es'")
        assert grave_findings(page) == []
        page.fill("#query", "bacloffen")
        page.keyboard.press("Enter")
        near = page.locator("#none a", has_text="Baclofen").first
        near.wait_for()
        assert "Quiso decir" in page.locator("#none").inner_text()
        near.click()
        assert page.evaluate("document.documentElement.lang") == "es"
        page.set_viewport_size(PHONE)
        assert not page.locator(".bar .switch").is_visible()
        for words in ("Todos los artículos", "English"):
            assert page.locator(".foot-ways a", has_text=words).is_visible(), "a telephone finds the ways at the foot"
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        spanish.close()


# --- print and policy ------------------------------------------------------------------------------------


def test_on_paper_are_the_text_its_dates_and_its_sources_with_their_addresses(
    reader: Reader, citations: list[str]
) -> None:
    page = reader.open(citations[0])
    page.emulate_media(media="print")
    for place in (".bar nav", ".aside", ".quoted", ".related"):
        assert page.locator(place).first.is_hidden(), place
    for place in ("h1", ".facts", ".demo", "mark", ".sources", ".foot"):
        assert page.locator(place).first.is_visible(), place
    address = page.locator(".sources a").first.evaluate("e => getComputedStyle(e, '::after').content")
    assert "https://" in address or "attr(href)" in address
    assert page.locator("mark").first.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"


@pytest.mark.parametrize("path", ["/", "/articles", "/articles/baclofen"])
def test_a_script_that_got_into_a_page_does_not_run(browser: Browser, served: RunningApp, path: str) -> None:
    """Not in the chat either, where the framework's own scripts run."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(served.url + path)
    page.evaluate(
        "() => { const place = document.createElement('div'); document.body.append(place);"
        ' place.innerHTML = \'<img src="/medqa/none.png" onerror="window.broken = 1">\';'
        " const script = document.createElement('script'); script.textContent = 'window.broken = 2';"
        " document.body.append(script) }"
    )
    page.wait_for_timeout(200)
    assert page.evaluate("window.broken") is None
    context.close()
