"""What a page holds of an answer that it was given: to copy, to download, and to send back with a word on it.

The server keeps no answer. The page gets each one as signed text that it cannot alter; what comes back with
feedback is therefore what was really given. The question is signed apart, so that it stays in the page unless the
person consents. The key is made at each start: answers from before a restart can no longer be commented on.
"""

from __future__ import annotations

import base64
import json
import secrets
import uuid
from dataclasses import dataclass
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer

from medqa.errors import StateError
from medqa.presentation import reply_to_json, reply_to_markdown, reply_to_text
from medqa.state.feedback import KEPT, OF_THE_QUESTION
from medqa.types import Reply


class NotOurAnswerError(StateError):
    """The signed text is not one that this server gave since its start."""

    default_remedy = "Ask again first."


@dataclass(frozen=True, slots=True)
class Returned:
    """An answer as it came back: its id, and its JSON, with the question only if that came back too."""

    id: str
    reply: dict[str, Any]


class Keepsakes:
    """Signs what is given to a page and reads what comes back, with a key that it makes and that nobody can give it:
    it is in this object's memory alone, and gone with it."""

    def __init__(self) -> None:
        key = secrets.token_bytes(32)
        self._answers = URLSafeSerializer(key, salt="answer")
        self._questions = URLSafeSerializer(key, salt="question")

    def given(self, reply: Reply, answer_id: str, date: str) -> str:
        """Base64 of JSON ``{id, date, text, markdown, answer, question}`` for the page; the last two are signed."""
        whole = reply_to_json(reply)
        answer = {name: whole[name] for name in KEPT if name in whole}
        question = {name: whole[name] for name in OF_THE_QUESTION if name in whole}
        asked = " ".join(reply.question.split())
        holds = {
            "id": answer_id,
            "date": date,
            "text": f"{asked}\n\n{reply_to_text(reply)}\n{date}\n",
            "markdown": f"# {_heading(asked)}\n\n{reply_to_markdown(reply)}\n{date}\n",
            "answer": self._answers.dumps({"id": answer_id, "reply": answer}),
            "question": self._questions.dumps({"id": answer_id, **question}),
        }
        return base64.b64encode(json.dumps(holds, ensure_ascii=True).encode()).decode()

    def returned(self, answer: str, question: str | None) -> Returned:
        """Reads both back. Raises `NotOurAnswerError` for what was not signed here, or does not belong together."""
        try:
            held = self._answers.loads(answer)
            reply = dict(held["reply"])
            if question is not None:
                asked = self._questions.loads(question)
                if asked["id"] != held["id"]:
                    raise NotOurAnswerError("The question belongs to another answer.")
                reply |= {name: asked[name] for name in OF_THE_QUESTION if name in asked}
        except BadSignature as error:
            raise NotOurAnswerError("The answer was not given by this server since its start.") from error
        return Returned(str(held["id"]), reply)


def new_id() -> str:
    """An id for an answer, unguessable."""
    return uuid.uuid4().hex


def _heading(asked: str) -> str:
    """The question as a Markdown heading that reads to the letter."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]<>#|~$!" else c for c in asked)
