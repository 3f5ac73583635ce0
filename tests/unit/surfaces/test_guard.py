"""The guard before every request, tried on a small app of its own."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import logging
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

from medqa.surfaces.guard import Guard
from medqa.surfaces.payload import is_well_formed

LIMIT = 1000


MESSAGE = {"role": "user", "metadata": None, "content": [{"type": "text", "text": "<p>a</p>"}], "options": None}
EVENT = {
    "data": ["What is relaxol?", [MESSAGE]],
    "event_data": None,
    "fn_index": 0,
    "trigger_id": 2,
    "session_hash": "a",
}


async def _echo(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(len(await request.body())), headers={"x-frame-options": "ALLOWALL"})


async def _page(request: Request) -> StreamingResponse:
    """A page in two parts, with a script of its own and one from a file."""
    parts = ("<html><script>let a = '<b>';</scr", "ipt><script src='/x.js'></script></html>")

    async def sent() -> AsyncIterator[str]:
        for part in parts:
            yield part

    return StreamingResponse(sent(), media_type="text/html")


PATHS = (
    "/",
    "/articles/x",
    "/gradio_api/queue/join",
    "/gradio_api/upload",
    "/gradio_api/deep_link",
    "/gradio_api/app_id",
)
APP = Guard(
    Starlette(
        routes=[Route(path, _echo, methods=["GET", "POST"]) for path in PATHS]
        + [Route("/page", _page), Route("/articles/page", _page)]
    ),
    max_body_bytes=LIMIT,
    accepts=is_well_formed,
)


def call(method: str, path: str, **arguments: object) -> httpx.Response:
    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(app=APP)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.request(method, path, **arguments)  # type: ignore[arg-type]

    return asyncio.run(run())


async def _chunks(count: int, size: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"a" * size


def test_a_body_up_to_the_limit_arrives_whole_declared_or_in_chunks() -> None:
    assert call("POST", "/", content=b"a" * LIMIT).text == str(LIMIT)
    assert call("POST", "/", content=_chunks(10, 100)).text == "1000"


def test_a_larger_body_is_refused_declared_or_in_chunks() -> None:
    assert call("POST", "/", content=b"a" * (LIMIT + 1)).status_code == 413
    assert call("POST", "/", content=_chunks(11, 100)).status_code == 413


@pytest.mark.parametrize(
    "path", ["/gradio_api/upload", "/gradio_api/UPLOAD", "/gradio_api/deep_link", "/gradio_api/run/predict"]
)
def test_doors_that_are_not_used_are_closed(path: str) -> None:
    assert call("POST", path).status_code == 403


def test_files_are_refused_wherever_they_are_sent() -> None:
    assert call("POST", "/", files={"file": b"x"}).status_code == 403


def test_the_page_s_own_doors_stay_open() -> None:
    assert call("GET", "/gradio_api/app_id").status_code == 200
    assert call("POST", "/gradio_api/queue/join", json=EVENT).status_code == 200


@pytest.mark.parametrize(
    ("path", "status"), [("/", 200), ("/articles/x", 200), ("/none", 404), ("/gradio_api/upload", 403)]
)
def test_every_response_has_the_security_headers_once(path: str, status: int) -> None:
    response = call("GET", path)
    assert response.status_code == status
    for name, value in {
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "x-frame-options": "SAMEORIGIN",
    }.items():
        assert response.headers.get_list(name) == [value]
    policy = response.headers["content-security-policy"]
    assert "frame-ancestors 'self'" in policy
    assert "http" not in policy, "no foreign host"
    assert "permissions-policy" in response.headers


def policy_of(path: str) -> dict[str, str]:
    """The policy's directives with what they allow."""
    policy = call("GET", path).headers["content-security-policy"]
    return dict(part.strip().split(" ", 1) for part in policy.split(";"))


def test_articles_may_run_no_script_and_send_no_form() -> None:
    policy = policy_of("/articles/x")
    assert "script-src" not in policy
    assert policy["default-src"] == policy["form-action"] == "'none'"


@pytest.mark.parametrize("path", ["/articles", "/articles/"])
def test_the_library_may_run_its_own_script_and_send_its_own_form(path: str) -> None:
    policy = policy_of(path)
    assert policy["script-src"] == policy["form-action"] == "'self'"
    assert policy["default-src"] == "'none'"


def test_answers_are_not_kept_by_caches() -> None:
    assert call("POST", "/gradio_api/queue/join", json=EVENT).headers["cache-control"] == "no-store"


def test_the_access_log_has_no_query_and_no_line_of_the_caller(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="medqa.access")
    call("GET", "/articles/x?q=my-secret-question")
    call("GET", "/a%0Aforged line")
    assert "my-secret-question" not in caplog.text
    assert [record.getMessage().split(" 404")[0] for record in caplog.records][1] == "GET /a\\nforged line"


@pytest.mark.parametrize(
    "body",
    [
        b"not json",
        b"[" * 900,
        b"\xff\xfe",
        b"[]",
        b"{}",
        json.dumps({**EVENT, "data": {"b": 2}}).encode(),
        json.dumps({**EVENT, "data": ["x", {"b": 2}]}).encode(),
        json.dumps({**EVENT, "data": ["x", [{**MESSAGE, "role": "system"}]]}).encode(),
        json.dumps({**EVENT, "data": ["x", [{**MESSAGE, "metadata": {"title": 5}}]]}).encode(),
        json.dumps({**EVENT, "data": ["x", [{**MESSAGE, "content": [{"file": {"path": "/etc/passwd"}}]}]]}).encode(),
        json.dumps({**EVENT, "data": [{"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}]}).encode(),
    ],
)
def test_an_event_that_the_page_would_not_send_is_refused(body: bytes) -> None:
    response = call("POST", "/gradio_api/queue/join", content=body)
    assert response.status_code == 422
    assert "passwd" not in response.text


def test_half_an_emoji_is_no_reason_to_refuse_a_message() -> None:
    body = json.dumps({**EVENT, "data": ["I cannot breathe \ud83d", []]}).encode()
    assert call("POST", "/gradio_api/queue/join", content=body).status_code == 200


def test_a_page_runs_its_own_inline_scripts_and_no_others() -> None:
    response = call("GET", "/page")
    assert response.text == "<html><script>let a = '<b>';</script><script src='/x.js'></script></html>"
    script = base64.b64encode(hashlib.sha256(b"let a = '<b>';").digest()).decode()
    assert policy_of("/page")["script-src"] == f"'self' 'unsafe-eval' 'sha256-{script}'"
    assert "unsafe-inline" not in policy_of("/")["script-src"]
    assert "script-src" not in policy_of("/articles/page")
