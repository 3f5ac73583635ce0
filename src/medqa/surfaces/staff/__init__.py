"""The support desk: its pages, each in a module of its own. How to add one: `medqa.surfaces.rooms`."""

from __future__ import annotations

from fastapi import APIRouter

from medqa.engine import Engine
from medqa.surfaces.staff.approving import approved_routes
from medqa.surfaces.staff.care import care_routes
from medqa.surfaces.staff.find import find_routes
from medqa.surfaces.staff.gaps import gaps_routes
from medqa.surfaces.staff.inbox import inbox_routes
from medqa.surfaces.staff.reply import reply_routes
from medqa.surfaces.staff.uploading import upload_routes


def staff_routes(engine: Engine) -> tuple[APIRouter, ...]:
    """The routers of all pages."""
    return (
        find_routes(engine),
        reply_routes(engine),
        approved_routes(engine),
        inbox_routes(engine),
        gaps_routes(engine),
        care_routes(engine),
        upload_routes(engine),
    )
