"""The shape of what a page sends with a question, checked before the chat's library sees it.

That library prints a malformed payload, what the person typed included, into the log.
"""

from __future__ import annotations

import json
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

QUEUE_PATH = "/gradio_api/queue/join"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    type: Literal["text"]
    text: str


class _Choice(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    value: str
    label: str = ""


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    role: Literal["user", "assistant"]
    content: list[_Part]
    metadata: None = None
    options: list[_Choice] | None = None


class _Event(BaseModel):
    """An event of the page; its session, its number and what was pressed stay as the library takes them."""

    model_config = ConfigDict(extra="ignore", strict=True)
    data: list[str | list[_Message]]
    fn_index: int
    session_hash: str


def is_well_formed(path: str, body: bytes) -> bool:
    """Whether `body` is an event as our page sends it; always true for other addresses."""
    if path.rstrip("/") != QUEUE_PATH:
        return True
    try:
        # Half an emoji is no reason to refuse a message; it is replaced further on.
        readable = json.dumps(json.loads(body), ensure_ascii=False).encode("utf-8", "replace")
        _Event.model_validate_json(readable)
    except (ValidationError, ValueError, RecursionError):
        return False
    return True
