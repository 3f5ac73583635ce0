"""Gaps: what people asked that no article answers, by topic and over time."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from medqa.engine import Engine
from medqa.engine.paths import state_root
from medqa.state import GapQuestion, GapStore, Role
from medqa.state.csv_cells import cell
from medqa.state.gaps import NOTHING_NEAR
from medqa.surfaces.rooms.shell import attachment, room_page, room_router

MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Group:
    """Kept questions whose nearest section is the same."""

    near: str
    questions: tuple[GapQuestion, ...]


def gaps_routes(engine: Engine) -> APIRouter:
    """``/staff/gaps`` and its CSV."""
    routes = room_router(Role.STAFF)
    store = GapStore(state_root(engine.settings))
    keep = engine.settings.gaps

    @routes.get("/staff/gaps")
    def gaps(request: Request) -> HTMLResponse:
        groups = grouped(store.questions(keep_days=keep.keep_days))
        return room_page(
            request,
            "staff/gaps.html",
            topics=store.topics()[:MOST_SHOWN],
            groups=groups[:MOST_SHOWN],
            kept=sum(len(group.questions) for group in groups),
            rated=store.rated()[:MOST_SHOWN],
            keeps=keep.keep_questions,
            days=keep.keep_days,
            nothing=NOTHING_NEAR,
        )

    @routes.get("/staff/gaps.csv")
    def as_csv(request: Request) -> Response:
        out = io.StringIO(newline="")
        writer = csv.writer(out)
        topics = [(topic.topic, topic) for topic in store.topics()]
        rated = [(article.title, article) for article in store.rated()]
        for name, rows in (("topic", topics), ("not helpful, by cited article", rated)):
            writer.writerow([name, "all", "last_30_days", "last_7_days"])
            writer.writerows([cell(said), row.n, row.month, row.week] for said, row in rows)
            writer.writerow([])
        writer.writerow(["when", "topic", "nearest section", "question"])
        for question in store.questions(keep_days=keep.keep_days):
            writer.writerow([question.at, *map(cell, (question.topic, question.near, question.text))])
        return attachment(out.getvalue(), "text/csv; charset=utf-8", f"gaps-{engine.today().isoformat()}.csv")

    return routes


def grouped(questions: tuple[GapQuestion, ...]) -> list[Group]:
    """By nearest section, the largest group first."""
    groups: dict[str, list[GapQuestion]] = {}
    for question in questions:
        groups.setdefault(question.near or question.topic, []).append(question)
    return sorted(
        (Group(near, tuple(found)) for near, found in groups.items()), key=lambda g: (-len(g.questions), g.near)
    )
