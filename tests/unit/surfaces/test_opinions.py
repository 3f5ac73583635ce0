"""Feedback from the page: what was given comes back signed, and is kept once."""

from __future__ import annotations

import base64
import inspect
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from medqa.config import load_settings
from medqa.engine import Engine, build_engine
from medqa.state import FeedbackStore
from medqa.surfaces.given import Keepsakes, NotOurAnswerError
from medqa.surfaces.opinions import PATH, opinion_routes
from medqa.types import NO_SAFETY_CONCERN, Abstained, IndexInfo

SECRET = "xylophonic"
REPLY = Abstained(
    question=f"Does {SECRET} *help*?",
    interpreted_question=f"does {SECRET} help",
    safety=NO_SAFETY_CONCERN,
    disclaimer="Not advice.",
    message="I did not find it.",
    index=IndexInfo("build-7", 3, 9),
)


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return build_engine(load_settings(index_dir=tmp_path / "index"))


def held(keepsakes: Keepsakes, answer_id: str = "a1") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.b64decode(keepsakes.given(REPLY, answer_id, "2026-03-04")))
    return found


def app(engine: Engine, keepsakes: Keepsakes) -> TestClient:
    served = FastAPI()
    served.include_router(opinion_routes(engine, keepsakes))
    return TestClient(served)


def store(engine: Engine) -> FeedbackStore:
    return FeedbackStore(Path(engine.settings.index_dir))


def test_without_consent_no_word_of_the_question_is_kept(engine: Engine) -> None:
    keepsakes = Keepsakes()
    answer = held(keepsakes)["answer"]
    sent = app(engine, keepsakes).post(PATH, json={"answer": answer, "helpful": False, "reason": "outdated"})
    assert sent.status_code == 201
    (kept,) = store(engine).list()
    assert (kept.helpful, kept.reason, kept.question, kept.build_id) == (False, "outdated", None, "build-7")
    assert kept.answer["message"] == "I did not find it."
    files = [path.read_bytes() for path in Path(engine.settings.index_dir).rglob("*") if path.is_file()]
    assert files
    assert not any(SECRET.encode() in content for content in files)


def test_with_consent_the_question_is_kept_and_a_second_click_adds_nothing(engine: Engine) -> None:
    keepsakes = Keepsakes()
    page = held(keepsakes)
    client = app(engine, keepsakes)
    for _ in range(2):
        sent = client.post(PATH, json={"answer": page["answer"], "question": page["question"], "helpful": True})
        assert sent.status_code == 201
    (kept,) = store(engine).list()
    assert kept.question == REPLY.question


def test_every_start_has_a_key_of_its_own_that_nobody_can_give_it_and_no_file_has(engine: Engine) -> None:
    assert list(inspect.signature(Keepsakes).parameters) == []
    first, second = Keepsakes(), Keepsakes()
    page = held(first)
    assert app(engine, first).post(PATH, json={"answer": page["answer"], "helpful": True}).status_code == 201
    stale = app(engine, second).post(PATH, json={"answer": page["answer"], "helpful": True})
    assert (stale.status_code, stale.json()) == (409, {"said": "stale"})
    (key,) = first._answers.secret_keys
    assert len(key) == 32
    files = [path.read_bytes() for path in Path(engine.settings.index_dir).rglob("*") if path.is_file()]
    assert files
    assert not any(key in content or key.hex().encode() in content for content in files)


def test_an_answer_that_was_not_given_here_is_refused(engine: Engine) -> None:
    keepsakes = Keepsakes()
    client = app(engine, keepsakes)
    page, other = held(keepsakes), held(keepsakes, "a2")
    foreign = held(Keepsakes())
    for body in (
        {"answer": foreign["answer"]},
        {"answer": "A" + page["answer"]},
        {"answer": page["question"]},
        {"answer": page["answer"], "question": other["question"]},
        {"answer": page["answer"], "question": page["answer"]},
    ):
        assert client.post(PATH, json={**body, "helpful": True}).status_code == 409
    assert store(engine).list() == ()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"answer": 3, "helpful": true}',
        b'{"answer": "x", "helpful": "yes"}',
        b'{"answer": "x", "helpful": false, "reason": "rude"}',
        b'{"answer": "x", "helpful": true, "status": "done"}',
    ],
)
def test_what_the_form_would_not_send_is_refused_without_an_echo(engine: Engine, body: bytes) -> None:
    sent = app(engine, Keepsakes()).post(PATH, content=body)
    assert (sent.status_code, sent.json()) == (422, {"said": "malformed"})


def test_what_cannot_be_kept_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    blocked = tmp_path / "index"
    blocked.write_text("a file where the folder would be")
    engine = build_engine(load_settings(index_dir=blocked))
    keepsakes = Keepsakes()
    caplog.set_level(logging.ERROR)
    page = held(keepsakes)
    sent = app(engine, keepsakes).post(
        PATH, json={"answer": page["answer"], "question": page["question"], "helpful": True}
    )
    assert (sent.status_code, sent.json()) == (503, {"said": "failed"})
    assert caplog.records
    assert SECRET not in caplog.text


def test_the_text_to_copy_has_question_answer_and_date() -> None:
    page = held(Keepsakes())
    assert page["text"].startswith(f"Does {SECRET} *help*?\n\n")
    assert page["markdown"].startswith(f"# Does {SECRET} \\*help\\*?\n\n")
    for text in (page["text"], page["markdown"]):
        assert "I did not find it." in text
        assert "Not advice." in text
        assert text.endswith("2026-03-04\n")


def test_a_signed_answer_says_nothing_of_the_question() -> None:
    keepsakes = Keepsakes()
    returned = keepsakes.returned(held(keepsakes)["answer"], None)
    assert returned.id == "a1"
    assert SECRET not in json.dumps(returned.reply)
    with pytest.raises(NotOurAnswerError):
        Keepsakes().returned(held(keepsakes)["answer"], None)
