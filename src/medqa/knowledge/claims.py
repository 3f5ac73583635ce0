"""Absolute and marketing claims: sentences that must not be answer text by themselves.

The patterns, each with its reason, are in ``claims.toml``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from medqa.errors import ConfigError
from medqa.knowledge.folding import fold
from medqa.knowledge.lexicon import read_data

_SPACE = re.compile(r"\s+")
MAX_CLAIM_CHARS = 2000
_QUESTION = re.compile(r"(?:is|are|am|can|could|does|do|did|will|would|should|has|have|was|were)\b[^.!]{1,300}\?$")
"""A question for yes or no claims nothing; "why is it safe?" does."""


@dataclass(frozen=True, slots=True)
class ClaimFlag:
    """Why a sentence was flagged. `matched` is the folded wording that gave it away."""

    id: str
    reason: str
    matched: str


@dataclass(frozen=True, slots=True)
class _Claim:
    id: str
    reason: str
    any: tuple[re.Pattern[str], ...]
    unless: tuple[re.Pattern[str], ...]


def flag_claims(sentence: str) -> tuple[ClaimFlag, ...]:
    """The absolute claims that `sentence` makes; empty when it makes none.

    One flag a claim. Only the first 2,000 characters are read: a longer "sentence" is not one.
    """
    if _QUESTION.match(sentence.strip().lower()):
        return ()
    text = _SPACE.sub(" ", fold(sentence[:MAX_CLAIM_CHARS]).replace("\u2013", "-").replace("\u2011", "-"))
    flags = []
    for claim in _claims():
        match = next((m for m in (pattern.search(text) for pattern in claim.any) if m), None)
        if match is not None and not any(pattern.search(text) for pattern in claim.unless):
            flags.append(ClaimFlag(claim.id, claim.reason, match.group().strip()))
    return tuple(flags)


def claim_reasons() -> dict[str, str]:
    """Each claim's id with the reason why it is flagged."""
    return {claim.id: claim.reason for claim in _claims()}


@cache
def _claims() -> tuple[_Claim, ...]:
    try:
        return tuple(
            _Claim(
                row["id"],
                row["reason"],
                tuple(re.compile(p) for p in row["any"]),
                tuple(re.compile(p) for p in row.get("unless", ())),
            )
            for row in read_data("claims.toml")["claim"]
        )
    except (KeyError, re.error) as error:
        raise ConfigError(f"A claim in claims.toml is malformed: {error!r}.") from error
