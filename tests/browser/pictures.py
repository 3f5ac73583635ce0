"""The README's pictures, taken from a running chat: ``make pictures URL=http://127.0.0.1:7860``."""

from __future__ import annotations

import argparse
from pathlib import Path

from playwright.sync_api import Browser, ViewportSize, sync_playwright

from tests.browser.conftest import CHROMIUM, PHONE, QUIET, WIDE

FOLDER = Path(__file__).parents[2] / "docs" / "images"
MAX_BYTES = 150_000
PICTURES: tuple[tuple[str, ViewportSize, str], ...] = (
    ("first-screen.png", PHONE, ""),
    ("answer.png", WIDE, "Can I stop baclofen suddenly?"),
    ("emergency.png", PHONE, "I have crushing chest pain and I cannot breathe"),
)
"""File, window, and the question that is asked before (none: the first screen)."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", nargs="?", default="http://127.0.0.1:7860")
    url = parser.parse_args().url
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        for name, size, question in PICTURES:
            _take(browser, url, FOLDER / name, size, question)
        browser.close()


def _take(browser: Browser, url: str, path: Path, size: ViewportSize, question: str) -> None:
    page = browser.new_page(viewport=size, color_scheme="light", reduced_motion="reduce", locale="en-US")
    page.goto(url)
    page.wait_for_selector("#mq-log .example")
    if question:
        page.fill("#mq-box textarea", question)
        page.keyboard.press("Enter")
        page.wait_for_selector("#mq-log .mq-reply:not(.mq-growing)")
        page.evaluate("document.activeElement.blur()")
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(500)
    page.screenshot(path=path)
    page.close()
    if path.stat().st_size > MAX_BYTES:
        raise SystemExit(f"{path} has {path.stat().st_size:,} bytes; the limit is {MAX_BYTES:,}.")


if __name__ == "__main__":
    main()
