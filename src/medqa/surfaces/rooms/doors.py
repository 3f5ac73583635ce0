"""The doors of the rooms behind the sign-in: ASGI middleware that lets nobody past who may not enter.

It decides by the path alone, before any route is looked up. Without people who may sign in, everything under these
paths is as if it did not exist.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from medqa.errors import MedqaError
from medqa.state import People, Person, Sessions
from medqa.surfaces.journal import note_failure
from medqa.surfaces.rooms.paths import ROOMS, SIGN_IN, room_of

COOKIE = "medqa_session"
_READS = ("GET", "HEAD")
_LOOK_AGAIN_S = 2.0


class Doors:
    """ASGI middleware. Whoever enters stands in ``scope["state"]["person"]`` (a `Person`)."""

    def __init__(self, app: ASGIApp, people: People, sessions: Sessions) -> None:
        self._app = app
        self._people = people
        self._sessions = sessions
        self._anybody = False
        self._looked = -_LOOK_AGAIN_S

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        room = room_of(scope["path"]) if scope["type"] == "http" else ""
        if not room:
            await self._app(scope, receive, send)
            return
        try:
            exists, person = await run_in_threadpool(self._who, session_token(scope))
        except MedqaError as error:
            note_failure("asking who is signed in", error)
            await _refuse(scope, send, 503, "The state file cannot be read, so nobody can be let in.")
            return
        await self._at_the_door(room, exists, person, scope, receive, send)

    async def _at_the_door(
        self, room: str, exists: bool, person: Person | None, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if not exists:
            await _refuse(scope, send, 404, "Not Found")
            return
        if scope["method"] not in _READS and not _is_ours(scope):
            await _refuse(scope, send, 403, "This was not sent by a page of this server.")
            return
        if room in ROOMS:
            if person is None:
                await _to_sign_in(room, scope, send)
                return
            if not person.may(ROOMS[room]):
                await _refuse(scope, send, 403, f"This page is for people with the role {ROOMS[room]}.")
                return
        scope.setdefault("state", {})["person"] = person

        async def unstored(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [(name, value) for name, value in message["headers"] if name.lower() != b"cache-control"]
                message["headers"] = [*kept, (b"cache-control", b"no-store")]
            await send(message)

        await self._app(scope, receive, unstored)

    def _who(self, token: str) -> tuple[bool, Person | None]:
        """Whether there are people at all, and who holds this token."""
        person = self._sessions.person(token) if token else None
        if person is None and time.monotonic() - self._looked >= _LOOK_AGAIN_S:
            self._anybody = bool(self._people.accounts())
            self._looked = time.monotonic()
        return person is not None or self._anybody, person


def session_token(scope: Scope) -> str:
    """What the session's cookie holds; empty without one."""
    try:
        cookies = SimpleCookie(_header(scope, b"cookie"))
    except CookieError:
        return ""
    return cookies[COOKIE].value if COOKIE in cookies else ""


def _is_ours(scope: Scope) -> bool:
    """Whether a page of this server sent this: what changes something is taken from nowhere else.

    By Sec-Fetch-Site, which browsers send over https and on this machine; over plain http by the Origin.
    """
    site = _header(scope, b"sec-fetch-site")
    if site:
        return site == "same-origin"
    return bool(host := _header(scope, b"host")) and urlsplit(_header(scope, b"origin")).netloc == host


def _header(scope: Mapping[str, Any], name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name), "")


async def _to_sign_in(room: str, scope: Scope, send: Send) -> None:
    """To a person the sign-in, to a program the plain refusal."""
    if scope["method"] in _READS and "text/html" in _header(scope, b"accept"):
        headers = [(b"location", f"{SIGN_IN}?to={room}".encode()), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 303, "headers": [*headers, (b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})
        return
    await _refuse(scope, send, 401, "Sign in first.")


async def _refuse(scope: Scope, send: Send, status: int, reason: str) -> None:
    body = json.dumps({"detail": reason}, separators=(",", ":")).encode()
    kind = b"application/json"
    if status == 403 and "text/html" in _header(scope, b"accept"):
        from medqa.surfaces.markup import page

        body, kind = page("rooms/refused.html", reason=reason).encode(), b"text/html; charset=utf-8"
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
