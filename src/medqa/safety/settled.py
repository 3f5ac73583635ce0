"""Whether a message tells of a danger that was seen to and is over (``settled.toml``)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from medqa.errors import ConfigError
from medqa.knowledge.folding import fold
from medqa.safety.rules import read_data

MAX_CHARS = 4000


def is_settled(text: str) -> bool:
    """What the message tells of was seen to and came out well, and nothing may be going on now. In doubt False."""
    folded = _folded(text)
    w = _wordings()
    return any(w[key].search(folded) for key in ("settled", "reached")) and w["open"].search(folded) is None


def is_through(text: str) -> bool:
    """Help came and the person is through it: what ends a card in force. In doubt False."""
    folded = _folded(text)
    w = _wordings()
    return w["reached"].search(folded) is not None and w["open"].search(folded) is None


def _folded(text: str) -> str:
    return " ".join(re.sub(r"['’]", "", fold(text[:MAX_CHARS])).split())


@cache
def _wordings() -> Mapping[str, re.Pattern[str]]:
    data = read_data("settled.toml")
    try:
        return {key: re.compile("|".join(f"(?:{p})" for p in data[key])) for key in ("reached", "settled", "open")}
    except (KeyError, re.error) as error:
        raise ConfigError(f"settled.toml is malformed: {error!r}.") from error
