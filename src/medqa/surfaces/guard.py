"""What stands before every request: size, uploads, closed doors, security headers, and a log without questions."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from medqa.surfaces.content_policy import inline_scripts, names_scripts, policy_for
from medqa.surfaces.rooms.paths import room_of

access_log = logging.getLogger("medqa.access")

_CLOSED = (
    "/gradio_api/upload",
    "/gradio_api/upload_progress",
    "/gradio_api/file",
    "/gradio_api/proxy",
    "/gradio_api/stream",
    "/gradio_api/component_server",
    "/gradio_api/custom_component",
    "/gradio_api/process_recording",
    "/gradio_api/deep_link",
    "/gradio_api/run",
    "/gradio_api/api",
    "/gradio_api/call",
    "/gradio_api/dev",
    "/gradio_api/vibe",
    "/gradio_api/undo-vibe",
    "/gradio_api/profiling",
    "/monitoring",
    "/login",
)
"""Doors of the chat framework that this product does not use: files, recordings, proxies, stored links, its
API beside the page's own queue."""

_COMMON = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (
        b"permissions-policy",
        b"camera=(), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=()",
    ),
)
_TOO_LARGE = (
    "That is more text than this server takes. Press Clear chat, and shorten the message to the question itself."
)
_NO_STORE_PREFIXES = ("/gradio_api/queue", "/gradio_api/run")


class Guard:
    """ASGI middleware. `max_body_bytes` bounds every request body, declared or chunked; `larger` has other bounds for
    single paths.

    `accepts` is asked about every path and body that comes with one; what it does not accept is refused (422).
    """

    def __init__(
        self,
        app: ASGIApp,
        max_body_bytes: int,
        accepts: Callable[[str, bytes], bool],
        larger: Mapping[str, int] | None = None,
    ) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes
        self._accepts = accepts
        self._larger = larger or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 0
        path: str = scope["path"]
        held: list[Message] = []

        async def guarded_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if names_scripts(path) and _is_page(message):
                    held.append(message)  # its policy names its scripts: the whole page has to be seen first
                    return
                message["headers"] = _with_headers(message.get("headers", ()), path)
            if held:
                held.append(message)
                if message.get("more_body", False):
                    return
                page = b"".join(part.get("body", b"") for part in held[1:])
                held[0]["headers"] = _with_headers(held[0].get("headers", ()), path, inline_scripts(page))
                while held:
                    await send(held.pop(0))
                return
            await send(message)

        try:
            await self._serve(scope, receive, guarded_send)
        finally:
            elapsed_ms = (time.perf_counter() - started) * 1000
            access_log.info("%s %s %d %.0f ms", scope["method"], _printable(path), status, elapsed_ms)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if _is_closed(scope["path"]) or _header(scope, b"content-type").strip().lower().startswith(b"multipart/"):
            await _refuse(send, 403, "This server takes no files, and no calls but those of its own page.")
            return
        declared = _header(scope, b"content-length")
        most = self._larger.get(scope["path"], self._max_body_bytes)
        if declared.isdigit() and int(declared) > most:
            await _refuse(send, 413, _TOO_LARGE)
            return
        if scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self._app(scope, receive, send)
            return
        body = await self._read(receive, most)
        if body is None:
            await _refuse(send, 413, _TOO_LARGE)
            return
        if not self._accepts(scope["path"], b"".join(message.get("body", b"") for message in body)):
            await _refuse(send, 422, "The request is not one that this page sends.")
            return
        await self._app(scope, _replay(body, receive), send)

    async def _read(self, receive: Receive, most: int) -> list[Message] | None:
        """The whole body, or None as soon as it is larger than it may be (a chunked one has no declared size)."""
        messages: list[Message] = []
        size = 0
        while True:
            message = await receive()
            messages.append(message)
            if message["type"] != "http.request":
                return messages
            size += len(message.get("body", b""))
            if size > most:
                return None
            if not message.get("more_body", False):
                return messages


def _replay(messages: list[Message], receive: Receive) -> Receive:
    waiting = list(messages)

    async def replayed() -> Message:
        return waiting.pop(0) if waiting else await receive()

    return replayed


def _is_closed(path: str) -> bool:
    lowered = path.lower()
    return lowered.startswith(_CLOSED)


def _header(message: Mapping[str, Any], name: bytes) -> bytes:
    """Of a request's scope or a response's start."""
    return next((value for key, value in message.get("headers", ()) if key.lower() == name), b"")


def _is_page(start: Message) -> bool:
    return _header(start, b"content-type").strip().lower().startswith(b"text/html")


def _with_headers(
    headers: Iterable[tuple[bytes, bytes]], path: str, scripts: Sequence[str] = ()
) -> list[tuple[bytes, bytes]]:
    added = [*_common(path), (b"content-security-policy", policy_for(path, scripts).encode())]
    if path.startswith(_NO_STORE_PREFIXES):
        added.append((b"cache-control", b"no-store"))
    names = {name for name, _ in added}
    return [(name, value) for name, value in headers if name.lower() not in names] + added


def _common(path: str) -> Iterable[tuple[bytes, bytes]]:
    if not room_of(path):
        return _COMMON
    # without any referrer a form is sent without an origin too, and `Doors` asks for one
    return ((name, b"same-origin" if name == b"referrer-policy" else value) for name, value in _COMMON)


def _printable(path: str) -> str:
    """The path in one line of plain characters, so that no request can write lines of its own into the log."""
    return path[:200].encode("unicode_escape").decode("ascii")


async def _refuse(send: Send, status: int, reason: str) -> None:
    """As JSON: the chat shows `detail` to the person."""
    text = json.dumps({"detail": reason}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(text)).encode())]
    if status == 413:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text})
