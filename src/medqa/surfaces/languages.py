"""Which language the chat speaks: what the address asks for, else the first of the browser's that there is."""

from __future__ import annotations

from typing import get_args

from medqa.surfaces.texts import Language

LANGUAGES: tuple[Language, ...] = get_args(Language)


def known(value: object) -> Language:
    """`value` where it names one of `LANGUAGES`, else English."""
    return next((language for language in LANGUAGES if language == value), "en")


def other(language: Language) -> Language:
    """The one that the switch offers."""
    return "en" if language == "es" else "es"


def chosen(asked: str | None, accepted: str | None) -> Language:
    """By ``?lang=`` (`asked`), else by the ``Accept-Language`` header (`accepted`), most wanted first."""
    if asked:
        return known(asked.lower()[:2])
    return next((known(tag) for tag in _by_preference(accepted or "") if tag in LANGUAGES), "en")


def _by_preference(accepted: str) -> list[str]:
    """Primary tags of an ``Accept-Language`` header by falling q; what is malformed counts as unwanted."""
    wanted: list[tuple[float, str]] = []
    for entry in accepted.split(","):
        tag, _, q = entry.partition(";")
        try:
            weight = float(q.strip().removeprefix("q=")) if q.strip() else 1.0
        except ValueError:
            weight = 0.0
        if weight > 0:
            wanted.append((weight, tag.strip().lower().partition("-")[0]))
    return [tag for _, tag in sorted(wanted, key=lambda pair: -pair[0])]
