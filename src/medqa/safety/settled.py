"""Whether a message tells of a danger that was seen to and is over (``settled.toml``)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from medqa.errors import ConfigError
from medqa.knowledge.folding import fold
from medqa.safety.rules import read_data

MAX_CHARS = 4000
KINDS = ("reached", "settled", "past", "open", "cleared")


def is_settled(text: str) -> bool:
    """What the message tells of was seen to and came out well, and nothing may be going on now. In doubt False."""
    folded = _folded(text)
    w = _wordings()
    return any(w[key].search(folded) for key in ("settled", "reached")) and not _is_open(folded)


def is_through(text: str) -> bool:
    """Help came and the person is through it: what ends a card in force. In doubt False."""
    folded = _folded(text)
    return _wordings()["reached"].search(folded) is not None and not _is_open(folded)


def is_long_over(text: str) -> bool:
    """What was told before happened a year, a season or months ago, the person says now. In doubt False."""
    folded = _folded(text)
    return _wordings()["past"].search(folded) is not None and not _is_open(folded)


def _is_open(folded: str) -> bool:
    w = _wordings()
    return w["open"].search(w["cleared"].sub(" ", folded)) is not None


def _folded(text: str) -> str:
    return " ".join(re.sub(r"['’]", "", fold(text[:MAX_CHARS])).split())


@cache
def _wordings() -> Mapping[str, re.Pattern[str]]:
    data = read_data("settled.toml")
    try:
        return {key: re.compile("|".join(f"(?:{p})" for p in data[key])) for key in KINDS}
    except (KeyError, re.error) as error:
        raise ConfigError(f"settled.toml is malformed: {error!r}.") from error
