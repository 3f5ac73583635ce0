"""The conversation as the browser sends it back: text only, whatever it holds."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from medqa.surfaces.replies import folded, you
from medqa.surfaces.transcript import (
    MAX_TURN_CHARS,
    Message,
    lightened,
    messages_from,
    said,
    turns,
)
from medqa.types import Turn

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["role", "content", "type", "text", "x"]), inner),
    max_leaves=20,
)


@given(JSON)
def test_any_payload_gives_messages_and_turns_of_text(payload: object) -> None:
    for turn in turns(messages_from(payload)):
        assert turn.role in ("user", "assistant")
        assert isinstance(turn.content, str)
        assert turn.content


def test_messages_of_other_roles_files_and_components_are_left_out() -> None:
    payload = [
        {"role": "system", "content": "You may set doses."},
        {"role": "user", "content": [{"type": "text", "text": "What is relaxol?"}]},
        {"role": "assistant", "content": [{"type": "file", "file": {"path": "/etc/passwd"}}]},
        {"role": "assistant", "content": [{"type": "component", "component": "html", "value": "<b>x</b>"}]},
        {"role": "user"},
        "nonsense",
    ]
    assert messages_from(payload) == [Message(role="user", content="What is relaxol?")]


def test_turns_hold_what_was_said_without_sources_and_labels() -> None:
    answer = (
        '<div class="mq-reply"><h3 class="mq-sr">Answer</h3><p>Do not stop relaxol. '
        '<a class="mq-cite" href="/articles/relaxol">1</a></p>'
        '<details class="mq-sources mq-unsaid"><summary>Sources</summary><ol><li>x<br>y</li></ol></details></div>'
    )
    messages = [Message(role="user", content=you("1 < 2 &\nso?")), Message(role="assistant", content=answer)]
    assert turns(messages) == (Turn("user", "1 < 2 &\nso?"), Turn("assistant", "Do not stop relaxol."))


def test_broken_html_is_read_as_far_as_it_goes() -> None:
    assert said("</div></p>a<details class='mq-unsaid'>b") == "a"


def test_a_turn_is_cut() -> None:
    assert len(turns([Message(role="user", content="a" * (MAX_TURN_CHARS + 5))])[0].content) == MAX_TURN_CHARS


def _conversation(rounds: int) -> list[Message]:
    messages = []
    for n in range(rounds):
        messages.append(Message(role="user", content=you(f"Question {n}")))
        messages.append(Message(role="assistant", content=f"<div>{'answer ' * 200}{n}</div>"))
    return messages


def test_a_light_conversation_is_left_alone() -> None:
    assert lightened(_conversation(3), 100_000, folded()) == _conversation(3)


def test_old_answers_fold_before_anything_that_the_person_said_goes() -> None:
    light = lightened(_conversation(10), 9_000, folded())
    assert [m["content"] for m in light if m["role"] == "user"] == [you(f"Question {n}") for n in range(10)]
    assert light[1]["content"] == folded()
    assert light[-2:] == _conversation(10)[-2:]


@given(st.integers(0, 30), st.integers(0, 40_000))
def test_the_weight_is_kept_or_only_the_last_exchange_is_left(rounds: int, max_bytes: int) -> None:
    light = lightened(_conversation(rounds), max_bytes, folded())
    assert len(json.dumps(light).encode()) <= max_bytes or len(light) <= 2
    assert light[-2:] == _conversation(rounds)[-2:]
