"""Forms of the rooms as they arrive: URL-encoded, read without a word of them in an address or a log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from urllib.parse import parse_qsl

from starlette.requests import Request

from medqa.errors import StateError

MAX_FIELDS = 5_000


@dataclass(frozen=True, slots=True)
class Form:
    """The fields in the order in which they were sent; a name may come more than once."""

    fields: tuple[tuple[str, str], ...]

    def get(self, name: str, default: str = "") -> str:
        """The first value of that name, without the space around it."""
        return next((value.strip() for key, value in self.fields if key == name), default)

    def text(self, name: str) -> str:
        """The first value as it was typed, with line ends as ``\\n``."""
        value = next((value for key, value in self.fields if key == name), "")
        return value.replace("\r\n", "\n").replace("\r", "\n")

    def all(self, name: str) -> tuple[str, ...]:
        return tuple(value for key, value in self.fields if key == name)

    def number(self, name: str, default: int = 0) -> int:
        """A whole number from 0 to 999,999,999; `default` for anything else."""
        value = self.get(name)
        return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else default


def day_of(written: str) -> date:
    """A day as a browser's date field sends it. Raises `StateError`."""
    try:
        return date.fromisoformat(written)
    except ValueError as error:
        raise StateError(f"{written!r} is not a day.", remedy="Write it as 2027-01-31.") from error


async def form_of(request: Request) -> Form:
    """The body of `request` as a form. What is not one has no fields."""
    body = (await request.body()).decode("utf-8", "replace")
    try:
        pairs = parse_qsl(body, keep_blank_values=True, errors="replace", max_num_fields=MAX_FIELDS)
    except ValueError:  # more fields than any page of ours sends
        pairs = []
    return Form(tuple(pairs))
