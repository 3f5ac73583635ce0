"""Inbox: what people said of answers, with the answer as it was given, to be worked off."""

from __future__ import annotations

import io
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response

from medqa.engine import Engine
from medqa.engine.paths import state_root
from medqa.state import CaseStore, Feedback, FeedbackFilter, FeedbackReason, FeedbackStatus, FeedbackStore, Role
from medqa.surfaces.markup import passage_path, quote_sum
from medqa.surfaces.rooms.forms import Form, form_of
from medqa.surfaces.rooms.shell import attachment, person_of, room_page, room_router, see_other

PAGE = 50
MAX_COMMENT_CHARS = 2000


@dataclass(frozen=True, slots=True)
class Cited:
    """A citation of the answer as it was given; `path` opens the article at the quote as it is now."""

    number: int
    title: str
    section: str
    quote: str
    path: str


def inbox_routes(engine: Engine) -> APIRouter:
    """``/staff/inbox`` and below it one page for each feedback, the CSV and the test cases."""
    routes = room_router(Role.STAFF)
    root = state_root(engine.settings)
    store, cases = FeedbackStore(root), CaseStore(root)

    def listed(request: Request, form: Form) -> HTMLResponse:
        wanted = filter_from(form)
        after = store.get(form.get("after")) if form.get("after") else None
        items = store.list(wanted, limit=PAGE + 1, after=after)
        return room_page(
            request,
            "staff/inbox.html",
            wanted=wanted,
            mine=form.get("assignee"),
            items=items[:PAGE],
            next=items[PAGE - 1].id if len(items) > PAGE else "",
            counts=store.counts(),
            statuses=list(FeedbackStatus),
            reasons=list(FeedbackReason),
            cases=cases.count(),
        )

    @routes.get("/staff/inbox")
    def first(request: Request) -> HTMLResponse:
        return listed(request, Form(()))

    @routes.post("/staff/inbox")
    async def narrowed(request: Request) -> HTMLResponse:
        return await run_in_threadpool(listed, request, await form_of(request))

    @routes.post("/staff/inbox/csv")
    async def as_csv(request: Request) -> Response:
        wanted = filter_from(await form_of(request))

        def written() -> str:
            out = io.StringIO(newline="")
            store.export_csv(out, wanted)
            return out.getvalue()

        text = await run_in_threadpool(written)
        return attachment(text, "text/csv; charset=utf-8", f"feedback-{engine.today().isoformat()}.csv")

    @routes.get("/staff/inbox/cases")
    def as_cases(request: Request) -> Response:
        return attachment(cases.jsonl(), "application/x-ndjson", f"cases-{engine.today().isoformat()}.jsonl")

    @routes.get("/staff/inbox/{feedback_id}")
    def one(request: Request, feedback_id: str) -> HTMLResponse:
        item = store.get(feedback_id)
        return room_page(
            request,
            "staff/feedback.html",
            item=item,
            cited=cited(item),
            statuses=list(FeedbackStatus),
            is_case=cases.has(item.id),
        )

    @routes.post("/staff/inbox/{feedback_id}")
    async def change(request: Request, feedback_id: str) -> Response:
        form, by = await form_of(request), person_of(request).name

        def changed() -> None:
            act = form.get("act")
            if act == "case":
                cases.make(store.get(feedback_id), by=by)
            elif act == "uncase":
                cases.remove(feedback_id, by=by)
            elif act == "erase":
                store.erase_question(feedback_id, by=by)
            elif act == "take":
                store.update(feedback_id, by=by, status=FeedbackStatus.OPEN, assignee=by)
            elif act == "save":
                before = store.get(feedback_id)
                status, assignee = _status(form.get("status")), form.get("assignee")[:64]
                comment = form.text("comment")[:MAX_COMMENT_CHARS]
                # what stays as it is belongs in no trail
                store.update(
                    feedback_id,
                    by=by,
                    status=status if status != before.status else None,
                    assignee=assignee if assignee != before.assignee else None,
                    comment=comment if comment != before.comment else None,
                )

        await run_in_threadpool(changed)
        return see_other(f"/staff/inbox/{feedback_id}")

    return routes


def filter_from(form: Form) -> FeedbackFilter:
    """What the form asks for; what it does not know is left out."""
    helpful = {"yes": True, "no": False}.get(form.get("helpful"))
    reason = form.get("reason")
    return FeedbackFilter(
        status=_status(form.get("status")),
        helpful=helpful,
        reason=next((one for one in FeedbackReason if one.value == reason), None),
        assignee=form.get("assignee") or None,
        article_id=form.get("article") or None,
        since=form.get("since") or None,
    )


def cited(item: Feedback) -> tuple[Cited, ...]:
    return tuple(
        Cited(
            number,
            str(c["title"]),
            str(c["section"]),
            str(c["quote"]),
            passage_path(str(c["article_id"]), int(c["start"]), int(c["end"]), quote_sum(str(c["quote"]))),
        )
        for number, c in enumerate(item.answer.get("citations", ()), start=1)
    )


def _status(value: str) -> FeedbackStatus | None:
    return next((status for status in FeedbackStatus if status.value == value), None)
