"""The safety check by itself, for those who need nothing else of the engine."""

from __future__ import annotations

from collections.abc import Sequence

from medqa.safety.triage import triage
from medqa.types import SafetyVerdict, Turn


def triage_only(text: str, history: Sequence[Turn] = (), *, region: str) -> SafetyVerdict:
    """The safety gate alone: no index, no model."""
    return triage(text, history, region=region)
