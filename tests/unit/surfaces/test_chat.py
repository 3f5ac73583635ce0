"""The conversation behind the chat, with engines that break: the chat stays usable and the log stays silent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from medqa.config import Settings, load_settings
from medqa.errors import IndexMissingError
from medqa.surfaces.chat import Conversation, readable, selected_text
from medqa.surfaces.texts import load_texts
from medqa.types import NO_SAFETY_CONCERN, Abstained, ArticleId, Document, IndexInfo, Reply, Turn

SECRET = "xylophonic"


class Scripted:
    """An engine that raises or abstains as it is told, and notes the conversation that it was given."""

    def __init__(self, error: Exception | None = None) -> None:
        self.settings: Settings = load_settings()
        self.error = error
        self.history: Sequence[Turn] = ()

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
    return Conversation(engine, load_texts())  # type: ignore[arg-type]


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
    *_, (messages, _) = conversation(Scripted(error)).respond(f"Does {SECRET} help?", [])
    assert said in messages[-1]["content"]
    assert SECRET in messages[0]["content"], "the person still sees what they asked"
    assert caplog.records
    assert SECRET not in caplog.text


def test_the_question_is_shown_at_once_while_the_answer_is_looked_for() -> None:
    first, *_ = conversation(Scripted()).respond("What is relaxol?", [])
    assert "What is relaxol?" in first[0][0]["content"]
    assert "Looking through the articles" in first[0][1]["content"]


def test_the_engine_gets_what_was_said_before_as_text() -> None:
    engine = Scripted()
    *_, (messages, _) = conversation(engine).respond("What is <relaxol>?", [])
    list(conversation(engine).respond("And now?", messages))
    assert engine.history == (Turn("user", "What is <relaxol>?"), Turn("assistant", "I did not find it."))


@pytest.mark.parametrize("payload", [None, {"a": 1}, "x", [None, 3, {"role": "user"}]])
@pytest.mark.parametrize("typed", [None, 7, {"text": "x"}, ["x"]])
def test_payloads_of_any_shape_do_no_harm(typed: object, payload: object) -> None:
    *_, (messages, _) = conversation(Scripted()).respond(typed, payload)
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
