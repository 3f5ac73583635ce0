"""The paths of the rooms behind the sign-in."""

from __future__ import annotations

from collections.abc import Mapping

from medqa.state import Role

ROOMS: Mapping[str, Role] = {"staff": Role.STAFF, "lab": Role.TESTER}
"""First segment of a path: the role that it takes."""
SIGN_IN = "/sign-in"
SIGN_OUT = "/sign-out"


def room_of(path: str) -> str:
    """The room that `path` lies in, in lower case; empty for the rest of the app."""
    first = path.lstrip("/").split("/", 1)[0].lower()
    return first if first in (*ROOMS, SIGN_IN[1:], SIGN_OUT[1:]) else ""
