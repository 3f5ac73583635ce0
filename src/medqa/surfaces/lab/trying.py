"""Try: one question through two configurations side by side."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse

from medqa.config import Settings
from medqa.engine import Engine, build_engine
from medqa.errors import ConfigError
from medqa.presentation import plain, section_name
from medqa.state import Role
from medqa.surfaces.found import found_by
from medqa.surfaces.lab.running import OVERRIDES
from medqa.surfaces.rooms.forms import Form, form_of
from medqa.surfaces.rooms.shell import room_page, room_router
from medqa.types import Answered, Hit, Redirected, Reply

SHOWN = 10
ENGINES_KEPT = 2


@dataclass(frozen=True, slots=True)
class Found:
    """A passage of one side; `elsewhere` is its rank on the other side, 0 where it is not among those shown."""

    hit: Hit
    section: str
    stages: tuple[tuple[str, int, float], ...]
    elsewhere: int


@dataclass(frozen=True, slots=True)
class Tried:
    """One side. `said` are the sentences or the message; `new` marks those that the other side does not say."""

    settings: tuple[tuple[str, str], ...]
    kind: str
    read_as: str
    notes: tuple[str, ...]
    found: tuple[Found, ...]
    said: tuple[tuple[str, bool], ...]
    evidence: float | None
    timings: tuple[tuple[str, float], ...]
    total_ms: float


class Engines:
    """The live engine, and at most `ENGINES_KEPT` beside it for other settings: each holds models of its own."""

    def __init__(self, live: Engine) -> None:
        self._live = live
        self.in_use = threading.Lock()
        """Held while a question goes through two of them, so that none is closed for a third meanwhile."""
        self._others: OrderedDict[tuple[tuple[str, str], ...], Engine] = OrderedDict()

    def of(self, overrides: Mapping[str, str]) -> Engine:
        """For whoever holds `in_use`. Raises `ConfigError` for settings that contradict one another."""
        key = tuple(sorted(overrides.items()))
        if not key:
            return self._live
        if key in self._others:
            self._others.move_to_end(key)
            return self._others[key]
        engine = build_engine(with_overrides(self._live.settings, overrides), today=self._live.today)
        self._others[key] = engine
        if len(self._others) > ENGINES_KEPT:
            self._others.popitem(last=False)[1].close()
        return engine


def try_routes(engine: Engine) -> APIRouter:
    """``/lab``"""
    routes = room_router(Role.TESTER)
    engines = Engines(engine)

    def shown(request: Request, form: Form) -> HTMLResponse:
        chosen = [{name: value for name in OVERRIDES if (value := form.get(f"{side}{name}"))} for side in ("a:", "b:")]
        question = form.get("question")
        tried = both(engines, question, chosen[0], chosen[1]) if question else None
        return room_page(
            request,
            "lab/try.html",
            question=question,
            overrides=OVERRIDES,
            chosen={"a": chosen[0], "b": chosen[1]},
            tried=tried,
        )

    @routes.get("/lab")
    def first(request: Request) -> HTMLResponse:
        return shown(request, Form(()))

    @routes.post("/lab")
    async def asked(request: Request) -> HTMLResponse:
        return await run_in_threadpool(shown, request, await form_of(request))

    return routes


def with_overrides(settings: Settings, overrides: Mapping[str, str]) -> Settings:
    """`settings` with some of them replaced, checked as if they stood in a file."""
    values: dict[str, Any] = settings.model_dump()
    for name, value in overrides.items():
        if name not in OVERRIDES or value not in OVERRIDES[name][1]:
            raise ConfigError(f"{name}={value} cannot be set here.", remedy="Choose a value that is shown.")
        section, _, key = name.removeprefix("MEDQA_").lower().partition("__")
        values[section][key] = value
    checked = {name: type(getattr(settings, name)).model_validate(values[name]) for name in ("retrieval", "answering")}
    return settings.model_copy(update=checked)


def both(engines: Engines, question: str, a: Mapping[str, str], b: Mapping[str, str]) -> tuple[Tried, Tried]:
    sides = []
    with engines.in_use:
        for overrides in (a, b):
            engine = engines.of(overrides)
            sides.append((overrides, engine.ask(question), engine.looked_up(question, SHOWN)))
    ranks = [{hit.chunk.id: hit.rank for hit in hits} for _, _, (_, hits) in sides]
    said = [said_by(reply) for _, reply, _ in sides]
    tried = []
    for at, (overrides, reply, (read, hits)) in enumerate(sides):
        other = 1 - at
        tried.append(
            Tried(
                settings=tuple((OVERRIDES[name][0], value) for name, value in overrides.items()),
                kind=kind_of(reply),
                read_as=read.searched,
                notes=read.notes,
                found=tuple(
                    Found(hit, section_name(hit), found_by(hit), ranks[other].get(hit.chunk.id, 0)) for hit in hits
                ),
                said=tuple((line, line not in said[other]) for line in said[at]),
                evidence=reply.trace.evidence,
                timings=tuple(reply.trace.timings_ms.items()),
                total_ms=sum(reply.trace.timings_ms.get(name, 0.0) for name in WHOLE),
            )
        )
    return tried[0], tried[1]


WHOLE = ("triage", "understand", "compose", "review", "llm")
"""Stages that follow one another; the others are parts of ``compose``."""


def said_by(reply: Reply) -> tuple[str, ...]:
    if isinstance(reply, Answered):
        return tuple(sentence.text for sentence in reply.answer.sentences)
    if isinstance(reply, Redirected):
        return (plain(reply.safety.message or ""),)
    return (reply.message,)


def kind_of(reply: Reply) -> str:
    return {"Answered": "answer", "Redirected": "safety card"}.get(type(reply).__name__, "no answer")
