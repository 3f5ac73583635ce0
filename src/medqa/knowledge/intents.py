"""What a question wants to know: stop, skip, dose, mix, alcohol, pregnancy, driving ... (``intents.toml``)."""

from __future__ import annotations

import hashlib
import re
from functools import cache

from medqa.errors import ConfigError
from medqa.knowledge.folding import fold
from medqa.knowledge.lexicon import read_data

MAX_CHARS = 4000
"""Longer text is read up to here: an intent of a question stands in the question, not in a story of pages."""


def intents_of(text: str) -> tuple[str, ...]:
    """The intents of a question, in the order of the table; empty when none is recognised."""
    folded = re.sub(r"\s+", " ", fold(text[:MAX_CHARS]))
    return tuple(
        name
        for name, wanted, unless in _intents()
        if any(pattern.search(folded) for pattern in wanted) and not any(pattern.search(folded) for pattern in unless)
    )


@cache
def intents_signature() -> str:
    """Changes with the table: what was kept under another table has to be made anew."""
    return hashlib.sha256(repr(_intents()).encode()).hexdigest()[:12]


def known_intents() -> tuple[str, ...]:
    """Every intent id of the table."""
    return tuple(name for name, _, _ in _intents())


@cache
def _intents() -> tuple[tuple[str, tuple[re.Pattern[str], ...], tuple[re.Pattern[str], ...]], ...]:
    try:
        return tuple(
            (
                row["id"],
                tuple(re.compile(pattern) for pattern in row["any"]),
                tuple(re.compile(pattern) for pattern in row.get("unless", ())),
            )
            for row in read_data("intents.toml")["intent"]
        )
    except (KeyError, re.error) as error:
        raise ConfigError(f"An intent in intents.toml is malformed: {error!r}.") from error
