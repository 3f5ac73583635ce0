"""What stands on the chat's page before its scripts run: name, emergency line, and a way to the articles.

The chat framework serves an empty page that its scripts fill, and describes itself in it. On a slow network a person
would look at nothing for a while, without JavaScript for ever; and a link to the chat, sent to somebody, would be shown
under the framework's name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from medqa.surfaces.languages import speech_of
from medqa.surfaces.replies import emergency_line, fragment
from medqa.surfaces.texts import Language

_OF_THE_FRAMEWORK = re.compile(r'<meta\s+(?:property="og:|name="twitter:)[^>]*>\s*')
_HTML_LANG = re.compile(r'(<html\s+lang=")[^"]*')


class FrontPage:
    """ASGI middleware around the chat. Must stand inside the guard, which hashes the scripts of the finished page."""

    def __init__(self, app: ASGIApp, region: str) -> None:
        self._app = app
        self._region = region

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        language = speech_of(scope).language
        start: Message = {}
        body = bytearray()

        async def dressing(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            body.extend(message.get("body", b""))
            if message.get("more_body", False):
                return
            page = bytes(body)
            if _is_html(start):
                page = dressed(page.decode("utf-8"), self._region, language).encode("utf-8")
            start["headers"] = [
                *((name, value) for name, value in start["headers"] if name.lower() != b"content-length"),
                (b"content-length", str(len(page)).encode()),
                (b"vary", b"accept-language"),
            ]
            await send(start)
            await send({"type": "http.response.body", "body": page})

        await self._app(scope, receive, dressing)


def dressed(html: str, region: str, language: Language) -> str:
    """The framework's page with ours in it. What it does not find it leaves as it is."""
    html = _OF_THE_FRAMEWORK.sub("", html)
    html = _HTML_LANG.sub(rf"\g<1>{language}", html, count=1)
    html = html.replace("</head>", fragment("front_head.html", language) + "</head>", 1)
    first = fragment("front.html", language, line=emergency_line(region, language))
    return html.replace("<gradio-app", f"{first}<gradio-app", 1)


def _is_html(start: Mapping[str, Any]) -> bool:
    return start.get("status") == 200 and _header(start, b"content-type").startswith("text/html")


def _header(message: Mapping[str, Any], name: bytes) -> str:
    values = (value for key, value in message.get("headers", ()) if key.lower() == name)
    return str(next(values, b"").decode("latin-1")).strip().lower()
