"""An article uploaded in a browser: chosen as a file, or pasted where there are no scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from medqa.state import Role
from tests.browser.accessibility import grave_findings
from tests.browser.rooms import signed_in
from tests.serving import ROOT, RunningApp

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser
ARTICLE = next((ROOT / "corpus").rglob("baclofen.md"))
NEW = "A purple ribbon is on the card."


def edited() -> str:
    return ARTICLE.read_text(encoding="utf-8").replace("\n## ", f"\n## What is on the card?\n\n{NEW}\n\n## ", 1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_file_is_compared_kept_and_taken_back(browser: Browser, served: RunningApp, scheme: str) -> None:
    file = {"name": "Bacloféñ ‹new›.md", "mimeType": "text/markdown", "buffer": edited().encode()}
    with signed_in(browser, served, Role.ADMIN, color_scheme=scheme) as room:
        page = room.open("/staff/upload")
        assert grave_findings(page) == []
        page.set_input_files("#file", files=[file])  # type: ignore[list-item]
        page.get_by_role("button", name="See what would change").click()
        expect(page.get_by_role("heading", name="What changes in “Baclofen”")).to_be_visible()
        expect(page.locator("ins").filter(has_text=NEW)).to_be_visible()
        assert page.locator("del").count() == 0
        assert grave_findings(page) == []
        page.get_by_role("button", name="Keep it for the next build").click()
        expect(page.locator("tbody").last).to_contain_text("baclofen.md")
        page.get_by_placeholder("Why").fill("the test is over")
        page.get_by_role("button", name="Take back").click()
        expect(page.locator(".empty")).to_contain_text("Nothing was uploaded")


def test_without_scripts_an_article_is_pasted_and_staff_only_look(browser: Browser, served: RunningApp) -> None:
    with signed_in(browser, served, Role.STAFF, java_script_enabled=False) as room:
        page = room.open("/staff/upload")
        assert not page.locator("#file").is_visible()
        page.fill("#text", edited())
        page.get_by_role("button", name="See what would change").click()
        expect(page.locator("ins").filter(has_text=NEW)).to_be_visible()
        expect(page.get_by_text("Admins keep it for the next build.")).to_be_visible()
