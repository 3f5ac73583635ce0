"""The rooms behind the sign-in in Chromium, each role in a browser context of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from medqa.state import People, Role
from tests.browser.conftest import WIDE
from tests.serving import RunningApp

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

PASSWORD = "four words in a row"


@dataclass
class Room:
    """A page of somebody who is signed in, with what it logged and where it reached."""

    page: Page
    context: BrowserContext
    url: str
    errors: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        self.page.goto(self.url + path)
        return self.page


@contextmanager
def signed_in(browser: Browser, served: RunningApp, role: Role, **options: Any) -> Iterator[Room]:
    """Somebody with `role` in a context of their own (`options` as of `Browser.new_context`).

    Leaving it demands that no page logged an error, reached another host or kept anything in the browser.
    """
    name = f"browser-{role}"
    People(served.folder / "index").add(name, PASSWORD, [role], actor="test")
    context = browser.new_context(**{"viewport": WIDE, "reduced_motion": "reduce", **options})
    context.set_default_timeout(30_000)
    room = Room(context.new_page(), context, served.url)
    context.on("request", lambda r: None if r.url.startswith(f"{served.url}/") else room.foreign.append(r.url))
    room.page.on("console", lambda m: room.errors.append(m.text) if m.type == "error" else None)
    room.page.on("pageerror", lambda error: room.errors.append(str(error)))
    try:
        signed = context.request.post(
            f"{served.url}/sign-in", form={"name": name, "password": PASSWORD}, headers={"origin": served.url}
        )
        assert signed.ok, signed.status
        yield room
        kept = "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"
        if options.get("java_script_enabled", True) and room.page.url.startswith(served.url):
            assert room.page.evaluate(kept) == '[{},{},""]', "nothing is kept in the browser that a script can read"
        assert room.errors == []
        assert room.foreign == []
    finally:
        context.close()
