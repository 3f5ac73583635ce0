"""Reply: picked passages and the sentences of an answer as a draft, made into text to send.

Nothing of it is kept on the server: the draft travels in the form, and is gone when the page is closed. Every passage
is read from the library again each time, so that what is copied is what the articles say now.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse

from medqa.engine import Engine
from medqa.safety.policy import disclaimer
from medqa.state import Role
from medqa.surfaces.markup import page
from medqa.surfaces.rooms.forms import Form, form_of
from medqa.surfaces.rooms.shell import room_page, room_router
from medqa.surfaces.staff.alarm import alarm_of
from medqa.surfaces.staff.draft import Draft, draft_from
from medqa.surfaces.staff.letter import Letter
from medqa.surfaces.staff.quotes import PART, Quote, Ref, quote_of, ref_of
from medqa.types import Answered, Redirected


def reply_routes(engine: Engine) -> APIRouter:
    """``/staff/reply``. By the header `PART` the page's script asks for the ``text`` alone, or for the ``draft``."""
    routes = room_router(Role.STAFF)

    def shown(request: Request, draft: Draft, said: str = "") -> HTMLResponse:
        quotes = tuple(quote_of(engine, ref) for ref in draft.refs)
        values: dict[str, Any] = {
            "draft": draft,
            "picked": tuple(zip(draft.picks, quotes, strict=True)),
            "letter": letter_of(engine, draft, quotes, str(request.base_url).rstrip("/")),
            "said": said,
        }
        part = {"text": "staff/_text.html", "draft": "staff/_draft.html"}.get(request.headers.get(PART, ""))
        return HTMLResponse(page(part, **values)) if part else room_page(request, "staff/reply.html", **values)

    @routes.get("/staff/reply")
    def empty(request: Request) -> HTMLResponse:
        return shown(request, Draft())

    @routes.post("/staff/reply")
    async def change(request: Request) -> HTMLResponse:
        form = await form_of(request)
        return await run_in_threadpool(_changed, request, form)

    def _changed(request: Request, form: Form) -> HTMLResponse:
        draft = draft_from(form, question=form.get("question") or form.get("query"))
        act, _, place = form.get("act").partition(":")
        said = ""
        if act == "collect" and draft.question:
            refs, said = collected(engine, draft.question)
            draft = draft.adding(*refs)
        elif place.isascii() and place.isdigit() and len(place) < 4:
            draft = draft.moving(act, int(place))
        return shown(request, draft, said)

    return routes


def letter_of(engine: Engine, draft: Draft, quotes: Sequence[Quote], site: str) -> Letter:
    """The draft as what is sent. `quotes` are what its picks stand for now; what may not be sent is left out.

    Raises the index's own errors.
    """
    good = tuple((quote, pick.words) for pick, quote in zip(draft.picks, quotes, strict=True) if not quote.problem)
    alarm = alarm_of(engine.triage(draft.question))
    citations = () if alarm.card else tuple(citation for quote, _ in good for citation in quote.citations)
    return Letter(
        opening=draft.opening,
        quotes=tuple(quote for quote, _ in good),
        words=tuple(words for _, words in good),
        closing=draft.closing,
        beside=engine.review_quotes("" if alarm.card else draft.question, citations),
        disclaimer=disclaimer(engine.settings.safety.region),
        looked_up=engine.today(),
        site=site,
        alarm=alarm,
    )


def collected(engine: Engine, question: str) -> tuple[tuple[Ref, ...], str]:
    """The sentences that the engine's answer quotes, each once, and what to say where there are none."""
    reply = engine.ask(question)
    if isinstance(reply, Redirected):
        return (), "The safety check answers this one: send its words, below."
    if not isinstance(reply, Answered):
        return (), "The library has no answer to this. Pick passages that help, or say so kindly."
    refs = [ref_of(c.document_id, c.span, c.quote) for said in reply.answer.sentences for c in said.citations]
    return tuple(dict.fromkeys(refs)), ""
