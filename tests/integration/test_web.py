"""The app as a process of its own, spoken to over HTTP, forbidden every connection beyond loopback."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from medqa.config import load_settings
from medqa.errors import ConfigError
from medqa.surfaces.web import listen
from tests.serving import MAX_BODY_KB, RunningApp, text_of

QUESTION = "What are the side effects of baclofen?"


@pytest.fixture(scope="module")
def app(served: RunningApp) -> RunningApp:
    return served


@pytest.fixture(scope="module")
def client(app: RunningApp) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=app.url, timeout=20) as client:
        yield client


def test_it_lives_and_is_ready_and_says_with_which_build(client: httpx.Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    ready = client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json()["ready"] is True
    assert ready.json()["build_id"]


def test_a_question_gets_an_answer_whose_citations_open_at_the_quote(app: RunningApp, client: httpx.Client) -> None:
    asked, answer = app.ask(QUESTION)
    assert asked["role"] == "user"
    assert QUESTION in text_of(asked)
    html = text_of(answer)
    assert "mq-answer" in html
    links = re.findall(r'class="mq-cite" href="([^"]+)"', html)
    assert links
    for link in {link.replace("&amp;", "&") for link in links}:
        page = client.get(link)
        assert page.status_code == 200
        query = parse_qs(urlsplit(link).query)
        marked = "".join(re.findall(r"<mark[^>]*>(.*?)</mark>", page.text, re.DOTALL))
        assert len(marked) >= 1
        assert marked in html, "what is marked in the article is what was quoted in the answer"
        assert int(query["end"][0]) > int(query["start"][0])


def test_a_follow_up_knows_what_the_question_before_was_about(app: RunningApp) -> None:
    before = app.ask(QUESTION)
    answer = text_of(app.ask("Can I drink alcohol with it?", before)[-1])
    assert "baclofen" in answer.lower()


def test_an_emergency_gets_the_card_alone_even_in_a_message_that_is_too_long(app: RunningApp) -> None:
    for message in (
        "I have crushing chest pain and cannot breathe",
        "so it began. " * 60 + "I cannot breathe, my lips are blue",
    ):
        card = text_of(app.ask(message)[-1])
        assert "mq-card-emergency" in card
        assert 'href="tel:911"' in card
        assert "mq-cite" not in card
        assert "<blockquote" not in card


def test_a_question_that_the_articles_do_not_answer_is_not_guessed_at(app: RunningApp) -> None:
    html = text_of(app.ask("Which stock should I buy this week?")[-1])
    assert "mq-abstained" in html
    assert "mq-cite" not in html


@pytest.mark.parametrize(
    ("message", "said"),
    [("", "did not see a question"), (" \n ", "did not see a question"), ("a" * 501, "longer than I can read")],
)
def test_a_message_that_cannot_be_read_gets_a_friendly_word(app: RunningApp, message: str, said: str) -> None:
    assert said in text_of(app.ask(message)[-1])


def test_html_in_a_question_is_text(app: RunningApp) -> None:
    shown = text_of(app.ask("<img src=x onerror=alert(1)> baclofen?")[0])
    assert "<img" not in shown
    assert "&lt;img" in shown


def test_a_long_conversation_never_outgrows_what_the_server_takes(app: RunningApp) -> None:
    messages = app.ask(QUESTION)
    for _ in range(12):
        messages = app.ask(QUESTION, messages)
    assert len(json.dumps(messages)) < MAX_BODY_KB * 1024
    assert "mq-answer" in text_of(messages[-1])


def test_bodies_and_files(client: httpx.Client) -> None:
    assert client.post("/gradio_api/queue/join", content=b"x" * (MAX_BODY_KB * 1024 + 1)).status_code == 413
    chunks = (b"x" * 1024 for _ in range(MAX_BODY_KB + 1))
    assert client.post("/gradio_api/queue/join", content=chunks).status_code == 413
    assert client.post("/gradio_api/upload", files={"files": b"x"}).status_code == 403
    assert client.post("/anything", files={"files": b"x"}).status_code == 403
    assert client.get("/gradio_api/file=/etc/passwd").status_code == 403
    assert client.get("/gradio_api/proxy=http://example.org").status_code == 403


@pytest.mark.parametrize(
    "path", ["/", "/articles", "/articles/baclofen", "/articles/none", "/healthz", "/config", "/medqa/chat.css"]
)
def test_every_page_has_the_security_headers(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    assert "frame-ancestors 'self'" in headers["content-security-policy"]
    assert not re.search(r"https?:|\*", headers["content-security-policy"])
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "permissions-policy" in headers
    assert "server" not in headers


def test_an_article_is_plain_html(client: httpx.Client) -> None:
    page = client.get("/articles/baclofen").text
    assert "<script" not in page
    assert re.search(r"<h1[^>]*>Baclofen</h1>", page)
    assert "not clinically reviewed" in page.lower()
    assert re.search(r'<h2 id="[\w-]+"', page)
    assert "<mark" not in page
    assert set(re.findall(r'href="([a-z]+):', page)) <= {"http", "https"}


def test_the_library_leads_to_every_article(client: httpx.Client) -> None:
    paths = set(re.findall(r'href="(/articles/[^"]+)"', client.get("/articles").text))
    assert "/articles/baclofen" in paths
    assert len(paths) == client.get("/readyz").json()["articles"]
    assert all(client.get(path).status_code == 200 for path in sorted(paths))


def test_an_article_that_is_not_there_is_said_kindly(client: httpx.Client) -> None:
    for path in ("/articles/none", "/articles/..%2F..%2Fetc%2Fpasswd", "/articles/<script>"):
        page = client.get(path)
        assert page.status_code == 404
        assert "There is no article here" in page.text
        assert "<script" not in page.text


def test_a_passage_that_changed_is_not_marked(client: httpx.Client) -> None:
    page = client.get("/articles/baclofen?start=10&end=40&sum=00000000").text
    assert "<mark" not in page
    assert "has changed since that answer" in page
    assert "<mark" not in client.get("/articles/baclofen?start=5&end=99999999").text
    assert client.get("/articles/baclofen?start=x&end=y").status_code == 422


def test_no_question_is_in_the_log(app: RunningApp) -> None:
    secret = "xylophonic"
    app.ask(f"Does baclofen help {secret} people?")
    app.ask(f"{secret} " * 200)
    httpx.get(f"{app.url}/articles?q={secret}")
    httpx.post(f"{app.url}/gradio_api/queue/join", json={"data": [secret, {"x": secret}], "fn_index": 0})
    assert "medqa.access" in app.log
    assert secret not in app.log
    assert "Traceback" not in app.log


def test_starting_indexing_and_answering_reach_for_nothing_beyond_this_machine(app: RunningApp) -> None:
    app.ask(QUESTION)
    assert app.network_attempts == []


def test_a_port_that_is_taken_is_said_with_the_remedy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=rf"127\.0\.0\.1:{port}.*medqa serve --port {port + 1}"):
            listen("127.0.0.1", port)


def test_the_settings_say_where_it_listens() -> None:
    server = load_settings().server
    assert (server.host, server.port) == ("127.0.0.1", 7860)
