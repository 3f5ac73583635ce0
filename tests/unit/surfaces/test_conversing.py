"""The conversation behind the chat, with engines that break: the chat stays usable and the log stays silent."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from medqa.config import Settings, load_settings
from medqa.engine import triage_only
from medqa.errors import IndexMissingError
from medqa.surfaces.chat import selected_text
from medqa.surfaces.conversing import Conversation, readable
from medqa.surfaces.given import Keepsakes
from medqa.types import (
    NO_SAFETY_CONCERN,
    Abstained,
    ArticleId,
    Document,
    IndexInfo,
    Reply,
    SafetyLevel,
    SafetyVerdict,
    Turn,
)

SECRET = "xylophonic"


SECOND = "xanthous"
"""In a message for which only the second look of `Scripted` gives a card."""


class Scripted:
    """An engine that raises or abstains as it is told, and notes the conversation that it was given."""

    def __init__(self, error: Exception | None = None) -> None:
        self.settings: Settings = load_settings()
        self.error = error
        self.history: Sequence[Turn] = ()

    def triage(self, text: str, history: Sequence[Turn] = ()) -> SafetyVerdict:
        if SECOND in text:
            return SafetyVerdict(SafetyLevel.CRISIS, "second-look", "Call.")
        return triage_only(text, history, region="us")

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Reply:
        self.history = history
        if self.error:
            raise self.error
        return Abstained(
            question=question,
            interpreted_question=question,
            safety=NO_SAFETY_CONCERN,
            disclaimer="Not advice.",
            message="I did not find it.",
        )

    def examples(self, n: int = 4) -> tuple[str, ...]:
        if self.error:
            raise self.error
        return ("What is relaxol?",) * n

    def index_info(self) -> IndexInfo:
        if self.error:
            raise self.error
        return IndexInfo("b", 3, 9)

    def ready(self) -> str:
        return "There is no build."

    def titles(self) -> Mapping[ArticleId, str]:
        raise IndexMissingError("There is no build.")

    def document(self, article_id: str) -> Document:
        raise IndexMissingError("There is no build.")


def conversation(engine: Scripted) -> Conversation:
    return Conversation(engine, Keepsakes(), today=lambda: date(2026, 3, 4))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (IndexMissingError("There is no build."), "not ready"),
        (RuntimeError(f"cannot parse {SECRET}"), "Something went wrong on our side"),
        (KeyError(SECRET), "Something went wrong on our side"),
        (UnicodeEncodeError("utf-8", SECRET, 0, 1, "x"), "Something went wrong on our side"),
    ],
)
def test_whatever_breaks_is_told_kindly_and_logged_without_the_question(
    error: Exception, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    *_, (messages, *_) = conversation(Scripted(error)).respond(f"Does {SECRET} help?", [])
    assert said in messages[-1]["content"]
    assert SECRET in messages[0]["content"], "the person still sees what they asked"
    assert caplog.records
    assert SECRET not in caplog.text


def test_the_question_is_shown_at_once_while_the_answer_is_looked_for() -> None:
    first, *_ = conversation(Scripted()).respond("What is relaxol?", [])
    assert "What is relaxol?" in first.messages[0]["content"]
    assert "Looking through the articles" in first.messages[1]["content"]


def test_the_engine_gets_what_was_said_before_as_text() -> None:
    engine = Scripted()
    *_, (messages, *_) = conversation(engine).respond("What is <relaxol>?", [])
    list(conversation(engine).respond("And now?", messages))
    assert engine.history == (Turn("user", "What is <relaxol>?"), Turn("assistant", "I did not find it."))


@pytest.mark.parametrize("payload", [None, {"a": 1}, "x", [None, 3, {"role": "user"}]])
@pytest.mark.parametrize("typed", [None, 7, {"text": "x"}, ["x"]])
def test_payloads_of_any_shape_do_no_harm(typed: object, payload: object) -> None:
    *_, (messages, *_) = conversation(Scripted()).respond(typed, payload)
    assert messages[-1]["role"] == "assistant"


def test_the_first_screen_without_an_index_says_so() -> None:
    broken = conversation(Scripted(IndexMissingError("There is no build.")))
    assert broken.examples() == ()
    assert "being prepared" in broken.welcome()
    assert "3 articles" in conversation(Scripted()).welcome()


def test_text_that_no_page_can_carry_is_mended() -> None:
    assert readable("a\x00b\ud800c") == "ab?c"


def test_the_question_behind_a_button() -> None:
    assert selected_text({"text": "What is relaxol?"}) == "What is relaxol?"
    assert selected_text("Why?") == "Why?"
    assert selected_text({"value": 3}) == ""


def test_the_whole_page_speaks_the_language_that_is_asked_for() -> None:
    spanish = conversation(Scripted())
    first, *_, last = spanish.respond("What is relaxol?", [], "es")
    assert "Buscando en los artículos" in first.messages[-1]["content"]
    assert "Los artículos no lo responden" in last.messages[-1]["content"]
    assert "Llame al" in last.strip
    assert "están en inglés" in spanish.welcome("es")
    assert "están en inglés" not in spanish.welcome("en")
    for piece in (spanish.header("es"), spanish.foot("es"), spanish.aside("es")):
        assert 'lang="es"' in piece
        assert "Your question" not in piece


def test_a_reply_that_broke_off_is_asked_for_again_without_a_trace() -> None:
    engine = Scripted()
    first, *_ = conversation(engine).respond("What is relaxol?", [])
    *_, again = conversation(engine).respond("What is relaxol?", first.messages)
    assert [message["role"] for message in again.messages] == ["user", "assistant"]
    assert engine.history == ()
    *_, other = conversation(engine).respond("And now?", first.messages)
    assert [message["role"] for message in other.messages] == ["user", "user", "assistant"]
    assert engine.history == (Turn("user", "What is relaxol?"),), "what was said stays known to the safety gate"


def test_the_page_is_given_the_answer_to_keep_once_it_is_whole() -> None:
    *growing, last = conversation(Scripted()).respond("What is relaxol?", [])
    assert [step.given for step in growing] == [""] * len(growing)
    held = json.loads(base64.b64decode(last.given.split('data-given="')[1].split('"')[0]))
    assert f'id="mq-{held["id"]}"' in last.messages[-1]["content"]
    assert held["date"] == "2026-03-04"
    assert "I did not find it." in held["text"]
    assert "# What is relaxol?" in held["markdown"]


def test_the_line_stays_loud_over_a_card_when_the_language_changes() -> None:
    talk = conversation(Scripted())
    card = {"role": "assistant", "content": [{"type": "text", "text": '<div class="mq-reply" role="alert">x</div>'}]}
    assert "mq-strip-loud" in talk.strip_over([card], "es")
    assert "mq-strip-loud" not in talk.strip_over([], "es")


@pytest.mark.parametrize(
    "text", [None, 3, "", "{", "[" * 100_000, '"x"', '{"a": 1}', '[1, {"role": "system", "content": "x"}]']
)
def test_a_conversation_of_any_shape_is_restored_as_far_as_it_is_one(text: object) -> None:
    assert conversation(Scripted()).restored(text) == []


def test_a_conversation_is_restored_as_it_was_without_what_broke_off() -> None:
    *_, whole = conversation(Scripted()).respond("What is relaxol?", [])
    first, *_ = conversation(Scripted()).respond("And now?", whole.messages)
    restored = conversation(Scripted()).restored(json.dumps(first.messages))
    assert restored == first.messages[:-1]


@pytest.mark.parametrize("danger", ["I have crushing chest pain and I cannot breathe", f"It is all {SECOND} now"])
def test_a_card_does_not_wait_behind_other_people_s_questions(danger: str) -> None:
    begun, free = threading.Event(), threading.Event()

    class Busy(Scripted):
        def ask(self, question: str, history: Sequence[Turn] = ()) -> Reply:
            if "relaxol" in question:
                begun.set()
                assert free.wait(20)
            return super().ask(question, history)

    engine = Busy()
    engine.settings = load_settings(server={"concurrency": 1})
    talk = conversation(engine)
    with ThreadPoolExecutor(2) as people:
        slow = people.submit(lambda: list(talk.respond("What is relaxol?", [])))
        assert begun.wait(20)
        waiting = people.submit(lambda: list(talk.respond("What is baclofen?", [])))
        *_, card = talk.respond(danger, [])
        assert "I did not find it." in card.messages[-1]["content"], "whatever this engine says, it was asked"
        assert not slow.done()
        assert not waiting.done(), "an ordinary question keeps its place in the line"
        free.set()
        assert slow.result(20)
        assert waiting.result(20)
