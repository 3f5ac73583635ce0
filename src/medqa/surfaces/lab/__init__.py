"""The testers' lab: its pages, each in a module of its own. How to add one: `medqa.surfaces.rooms`."""

from __future__ import annotations

from fastapi import APIRouter

from medqa.engine import Engine


def lab_routes(engine: Engine) -> tuple[APIRouter, ...]:
    """The routers of all pages."""
    return ()
