"""A local server that speaks the OpenAI chat protocol and misbehaves as it is told."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Behaviour = Callable[[BaseHTTPRequestHandler], None]


def event(text: str) -> bytes:
    return b"data: " + json.dumps({"choices": [{"delta": {"content": text}}]}).encode() + b"\n\n"


def begin(handler: BaseHTTPRequestHandler, status: int = 200, **headers: str) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", "text/event-stream")
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()


def saying(text: str) -> Behaviour:
    def behave(handler: BaseHTTPRequestHandler) -> None:
        begin(handler)
        for at in range(0, len(text), 7):
            handler.wfile.write(event(text[at : at + 7]))
        handler.wfile.write(b"data: [DONE]\n\n")

    return behave


def raw(data: bytes, status: int = 200, **headers: str) -> Behaviour:
    def behave(handler: BaseHTTPRequestHandler) -> None:
        begin(handler, status, **headers)
        handler.wfile.write(data)

    return behave


def endless(handler: BaseHTTPRequestHandler) -> None:
    begin(handler)
    for _ in range(100_000):  # the client hangs up long before
        handler.wfile.write(event("and so on "))


def slow(handler: BaseHTTPRequestHandler) -> None:
    begin(handler)
    for _ in range(40):
        handler.wfile.write(event("slow "))
        handler.wfile.flush()
        time.sleep(0.1)


@contextmanager
def serving(behaviour: Behaviour) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The base URL, and the requests that came: path, headers, body."""
    seen: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            seen.append({"path": self.path, "headers": dict(self.headers), "body": body})
            with suppress(BrokenPipeError, ConnectionResetError):
                behaviour(self)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", seen
    finally:
        server.shutdown()
        server.server_close()
