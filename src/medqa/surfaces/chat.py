"""The chat: Gradio Blocks around `Engine.ask`. Import only after `offline.keep_offline()`.

The conversation lives in the page: the browser sends it with every question. The server holds it in memory
while the page is open (Gradio does), on no disk, and drops it when the page is closed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components.chatbot import ExampleMessage

from medqa.engine import Engine
from medqa.errors import MedqaError
from medqa.safety.policy import disclaimer
from medqa.surfaces import replies
from medqa.surfaces.journal import note_failure
from medqa.surfaces.markup import fragment
from medqa.surfaces.texts import Texts, load_texts
from medqa.surfaces.transcript import Message, Option, lightened, messages_from, turns
from medqa.types import Turn

EXAMPLES = 4
BODY_SHARE = 0.5
"""Share of the largest request body that the conversation so far may take; the rest is for the next question."""
SESSIONS = 256
"""Open pages whose last values Gradio holds in memory (its default is 10,000, with no end)."""

Step = tuple[list[Message], str]
"""The messages to show, and the emergency line above them."""


class Conversation:
    """What happens when a question is sent. Free of Gradio, so that it can be read and tested alone."""

    def __init__(self, engine: Engine, texts: Texts) -> None:
        self._engine = engine
        self._texts = texts
        server = engine.settings.server
        self._limit = server.max_question_chars
        self.region: str = engine.settings.safety.region
        self._max_bytes = int(server.max_body_kb * 1024 * BODY_SHARE)

    def respond(self, typed: object, payload: object) -> Iterator[Step]:
        """The page after each step of the reply: question shown, sentence by sentence, complete.

        `typed` and `payload` come from the browser as they are; neither is trusted to be anything but text.
        """
        question = readable(typed) if isinstance(typed, str) else ""
        shown = messages_from(payload)
        history = turns(shown)
        calm = replies.strip(self.region, loud=False)
        if question.strip():
            shown = [*shown, Message(role="user", content=replies.you(question.strip()))]
        yield self._page(shown, replies.waiting()), calm
        try:
            yield from self._reply(question, history, shown)
        except Exception as error:  # noqa: BLE001 - the last wall: the chat stays usable whatever breaks below
            note_failure("answering", error)
            said = replies.failure(error, length=len(question), limit=self._limit, region=self.region)
            yield self._page(shown, said), calm

    def _reply(self, question: str, history: tuple[Turn, ...], shown: list[Message]) -> Iterator[Step]:
        reply = self._engine.ask(question, history)
        top = replies.strip(self.region, loud=reply.safety.level in replies.LOUD)
        steps = list(replies.reply_steps(reply))
        for step in steps[:-1]:
            yield self._page(shown, step), top
        yield self._page(shown, steps[-1], replies.suggestions_of(reply)), top

    def _page(self, shown: list[Message], said: str, offers: tuple[str, ...] = ()) -> list[Message]:
        message = Message(role="assistant", content=said)
        if offers:
            message["options"] = [Option(value=offer) for offer in offers]
        return lightened([*shown, message], self._max_bytes, replies.folded())

    def examples(self) -> tuple[str, ...]:
        """Questions for the first screen; none while there is nothing to answer from."""
        try:
            return self._engine.examples(EXAMPLES)
        except MedqaError as error:
            note_failure("first screen", error)
            return ()

    def welcome(self) -> str:
        """The first screen's text, with the number of articles that there are now."""
        try:
            articles = self._engine.index_info().articles
        except MedqaError as error:
            note_failure("first screen", error)
            articles = 0
        return fragment("welcome.html", articles=articles)


