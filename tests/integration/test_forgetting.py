"""What Gradio holds of a conversation in memory goes when the page is closed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from starlette.routing import Mount

from medqa.config import load_settings
from medqa.surfaces.web import create_app, listen
from tests.serving import RunningApp
from tests.unit.surfaces.test_conversing import Scripted


@pytest.fixture(scope="module")
def app() -> FastAPI:
    return create_app(Scripted(), load_settings())  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def url(app: FastAPI) -> Iterator[str]:
    listening = listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join(timeout=15)


def _sessions(app: FastAPI) -> list[str]:
    (chat,) = (route.app for route in app.routes if isinstance(route, Mount))
    return list(chat.state_holder.session_data)  # type: ignore[attr-defined]


def test_a_closed_page_leaves_nothing_in_memory(app: FastAPI, url: str) -> None:
    with httpx.stream("GET", f"{url}/gradio_api/heartbeat/closing", timeout=20) as heartbeat:
        beats = heartbeat.iter_lines()  # kept: a dropped iterator closes the stream
        next(beats)
        RunningApp(url).ask("What is xylophonic pain?", session="closing")
        assert "closing" in _sessions(app)
    deadline = time.monotonic() + 10
    while "closing" in _sessions(app) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert "closing" not in _sessions(app)


def test_it_lives_while_it_is_not_ready_and_says_why(url: str) -> None:
    assert httpx.get(f"{url}/healthz").status_code == 200
    unready = httpx.get(f"{url}/readyz")
    assert unready.status_code == 503
    assert unready.json() == {"ready": False, "reason": "There is no build."}


@pytest.mark.parametrize("path", ["/articles", "/articles/relaxol"])
def test_articles_say_when_the_library_is_not_ready(url: str, path: str) -> None:
    page = httpx.get(f"{url}{path}")
    assert page.status_code == 503
    assert "The library is not ready" in page.text
