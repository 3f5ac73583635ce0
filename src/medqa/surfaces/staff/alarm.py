"""What the safety check says of a person's words, for the page: what is sent first, or stands above the quotes."""

from __future__ import annotations

from dataclasses import dataclass

from medqa.types import SafetyLevel, SafetyVerdict

_TITLES = {
    SafetyLevel.EMERGENCY: "This reads like an emergency.",
    SafetyLevel.CRISIS: "This reads like thoughts of suicide or self-harm.",
    SafetyLevel.POISON: "This reads like a wrong dose or something swallowed.",
    SafetyLevel.URGENT: "This reads like something that needs care today.",
    SafetyLevel.NONE: "This asks for advice that the library must not give.",
}


@dataclass(frozen=True, slots=True)
class Alarm:
    """`card` (Markdown) is all that may be sent; else `above`, where there is one, stands above the quotes."""

    title: str = ""
    card: str = ""
    above: str = ""


def alarm_of(verdict: SafetyVerdict) -> Alarm:
    said = verdict.message or ""
    return Alarm(_TITLES[verdict.level], card=said) if verdict.redirects else Alarm(above=said)
