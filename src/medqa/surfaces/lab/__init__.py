"""The testers' lab: its pages, each in a module of its own. How to add one: `medqa.surfaces.rooms`."""

from __future__ import annotations

from fastapi import APIRouter

from medqa.engine import Engine
from medqa.surfaces.lab.comparing import compare_routes
from medqa.surfaces.lab.gate import gate_routes
from medqa.surfaces.lab.labelling import label_routes
from medqa.surfaces.lab.running import Runner
from medqa.surfaces.lab.runs import runs_routes
from medqa.surfaces.lab.trying import try_routes


def lab_routes(engine: Engine) -> tuple[APIRouter, ...]:
    """The routers of all pages."""
    runner = Runner(engine.settings)
    return (try_routes(engine), runs_routes(runner), compare_routes(runner), gate_routes(runner), label_routes(engine))