def readable(text: str) -> str:
    """`text` without NUL and with lone surrogates replaced: neither can be sent back to a page."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")


@dataclass(frozen=True, slots=True)
class _Parts:
    """The components that events read and write."""

    strip: gr.HTML
    log: gr.Chatbot
    box: gr.Textbox
    send: gr.Button
    clear: gr.Button


def build_chat(engine: Engine) -> gr.Blocks:
    """The page. Runs at most ``server.concurrency`` questions at once; more wait in line."""
    texts = load_texts()
    conversation = Conversation(engine, texts)
    concurrency = engine.settings.server.concurrency
    blocks = gr.Blocks(title=texts.page.title, fill_height=True, analytics_enabled=False)
    with blocks:
        parts = _layout(engine, texts)
        _wire(blocks, parts, conversation, concurrency)
    blocks.state_session_capacity = SESSIONS
    blocks.queue(default_concurrency_limit=concurrency, max_size=concurrency * 16, api_open=False)
    return blocks


def _layout(engine: Engine, texts: Texts) -> _Parts:
    region = engine.settings.safety.region
    with gr.Row(elem_id="mq-top", equal_height=False):
        gr.HTML(fragment("header.html"), elem_id="mq-header", padding=False)
        clear = gr.Button(texts.page.new_chat, variant="secondary", elem_id="mq-clear", scale=0, min_width=96)
    strip = gr.HTML(replies.strip(region, loud=False), elem_id="mq-strip", padding=False)
    log = gr.Chatbot(
        elem_id="mq-log",
        label=texts.page.name,
        show_label=False,
        container=False,
        height="100%",
        scale=1,
        layout="bubble",
        autoscroll=False,  # it goes to the end; our script shows the beginning of a reply
        placeholder=fragment("welcome.html", articles=0),
        buttons=[],
        feedback_options=None,
        latex_delimiters=[],
        sanitize_html=True,
        allow_tags=False,
        allow_file_downloads=False,
        group_consecutive_messages=False,
        line_breaks=False,
    )
    with gr.Row(elem_id="mq-composer", equal_height=False):
        box = gr.Textbox(
            elem_id="mq-box",
            label=texts.input.label,
            placeholder=texts.input.placeholder,
            show_label=False,
            container=False,
            lines=1,
            max_lines=6,
            autofocus=False,
            scale=1,
            html_attributes=gr.InputHTMLAttributes(autocomplete="off", enterkeyhint="send"),
        )
        send = gr.Button(texts.input.send, variant="primary", elem_id="mq-send", scale=0, min_width=88)
    gr.HTML(fragment("foot.html", disclaimer=disclaimer(region)), elem_id="mq-foot", padding=False)
    return _Parts(strip, log, box, send, clear)


def _wire(blocks: gr.Blocks, parts: _Parts, conversation: Conversation, concurrency: int) -> None:
    def ask(typed: object, payload: object) -> Iterator[tuple[list[Message], str, str]]:
        for messages, top in conversation.respond(typed, payload):
            yield messages, top, ""

    def ask_selected(payload: object, selected: gr.SelectData) -> Iterator[Step]:
        yield from conversation.respond(selected_text(selected.value), payload)

    def reset() -> tuple[list[Message], str, str]:
        return [], replies.strip(conversation.region, loud=False), ""

    def greet() -> gr.Chatbot:
        examples = [ExampleMessage(text=question) for question in conversation.examples()]
        return gr.Chatbot(examples=examples, placeholder=conversation.welcome())

    # Raw payloads: Gradio's own preprocessing would write a malformed one, question included, into the log.
    shared: dict[str, Any] = {
        "api_visibility": "private",
        "preprocess": False,
        "concurrency_limit": concurrency,
        "concurrency_id": "questions",
        "trigger_mode": "once",
        "show_progress": "hidden",
    }
    running = [
        gr.on(
            [parts.box.submit, parts.send.click],
            ask,
            [parts.box, parts.log],
            [parts.log, parts.strip, parts.box],
            **shared,
        ),
        parts.log.example_select(ask_selected, parts.log, [parts.log, parts.strip], **shared),
        parts.log.option_select(ask_selected, parts.log, [parts.log, parts.strip], **shared),
    ]
    parts.clear.click(
        reset,
        None,
        [parts.log, parts.strip, parts.box],
        cancels=running,
        api_visibility="private",
        show_progress="hidden",
    )
    blocks.load(greet, None, parts.log, api_visibility="private", show_progress="hidden")
    blocks.unload(forgetting(blocks))


def forgetting(blocks: gr.Blocks) -> Callable[[gr.Request], None]:
    """What runs when a page is closed: Gradio keeps each session's last values in memory; they go at once."""

    def forget(request: gr.Request) -> None:
        session = request.session_hash or ""
        blocks.state_holder.session_data.pop(session, None)
        blocks.state_holder.time_last_used.pop(session, None)

    return forget


def selected_text(value: object) -> str:
    """The question behind an example or a suggestion."""
    if isinstance(value, dict):
        value = value.get("text", value.get("value", ""))
    return value if isinstance(value, str) else ""
