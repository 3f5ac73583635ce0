"""What each page may load and run: its Content-Security-Policy.

An article runs no script at all and sends no form. The rooms behind the sign-in run their own script files, which talk
to this server alone. The library runs its own script file and sends its own form. The
chat runs script files of this server, and those inline scripts that the server itself wrote into the page, each named
by its SHA-256: a script that got in any other way, or an ``onclick`` of a pasted text, does not run.

What the chat framework needs beyond that, found by taking it away and looking: ``'unsafe-eval'`` (its HTML component
builds a function from its template) and ``'unsafe-inline'`` for styles (themes and components write them at run time).
Frames, workers, media, ``blob:`` and foreign hosts it can do without.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from html.parser import HTMLParser

from medqa.surfaces.rooms.paths import room_of

_READING = (
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'self'"
)
ARTICLE = f"{_READING}; form-action 'none'"
LIBRARY = f"{_READING}; script-src 'self'; form-action 'self'"
ROOM = f"{_READING}; script-src 'self'; connect-src 'self'; form-action 'self'"
PLOTTED = ROOM.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
"""Of the one page that draws with plotly.js, which writes the styles of its drawing at run time."""
_CHAT = (
    "default-src 'none'; script-src 'self' 'unsafe-eval'{scripts}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; "
    "object-src 'none'; base-uri 'self'; frame-ancestors 'self'"
)


def names_scripts(path: str) -> bool:
    """Whether the policy of the page at `path` depends on the scripts in it."""
    return not path.startswith("/articles") and not room_of(path)


def policy_for(path: str, scripts: Sequence[str] = ()) -> str:
    """The policy of the page at `path`; `scripts` are the sources of its inline scripts, see `inline_scripts`."""
    if path.rstrip("/") == "/lab/compare":
        return PLOTTED
    if room_of(path):
        return ROOM
    if path.rstrip("/") == "/articles":
        return LIBRARY
    if path.startswith("/articles/"):
        return ARTICLE
    return _CHAT.format(scripts="".join(f" {source}" for source in scripts))


def inline_scripts(html: bytes) -> tuple[str, ...]:
    """Each inline script of a page as a source of a policy: ``'sha256-...'``, as CSP Level 3 hashes it."""
    reader = _Scripts()
    reader.feed(html.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n"))
    reader.close()
    digests = (hashlib.sha256(text.encode()).digest() for text in reader.found)
    return tuple(dict.fromkeys(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests))


class _Scripts(HTMLParser):
    """Collects the text of the scripts that have no `src`. HTMLParser leaves the text of a script as it is."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.found: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag == "script" and "src" not in dict(attrs)
        if self._inside:
            self.found.append("")

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.found[-1] += data

    def handle_endtag(self, tag: str) -> None:
        self._inside = False
