"""Asks a server that speaks the OpenAI chat protocol, and reads its stream within limits of time and size."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx

from medqa.errors import ConfigError, LanguageModelError

MAX_STREAM_BYTES = 1_000_000
"""All that is read of one response, whatever the server sends."""
MAX_TEXT_CHARS = 20_000
"""All the text that is taken of one response."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`base_url` ends before ``/chat/completions``; `timeout_s` is for the whole response, in seconds."""

    base_url: str
    model: str
    api_key: str = field(default="", repr=False)
    timeout_s: float = 20.0
    max_tokens: int = 400

    def __post_init__(self) -> None:
        try:
            url = httpx.URL(self.base_url)
        except httpx.InvalidURL as error:
            raise ConfigError("Setting 'llm.base_url' is not an address.") from error
        if url.scheme not in ("http", "https") or not url.host:
            raise ConfigError("Setting 'llm.base_url' must begin with http:// or https:// and name a host.")
        if url.userinfo or url.query or url.fragment:
            raise ConfigError(
                "Setting 'llm.base_url' must hold no user, password, query or fragment.",
                remedy="Put the key into an environment variable and its name into 'llm.api_key_env'.",
            )
        if not self.model.strip():
            raise ConfigError("Setting 'llm.model' is empty.", remedy="Name the model that the server offers.")
        if not self.api_key.isascii() or not (self.api_key == "" or self.api_key.isprintable()):
            raise ConfigError("The key of the language model holds characters that no header can carry.")


class ChatClient:
    """One request at a time, no redirects, no proxies of the environment. Safe from several threads."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint

    def stream(self, system: str, user: str) -> Iterator[str]:
        """The pieces of the model's text as they come. Raises `LanguageModelError` for everything that is not a whole,
        well-formed response within the limits; its message never holds the key or what the server wrote."""
        end = self.endpoint
        body = {
            "model": end.model,
            "messages": [{"role": "system", "content": system}, {"role": "user", "content": user}],
            "temperature": 0,
            "max_tokens": end.max_tokens,
            "stream": True,
        }
        headers = {"Accept": "text/event-stream", "Accept-Encoding": "identity"}
        if end.api_key:
            headers["Authorization"] = f"Bearer {end.api_key}"
        deadline = time.monotonic() + end.timeout_s
        address = f"{end.base_url.rstrip('/')}/chat/completions"
        try:
            with (
                httpx.Client(follow_redirects=False, trust_env=False, timeout=end.timeout_s) as client,
                client.stream("POST", address, json=body, headers=headers) as response,
            ):
                if response.status_code != httpx.codes.OK:
                    raise LanguageModelError(f"The language model's server answered {response.status_code}.")
                yield from _texts(_lines(response, deadline))
        except httpx.TimeoutException as error:
            raise LanguageModelError("The language model was too slow.") from error
        except httpx.HTTPError as error:
            raise LanguageModelError(f"The language model's server cannot be used ({type(error).__name__}).") from error


def _lines(response: httpx.Response, deadline: float) -> Iterator[str]:
    read = 0
    rest = b""
    for piece in response.iter_raw():
        read += len(piece)
        if read > MAX_STREAM_BYTES:
            raise LanguageModelError("The language model's response has no end in sight.")
        if time.monotonic() > deadline:
            raise LanguageModelError("The language model was too slow.")
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            yield _decoded(line)
    if rest:
        yield _decoded(rest)


def _decoded(line: bytes) -> str:
    try:
        return line.decode("utf-8").rstrip("\r")
    except UnicodeDecodeError as error:
        raise LanguageModelError("The language model's response is not UTF-8.") from error


def _texts(lines: Iterator[str]) -> Iterator[str]:
    taken = 0
    for line in lines:
        if not line.startswith("data:"):
            if line and not line.startswith((":", "event:", "id:", "retry:")):
                raise LanguageModelError("The language model's response is not a stream of events.")
            continue
        data = line.removeprefix("data:").strip()
        if data == "[DONE]":
            return
        text = _text_of(data)
        taken += len(text)
        if taken > MAX_TEXT_CHARS:
            raise LanguageModelError("The language model's response is too long.")
        if text:
            yield text
    raise LanguageModelError("The language model's response broke off.")


def _text_of(data: str) -> str:
    try:
        event = json.loads(data)
        choices = event["choices"]
        text = choices[0]["delta"].get("content") if choices else None
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
        raise LanguageModelError("The language model's response is malformed.") from error
    if text is not None and not isinstance(text, str):
        raise LanguageModelError("The language model's response is malformed.")
    return text or ""
