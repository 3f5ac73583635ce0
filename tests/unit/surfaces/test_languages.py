"""Which language the page speaks."""

from __future__ import annotations

import pytest

from medqa.surfaces.languages import Speech, chosen, known, other, speech_of


@pytest.mark.parametrize(
    ("asked", "accepted", "language"),
    [
        (None, None, "en"),
        ("es", "en-US,en;q=0.9", "es"),
        ("ES-mx", None, "es"),
        ("en", "es", "en"),
        ("fr", "es", "en"),
        (None, "es-US,es;q=0.9,en;q=0.8", "es"),
        (None, "en;q=0.3, es;q=0.7", "es"),
        (None, "fr-FR,fr;q=0.9", "en"),
        (None, "fr,es;q=0.5,en;q=0.4", "es"),
        (None, "es;q=0,en;q=0.1", "en"),
        (None, "es;q=high", "en"),
        (None, ";;,=", "en"),
    ],
)
def test_the_address_decides_then_the_browser(asked: str | None, accepted: str | None, language: str) -> None:
    assert chosen(asked, accepted) == language


def test_whatever_the_page_sends_is_one_of_ours() -> None:
    assert [known(value) for value in ("es", "en", "", None, 3, ["es"], "xx")] == [
        "es",
        "en",
        "en",
        "en",
        "en",
        "en",
        "en",
    ]
    assert (other("en"), other("es")) == ("es", "en")


def _scope(path: str, query: str = "", accepted: str = "") -> dict[str, object]:
    return {"path": path, "query_string": query.encode(), "headers": [(b"accept-language", accepted.encode())]}


def test_a_page_for_reading_goes_by_its_address_then_by_the_browser() -> None:
    assert speech_of(_scope("/articles")) == Speech("en", "", "/articles?lang=es")
    assert speech_of(_scope("/articles", accepted="es-MX")) == Speech("es", "", "/articles?lang=en")
    assert speech_of(_scope("/articles", "lang=en", "es-MX")) == Speech("en", "?lang=en", "/articles?lang=es")


def test_the_other_language_opens_the_same_page_at_the_same_quote() -> None:
    speech = speech_of(_scope("/articles/a b", "start=3&end=9&sum=ab&lang=es&evil=%22%3E"))
    assert speech.elsewhere == "/articles/a%20b?lang=en&start=3&end=9&sum=ab#quote"
    assert speech.tail == "?lang=es"
