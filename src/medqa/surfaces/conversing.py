"""What happens in the chat when a question is sent. Free of Gradio, so that it can be read and tested alone.

The conversation lives in the page: the browser sends it with every question, and nothing of it is kept here.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import date
from typing import NamedTuple

from medqa.conversation import is_small_talk
from medqa.engine import Engine
from medqa.engine.paths import state_root
from medqa.errors import MedqaError
from medqa.safety.policy import disclaimer
from medqa.state import GapStore
from medqa.surfaces import replies
from medqa.surfaces.given import Keepsakes, new_id
from medqa.surfaces.journal import note_failure
from medqa.surfaces.texts import Language, load_texts
from medqa.surfaces.transcript import Message, Option, finished, lightened, messages_from, said, turns
from medqa.types import Abstained, Redirected, Reply, Turn

EXAMPLES = 4
BODY_SHARE = 0.5
"""Share of the largest request body that the conversation so far may take; the rest is for the next question."""


class Step(NamedTuple):
    """The messages to show, the emergency line above them, and what the page may keep of a complete answer."""

    messages: list[Message]
    strip: str
    given: str = ""


class Conversation:
    """Answers at most ``server.concurrency`` questions at once; cards are given beside them."""

    def __init__(self, engine: Engine, keepsakes: Keepsakes, today: Callable[[], date] = date.today) -> None:
        self._engine = engine
        self._keepsakes = keepsakes
        self._today = today
        server = engine.settings.server
        self._limit = server.max_question_chars
        self.region: str = engine.settings.safety.region
        self._places = threading.BoundedSemaphore(server.concurrency)
        self._max_bytes = int(server.max_body_kb * 1024 * BODY_SHARE)

    def respond(self, typed: object, payload: object, language: Language = "en") -> Iterator[Step]:
        """The page after each step of the reply: question shown, sentence by sentence, complete.

        `typed` and `payload` come from the browser as they are; neither is trusted to be anything but text.
        """
        question = readable(typed) if isinstance(typed, str) else ""
        shown = finished(messages_from(payload))
        if shown and shown[-1]["role"] == "user" and said(shown[-1]["content"]) == said(replies.you(question.strip())):
            shown.pop()  # the same question again after the connection broke
        history = turns(shown)
        calm = self.strip(language)
        if question.strip():
            shown = [*shown, Message(role="user", content=replies.you(question.strip()))]
        yield Step(self._page(shown, replies.waiting(language), language), calm)
        try:
            yield from self._reply(question, history, shown, language)
        except Exception as error:  # noqa: BLE001 - the last wall: the chat stays usable whatever breaks below
            note_failure("answering", error)
            frame = replies.Frame(language, self.region)
            told = replies.failure(error, length=len(question), limit=self._limit, frame=frame)
            yield Step(self._page(shown, told, language), calm)

    def _reply(
        self, question: str, history: tuple[Turn, ...], shown: list[Message], language: Language
    ) -> Iterator[Step]:
        reply = self._ask(question, history)
        top = self.strip(language, loud=reply.safety.level in replies.LOUD)
        today = self._today().isoformat()
        answer_id = new_id()
        frame = replies.Frame(language, self.region, today, f"mq-{answer_id}")
        given = ""
        if not isinstance(reply, Redirected):
            given = replies.fragment("given.html", given=self._keepsakes.given(reply, answer_id, today))
        *growing, whole = replies.reply_steps(reply, frame)
        for step in growing:
            yield Step(self._page(shown, step, language), top)
        offers = replies.suggestions_of(reply, language)
        yield Step(self._page(shown, whole, language, offers), top, given)

    def _ask(self, question: str, history: tuple[Turn, ...]) -> Reply:
        """The reply; a card does not stand in line behind other people's questions, whichever look finds it.

        The gate is asked twice for that (here, and by the engine, which takes nobody's word): milliseconds.
        """
        if self._engine.triage(question, history).redirects:
            return self._engine.ask(question, history)
        with self._places:
            reply = self._engine.ask(question, history)
        if isinstance(reply, Abstained) and not is_small_talk(question):
            self._note_gap(reply)
        return reply

    def _note_gap(self, reply: Abstained) -> None:
        """Count it for the editors, and keep the question only where the owner has switched that on."""
        _, topic, section = next(iter(reply.nearest), ("", "", ""))
        gaps = self._engine.settings.gaps
        question = reply.interpreted_question if gaps.keep_questions else ""
        near = f"{topic}, {section}" if section else topic
        try:
            GapStore(state_root(self._engine.settings)).note(
                topic, near=near, question=question, keep_days=gaps.keep_days
            )
        except MedqaError as error:  # the person gets the reply all the same
            note_failure("counting a question without an answer", error)

    def _page(self, shown: list[Message], told: str, language: Language, offers: tuple[str, ...] = ()) -> list[Message]:
        message = Message(role="assistant", content=told)
        if offers:
            message["options"] = [Option(value=offer) for offer in offers]
        return lightened([*shown, message], self._max_bytes, replies.folded(language))

    def restored(self, text: object, language: Language = "en") -> list[Message]:
        """The conversation that a page held in memory while the connection was lost, trusted as text only."""
        try:
            payload = json.loads(text) if isinstance(text, str) else []
        except (ValueError, RecursionError):
            payload = []
        return lightened(finished(messages_from(payload)), self._max_bytes, replies.folded(language))

    # --- what stands around the conversation ---------------------------------------------------------

    def strip(self, language: Language = "en", *, loud: bool = False) -> str:
        return replies.strip(self.region, loud=loud, language=language)

    def strip_over(self, payload: object, language: Language) -> str:
        """The emergency line over the conversation that the page shows: loud while its last message is a loud card."""
        messages = messages_from(payload)
        loud = bool(messages) and 'role="alert"' in messages[-1]["content"]
        return self.strip(language, loud=loud)

    def examples(self) -> tuple[str, ...]:
        """Questions for the first screen; none while there is nothing to answer from."""
        try:
            return self._engine.examples(EXAMPLES)
        except MedqaError as error:
            note_failure("first screen", error)
            return ()

    def welcome(self, language: Language = "en") -> str:
        """The first screen's text, with the number of articles that there are now."""
        try:
            articles = self._engine.index_info().articles
        except MedqaError as error:
            note_failure("first screen", error)
            articles = 0
        words, gaps = load_texts(language).welcome, self._engine.settings.gaps
        privacy = words.privacy_kept.format(days=gaps.keep_days) if gaps.keep_questions else words.privacy
        return replies.fragment("welcome.html", language, articles=articles, privacy=privacy)

    def header(self, language: Language) -> str:
        return replies.fragment("header.html", language)

    def foot(self, language: Language) -> str:
        return replies.fragment("foot.html", language, disclaimer=disclaimer(self.region, language))

    def aside(self, language: Language) -> str:
        """The feedback form, the places where a screen reader hears things, and the words of the page's script."""
        words = load_texts(language)
        spoken = {
            "sending": words.input.sending,
            "waiting": words.input.waiting,
            "slow": words.input.slow,
            "lost": words.input.lost,
            "back": words.input.back,
            "again": words.input.again,
            "copied": words.tools.copied,
            "uncopied": words.tools.not_copied,
            "choose": words.feedback.choose,
            "thanks": words.feedback.thanks,
            "failed": words.feedback.failed,
            "stale": words.feedback.stale,
            "title": words.page.title,
        }
        return replies.fragment("aside.html", language, spoken=spoken)


def readable(text: str) -> str:
    """`text` without NUL and with lone surrogates replaced: neither can be sent back to a page."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")
