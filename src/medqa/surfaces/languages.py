"""Which language a page speaks: what the address asks for, else the first of the browser's that there is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args
from urllib.parse import parse_qs, quote, urlencode

from medqa.surfaces.texts import Language

LANGUAGES: tuple[Language, ...] = get_args(Language)


_KEPT = ("start", "end", "sum")
"""What the address of an article keeps when its language changes: the place of a quote."""


@dataclass(frozen=True, slots=True)
class Speech:
    """How a page for reading speaks. `tail` goes on with every link where the address asked for the language;
    `elsewhere` is the address of the same page in the other language."""

    language: Language = "en"
    tail: str = ""
    elsewhere: str = "?lang=es"


ENGLISH = Speech()


def speech_of(scope: Mapping[str, Any]) -> Speech:
    """Of a request (its ASGI scope), by ``?lang=``, else by ``Accept-Language``."""
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    asked = query.get("lang", [None])[0]
    accepted = next((v for k, v in scope.get("headers", ()) if k.lower() == b"accept-language"), b"")
    language = chosen(asked, accepted.decode("latin-1"))
    kept = [(name, query[name][0]) for name in _KEPT if name in query]
    address = f"{quote(scope['path'])}?{urlencode([('lang', other(language)), *kept])}" + ("#quote" if kept else "")
    return Speech(language, f"?lang={language}" if asked else "", address)


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
