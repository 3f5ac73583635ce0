"""Puts the owner's language model in, where the settings name one."""

from __future__ import annotations

import os

from medqa.answering.llm.checks import SentenceChecker
from medqa.answering.llm.client import ChatClient, Endpoint
from medqa.answering.llm.composer import Rewording
from medqa.config import Settings
from medqa.errors import ConfigError
from medqa.knowledge.claims import flag_claims
from medqa.knowledge.lexicon import Lexicon
from medqa.ports import Embedder


def open_rewording(settings: Settings, embedder: Embedder, lexicon: Lexicon) -> Rewording | None:
    """None unless `answering.generator` is ``llm``. Asks nothing yet. Raises `ConfigError`."""
    if settings.answering.generator != "llm":
        return None
    s = settings.llm
    key = ""
    if s.api_key_env:
        key = os.environ.get(s.api_key_env, "")
        if not key:
            raise ConfigError(f"The environment variable {s.api_key_env}, named by 'llm.api_key_env', is not set.")
    endpoint = Endpoint(s.base_url, s.model, key, s.timeout_s, s.max_tokens)
    checker = SentenceChecker(embedder, lexicon, lambda sentence: bool(flag_claims(sentence)))
    return Rewording(s.model, ChatClient(endpoint), checker)
