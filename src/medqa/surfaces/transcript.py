"""What the browser sends back as the conversation so far. It is trusted as text only.

The messages on the page are HTML fragments; what each side *said* is their text, without sources, warnings
and labels (the elements marked ``mq-unsaid``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from html.parser import HTMLParser
from typing import Literal, TypedDict

from medqa.types import Turn

MAX_TURN_CHARS = 20_000
UNSAID = frozenset({"mq-unsaid", "mq-sr", "mq-cite"})
_GROWING = re.compile(r'^<div class="mq-reply[^"]* mq-growing\b')
"""The classes of a reply that is not complete yet, as the templates write them."""
_VOID = frozenset({"br", "hr", "img", "input", "wbr"})

Role = Literal["user", "assistant"]


class Option(TypedDict):
    value: str


class _Required(TypedDict):
    role: Role
    content: str


class Message(_Required, total=False):
    """A message of the chat as it is shown: `content` is an HTML fragment."""

    options: list[Option]


def messages_from(payload: object) -> list[Message]:
    """The messages of the page; whatever is not a text of the user or the assistant is left out."""
    return list(_messages(payload)) if isinstance(payload, Sequence) and not isinstance(payload, str) else []


def _messages(payload: Sequence[object]) -> Iterator[Message]:
    for entry in payload:
        if not isinstance(entry, Mapping):
            continue
        role, text = entry.get("role"), _text_of(entry.get("content"))
        if text and (role == "user" or role == "assistant"):
            yield Message(role="user" if role == "user" else "assistant", content=text)


def _text_of(content: object) -> str:
    if isinstance(content, str):
        return content
    if not isinstance(content, Sequence):
        return ""
    texts = [part.get("text") for part in content if isinstance(part, Mapping) and part.get("type") == "text"]
    return "".join(text for text in texts if isinstance(text, str))


def finished(messages: Sequence[Message]) -> list[Message]:
    """The messages without replies that broke off: what stands there is no answer."""
    return [m for m in messages if m["role"] == "user" or not _GROWING.search(m["content"])]


def turns(messages: Sequence[Message]) -> tuple[Turn, ...]:
    """What was said, oldest first, each turn cut at `MAX_TURN_CHARS`; turns in which nothing was said are left out."""
    spoken = ((message["role"], said(message["content"])[:MAX_TURN_CHARS]) for message in messages)
    return tuple(Turn(role, text) for role, text in spoken if text)


def said(html: str) -> str:
    """The text of a fragment, without the parts that are marked as not said."""
    reader = _Said()
    reader.feed(html)
    reader.close()
    return "\n".join(line for line in (" ".join(raw.split()) for raw in reader.text().split("\n")) if line)


class _Said(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: list[str] = []
        self._unsaid_depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            self._parts.append("\n" if tag == "br" else "")
        elif self._unsaid_depth:
            self._unsaid_depth += 1
        elif UNSAID.intersection((dict(attrs).get("class") or "").split()):
            self._unsaid_depth = 1

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        if self._unsaid_depth:
            self._unsaid_depth -= 1
        elif tag in ("p", "li", "h3", "h4", "div"):
            self._parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unsaid_depth:
            self._parts.append(data)

    def text(self) -> str:
        return "".join(self._parts)


def lightened(messages: Sequence[Message], max_bytes: int, folded: str) -> list[Message]:
    """The messages so that they weigh at most `max_bytes` as JSON (UTF-8).

    The page sends the conversation with every question, and the server takes only so much. The oldest
    answers are replaced by `folded` first, so that what the person said stays known to the safety gate
    longest; then the oldest messages go. The last two messages always stay.
    """
    kept = [message.copy() for message in messages]
    weights = [_weight(message) for message in kept]
    for position in range(max(len(kept) - 2, 0)):
        if sum(weights) <= max_bytes:
            break
        if kept[position]["role"] == "assistant" and weights[position] > len(folded) * 2:
            kept[position] = Message(role="assistant", content=folded)
            weights[position] = _weight(kept[position])
    while len(kept) > 2 and sum(weights) > max_bytes:
        del kept[0], weights[0]
    return kept


def _weight(message: Message) -> int:
    return len(json.dumps(message, ensure_ascii=False).encode("utf-8", "replace")) + 64
