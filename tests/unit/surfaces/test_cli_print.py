"""What stands on a terminal: readable, complete, and never an order to the terminal itself."""

from __future__ import annotations

import contextlib
import io
import re

import pytest

from medqa.presentation import reply_to_text
from medqa.surfaces.cli_print import print_reply
from medqa.surfaces.terminal import for_terminal, say
from medqa.types import (
    Abstained,
    Answer,
    Answered,
    ArticleId,
    Citation,
    CitedSentence,
    Redirected,
    Reply,
    SafetyLevel,
    SafetyVerdict,
    SafetyWarning,
    SectionId,
    Span,
)

_COLOUR = re.compile(r"\x1b\[[\d;]*m")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def on_a_terminal(reply: Reply) -> str:
    """What is written, colours included."""
    screen = Terminal()
    with contextlib.redirect_stdout(screen):
        print_reply(reply)
    return screen.getvalue()


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")


QUOTE = "sleepiness [/red] \x1b]0;owned\x07 and \x1b[2J"
CITATION = Citation(
    ArticleId("relaxol"), "Relaxol", SectionId("s"), "Side effects", Span(5, 5 + len(QUOTE)), QUOTE, "", None, True
)
ANSWERED = Answered(
    question="bacoflen?",
    interpreted_question="baclofen?",
    safety=SafetyVerdict(SafetyLevel.NONE, message="**Call 911** when somebody cannot be woken."),
    disclaimer="General information.",
    warnings=(SafetyWarning("stop", "Do not stop suddenly.", "A label", "https://example.org"),),
    suggestions=("How does it work?",),
    answer=Answer((CitedSentence(QUOTE, (CITATION,), context="relaxol", list_item=True),)),
)
ABSTAINED = Abstained(
    question="q",
    interpreted_question="q",
    safety=SafetyVerdict(SafetyLevel.NONE),
    disclaimer="General information.",
    message="The articles do not answer this.",
    nearest=((ArticleId("relaxol"), "Relaxol", "Stopping"),),
)
REDIRECTED = Redirected(
    question="q",
    interpreted_question="q",
    safety=SafetyVerdict(SafetyLevel.EMERGENCY, "r", "**Call 911 now.**\n\nDo not drive."),
    disclaimer="General information.",
)


def test_an_answer_is_complete_on_a_terminal() -> None:
    text = _COLOUR.sub("", on_a_terminal(ANSWERED))
    for part in (
        "Call 911 when",
        "Read as: baclofen?",
        "[relaxol] sleepiness [/red]",
        "Do not stop suddenly. (Source: A label)",
        "[1] Relaxol, Side effects (not clinically reviewed, review overdue)",
        "How does it work?",
        "General information.",
    ):
        assert part in text


def test_an_article_gives_the_terminal_no_orders() -> None:
    written = on_a_terminal(ANSWERED)
    assert _COLOUR.search(written), "colours of our own are there"
    assert "\x1b" not in _COLOUR.sub("", written)
    assert "\x07" not in written


def test_a_card_stands_alone() -> None:
    text = on_a_terminal(REDIRECTED)
    assert "Call 911 now." in text
    assert "**" not in text
    assert "Sources" not in text


def test_an_abstention_names_the_nearest_topics() -> None:
    assert "Relaxol: Stopping  (medqa show relaxol)" in on_a_terminal(ABSTAINED)


@pytest.mark.parametrize("reply", [ANSWERED, ABSTAINED, REDIRECTED], ids=["answered", "abstained", "redirected"])
def test_a_pipe_gets_the_plain_text_to_the_letter(reply: Reply, capsys: pytest.CaptureFixture[str]) -> None:
    print_reply(reply)
    assert capsys.readouterr().out == reply_to_text(reply)


def test_control_characters_go_and_line_breaks_stay() -> None:
    assert for_terminal("a\x1b[31m\x00b\n\tc\x9b1m\u2028½") == "a[31mb\n\tc1m\u2028½"
    assert for_terminal("half \ud800") == "half ?"


def test_what_is_said_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    say("first\nsecond\r\nthird")
    assert capsys.readouterr().err == "first second third\n"
