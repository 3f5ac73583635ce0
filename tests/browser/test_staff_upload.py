"""Upload in a browser: what a file would change, kept, built, quoted in an answer, taken back, gone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from medqa.state import Role
from tests.browser.accessibility import grave_findings
from tests.browser.conftest import PHONE
from tests.browser.rooms import Room, signed_in
from tests.serving import ROOT, RunningApp, text_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
SENTENCE = "A purple ribbon on the pump card shows that baclofen is in it."
QUESTION = "what does a purple ribbon mean?"
BUILD_MS = 120_000


@pytest.fixture
def ada(browser: Browser, served: RunningApp) -> Iterator[Room]:
    with signed_in(browser, served, Role.ADMIN) as room:
        yield room


@pytest.fixture
def edited(tmp_path: Path) -> Path:
    """An article of the corpus with a section more, under another name."""
    (found,) = (ROOT / "corpus").rglob("baclofen.md")
    text = found.read_text(encoding="utf-8")
    file = tmp_path / "My <new> article.md"
    file.write_text(text.replace("\n## ", f"\n## What is the purple ribbon?\n\n{SENTENCE}\n\n## ", 1), encoding="utf-8")
    return file


def build(ada: Room) -> Page:
    page = ada.open("/staff/care")
    page.get_by_role("button", name="Build from the articles").click()
    expect(page.locator("p.note[role=status]")).to_contain_text("A new build is live", timeout=BUILD_MS)
    return page


def answers(served: RunningApp) -> str:
    """What the chat says to the question, without its markup."""
    return unescape(re.sub(r"<[^>]+>", "", text_of(served.ask(QUESTION)[-1])))


def test_from_a_file_to_an_answer_and_back(ada: Room, served: RunningApp, edited: Path) -> None:
    page = ada.open("/staff/care")
    page.get_by_role("link", name="Upload an article").click()
    page.set_input_files("#file", edited)
    page.get_by_role("button", name="See what would change").click()
    expect(page.locator("#would")).to_have_text("What changes in “Baclofen”")
    expect(page.locator(".difference ins").first).to_contain_text(SENTENCE)
    expect(page.locator(".empty")).to_have_text("Nothing was uploaded.")
    assert grave_findings(page) == []
    page.set_viewport_size(PHONE)
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, "only tables scroll sideways"
    page.emulate_media(color_scheme="dark")
    assert grave_findings(page) == []
    page.get_by_role("button", name="Keep it for the next build").click()
    expect(page.locator("tbody tr")).to_contain_text("admin")
    assert SENTENCE not in answers(served), "served is what is built"
    expect(build(ada).locator("p.note[role=status]")).to_contain_text("Uploads stand in for: baclofen.")
    expect(ada.open("/articles/baclofen").locator("main")).to_contain_text(SENTENCE)
    assert SENTENCE in answers(served)
    page = ada.open("/staff/upload")
    page.get_by_label("Why the upload of baclofen is taken back").fill("a trial")
    page.get_by_role("button", name="Take back").click()
    expect(page.locator(".empty")).to_have_text("Nothing was uploaded.")
    build(ada)
    assert SENTENCE not in answers(served)


def test_without_scripts_an_article_is_pasted_and_staff_only_look(
    browser: Browser, served: RunningApp, edited: Path
) -> None:
    with signed_in(browser, served, Role.STAFF, java_script_enabled=False) as room:
        page = room.open("/staff/upload")
        assert not page.locator("#file").is_visible()
        page.fill("#text", edited.read_text(encoding="utf-8"))
        page.get_by_role("button", name="See what would change").click()
        expect(page.locator("ins").filter(has_text=SENTENCE)).to_be_visible()
        expect(page.get_by_text("Admins keep it for the next build.")).to_be_visible()
