"""The chat: Gradio Blocks around a `Conversation`. Import only after `offline.keep_offline()`.

The server holds the last values of a page in memory while it is open (Gradio does), on no disk, and drops them when
the page is closed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components.chatbot import ExampleMessage

from medqa.engine import Engine
from medqa.surfaces.conversing import Conversation
from medqa.surfaces.given import Keepsakes
from medqa.surfaces.languages import chosen, known, other
from medqa.surfaces.texts import Language, load_texts
from medqa.surfaces.transcript import Message

IN_LINE = 32
"""Questions that are under way, those that wait for a place among them: below the 40 threads that serve the page."""
SESSIONS = 256
"""Open pages whose last values Gradio holds in memory (its default is 10,000, with no end)."""

Shown = tuple[list[Message], str, str]
"""Messages, emergency line, what the page may keep of the answer."""
Update = dict[Any, Any]


@dataclass(frozen=True, slots=True)
class _Parts:
    """The components that events read and write."""

    header: gr.HTML
    language: gr.Textbox
    switch: gr.Button
    clear: gr.Button
    strip: gr.HTML
    log: gr.Chatbot
    box: gr.Textbox
    send: gr.Button
    foot: gr.HTML
    aside: gr.HTML
    given: gr.HTML
    restore: gr.Textbox


def build_chat(engine: Engine, keepsakes: Keepsakes) -> gr.Blocks:
    """The page. `Conversation` answers ``server.concurrency`` questions at once; more wait in line."""
    conversation = Conversation(engine, keepsakes)
    concurrency = engine.settings.server.concurrency
    blocks = gr.Blocks(title=load_texts().page.title, fill_height=True, analytics_enabled=False)
    with blocks:
        parts = _layout(conversation)
        _wire(blocks, parts, conversation)
    blocks.state_session_capacity = SESSIONS
    in_line = max(IN_LINE, concurrency)
    blocks.queue(default_concurrency_limit=in_line, max_size=max(in_line, concurrency * 16), api_open=False)
    return blocks


def _layout(conversation: Conversation) -> _Parts:
    """In English; `greet` puts the person's language in its place before anything can be done with the page."""
    texts = load_texts()
    language = gr.Textbox("en", visible="hidden", elem_id="mq-language")
    with gr.Row(elem_id="mq-top", equal_height=False):
        header = gr.HTML(conversation.header("en"), elem_id="mq-header", padding=False)
        switch = gr.Button(texts.page.other_language, elem_id="mq-switch", scale=0, min_width=64)
        clear = gr.Button(texts.page.clear, variant="secondary", elem_id="mq-clear", scale=0, min_width=64)
    strip = gr.HTML(conversation.strip(), elem_id="mq-strip", padding=False)
    log = gr.Chatbot(
        elem_id="mq-log",
        label=texts.page.name,
        show_label=False,
        container=False,
        height="100%",
        scale=1,
        layout="bubble",
        autoscroll=False,  # it goes to the end; our script shows the beginning of a reply
        placeholder="",
        buttons=[],
        feedback_options=None,
        latex_delimiters=[],
        sanitize_html=True,
        allow_tags=False,
        allow_file_downloads=False,
        group_consecutive_messages=False,
        line_breaks=False,
    )
    aside = gr.HTML(conversation.aside("en"), elem_id="mq-aside", padding=False)
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
    foot = gr.HTML(conversation.foot("en"), elem_id="mq-foot", padding=False)
    given = gr.HTML("", elem_id="mq-given", padding=False)
    restore = gr.Textbox("", visible="hidden", elem_id="mq-restore")
    return _Parts(header, language, switch, clear, strip, log, box, send, foot, aside, given, restore)


def _wire(blocks: gr.Blocks, parts: _Parts, conversation: Conversation) -> None:
    def ask(typed: object, payload: object, language: object) -> Iterator[tuple[list[Message], str, str, str]]:
        for step in conversation.respond(typed, payload, known(language)):
            yield *step, ""

    def ask_selected(payload: object, language: object, selected: gr.SelectData) -> Iterator[Shown]:
        yield from conversation.respond(selected_text(selected.value), payload, known(language))

    def reset(language: object) -> tuple[list[Message], str, str, str]:
        return [], conversation.strip(known(language)), "", ""

    def speaking(language: Language) -> Update:
        words = load_texts(language)
        examples = [ExampleMessage(text=question) for question in conversation.examples()]
        return {
            parts.language: language,
            parts.header: conversation.header(language),
            parts.switch: gr.Button(words.page.other_language),
            parts.clear: gr.Button(words.page.clear),
            parts.log: gr.Chatbot(examples=examples, placeholder=conversation.welcome(language)),
            parts.box: gr.Textbox(label=words.input.label, placeholder=words.input.placeholder),
            parts.send: gr.Button(words.input.send),
            parts.foot: conversation.foot(language),
            parts.aside: conversation.aside(language),
        }

    def greet(request: gr.Request) -> Update:
        language = chosen(request.query_params.get("lang"), request.headers.get("accept-language"))
        return speaking(language) | {parts.strip: conversation.strip(language)}

    def restored(text: object, language: object) -> tuple[list[Message], str, str]:
        messages = conversation.restored(text, known(language))
        return messages, conversation.strip_over(messages, known(language)), ""

    def switch(language: object, payload: object) -> Update:
        wanted = other(known(language))
        return speaking(wanted) | {parts.strip: conversation.strip_over(payload, wanted)}

    # Raw payloads: Gradio's own preprocessing would write a malformed one, question included, into the log.
    quiet: dict[str, Any] = {"api_visibility": "private", "preprocess": False, "show_progress": "hidden"}
    shared: dict[str, Any] = {
        **quiet,
        "concurrency_limit": "default",
        "concurrency_id": "questions",
        "trigger_mode": "once",
    }
    seen = [parts.log, parts.strip, parts.given]
    running = [
        gr.on(
            [parts.box.submit, parts.send.click],
            ask,
            [parts.box, parts.log, parts.language],
            [*seen, parts.box],
            **shared,
        ),
        parts.log.example_select(ask_selected, [parts.log, parts.language], seen, **shared),
        parts.log.option_select(ask_selected, [parts.log, parts.language], seen, **shared),
    ]
    parts.clear.click(reset, parts.language, [*seen, parts.box], cancels=running, **quiet)
    around = [
        parts.language,
        parts.header,
        parts.switch,
        parts.clear,
        parts.log,
        parts.box,
        parts.send,
        parts.foot,
        parts.aside,
        parts.strip,
    ]
    parts.restore.submit(restored, [parts.restore, parts.language], [parts.log, parts.strip, parts.restore], **quiet)
    parts.switch.click(switch, [parts.language, parts.log], around, **quiet)
    blocks.load(greet, None, around, api_visibility="private", show_progress="hidden")
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
