"""Wordings that stand around every answer: the disclaimer and the plain word of an abstention."""

from __future__ import annotations

from medqa.safety.cards import disclaimer as disclaimer
from medqa.safety.cards import frame_text
from medqa.safety.language import Language

__all__ = ["abstention_message", "disclaimer", "small_talk_message"]


def abstention_message(region: str, language: Language = "en") -> str:
    """What a person reads when the articles do not answer: said plainly, and whom to ask instead."""
    return frame_text("abstention", region, language)


def small_talk_message(region: str, language: Language = "en") -> str:
    """What a person reads who only said hello or thanks."""
    return frame_text("small_talk", region, language)
