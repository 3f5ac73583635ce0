"""The chat's page before its scripts run."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from medqa.surfaces.front_page import FrontPage, dressed

PAGE = """<!doctype html><html
	lang="en"><head><meta property="og:title" content="Gradio" /><meta
	property="og:image"
	content="https://example.org/image.jpg"
/><meta name="twitter:creator" content="@Gradio" /><meta name="viewport" content="width=device-width">
</head><body><gradio-app eager="true"></gradio-app></body></html>"""


async def _page(request: Request) -> Response:
    if request.query_params.get("plain"):
        return PlainTextResponse(PAGE)
    return HTMLResponse(PAGE, status_code=404 if request.query_params.get("gone") else 200)


def _get(path: str, headers: Mapping[str, str] | None = None, method: str = "GET") -> httpx.Response:
    app = FrontPage(Starlette(routes=[Route("/", _page), Route("/other", _page)]), region="us")

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://chat") as client:
            return await client.request(method, path, headers=headers)

    return asyncio.run(ask())


def test_name_emergency_line_and_library_stand_there_before_any_script_runs() -> None:
    page = _get("/").text
    front = page.split('<div id="mq-front"')[1].split("<gradio-app")[0]
    assert "medqa" in front
    assert 'href="tel:911"' in front
    assert 'href="/articles"' in front.split("<noscript>")[1]
    assert page.index("/medqa/front.css") < page.index("</head>")


def test_a_link_to_the_chat_is_shown_under_its_own_name() -> None:
    page = _get("/").text
    assert "Gradio" not in page
    assert "example.org" not in page
    assert 'property="og:title" content="medqa: answers about pain and its treatment"' in page
    assert 'name="viewport"' in page


@pytest.mark.parametrize(
    ("path", "accepted"), [("/?lang=es", "en-US"), ("/", "es-MX,en;q=0.5"), ("/?lang=ES-mx&x=%00", "")]
)
def test_it_speaks_the_language_of_the_request(path: str, accepted: str) -> None:
    response = _get(path, {"accept-language": accepted})
    assert "¿Emergencia? Llame al" in response.text
    assert '<html\n\tlang="es"' in response.text
    assert response.headers["vary"] == "accept-language"


@pytest.mark.parametrize("path", ["/other", "/?plain=1", "/?gone=1"])
def test_whatever_is_not_the_page_of_the_chat_stays_as_it_is(path: str) -> None:
    assert _get(path).text == PAGE


def test_the_length_that_is_declared_is_that_of_the_whole_page() -> None:
    response = _get("/")
    assert int(response.headers["content-length"]) == len(response.content)


def test_a_page_of_another_shape_is_left_alone() -> None:
    assert dressed("<p>x</p>", "us", "en") == "<p>x</p>"
