"""Gaps: what people asked that no article answers, by topic and over time."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from medqa.engine import Engine
from medqa.engine.paths import state_root
from medqa.state import FeedbackFilter, FeedbackStore, GapQuestion, GapStore, Role
from medqa.surfaces.rooms.shell import room_page, room_router

MOST_RATED = 2000
MOST_SHOWN = 100
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Group:
    """Kept questions whose nearest section is the same."""

    near: str
    questions: tuple[GapQuestion, ...]


def gaps_routes(engine: Engine) -> APIRouter:
    """``/staff/gaps`` and its CSV."""
    routes = room_router(Role.STAFF)
    root = state_root(engine.settings)
    store, feedback = GapStore(root), FeedbackStore(root)
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
            rated=badly_rated(feedback)[:MOST_SHOWN],
            keeps=keep.keep_questions,
            days=keep.keep_days,
        )

    @routes.get("/staff/gaps.csv")
    def as_csv(request: Request) -> Response:
        out = io.StringIO(newline="")
        writer = csv.writer(out)
        writer.writerow(["topic", "all", "last_30_days", "last_7_days"])
        for topic in store.topics():
            writer.writerow([_cell(topic.topic), topic.n, topic.month, topic.week])
        writer.writerow([])
        writer.writerow(["when", "topic", "nearest section", "question"])
        for question in store.questions(keep_days=keep.keep_days):
            writer.writerow([question.at, *map(_cell, (question.topic, question.near, question.text))])
        headers = {"content-disposition": f'attachment; filename="gaps-{engine.today().isoformat()}.csv"'}
        return Response(out.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)

    return routes


def grouped(questions: tuple[GapQuestion, ...]) -> list[Group]:
    """By nearest section, the largest group first."""
    groups: dict[str, list[GapQuestion]] = {}
    for question in questions:
        groups.setdefault(question.near or question.topic, []).append(question)
    return sorted(
        (Group(near, tuple(found)) for near, found in groups.items()), key=lambda g: (-len(g.questions), g.near)
    )


def badly_rated(store: FeedbackStore) -> list[tuple[str, int]]:
    """(article that the answer cited, or how it ended, count) of what was not helpful, the most frequent first."""
    counts: dict[str, int] = {}
    for item in store.list(FeedbackFilter(helpful=False), limit=MOST_RATED):
        titles = {str(c["title"]) for c in item.answer.get("citations", ())} or {f"({item.answer['kind']})"}
        for title in titles:
            counts[title] = counts.get(title, 0) + 1
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def _cell(text: str) -> str:
    """`text` as a spreadsheet shows it and never runs it as a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
