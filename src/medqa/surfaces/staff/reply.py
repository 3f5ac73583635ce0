"""Reply: picked passages and the sentences of an answer as a draft, made into text to send.

Nothing of it is kept on the server: the draft travels in the form, and is gone when the page is closed. Every passage
is read from the library again each time, so that what is copied is what the articles say now.
"""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse

from medqa.engine import Engine
from medqa.safety.policy import disclaimer
from medqa.state import Role
from medqa.surfaces.rooms.forms import Form, form_of
from medqa.surfaces.rooms.shell import room_page, room_router
from medqa.surfaces.staff.letter import Letter
from medqa.surfaces.staff.quotes import MOST_QUOTES, Quote, Ref, quote_of, ref_of, refs_from, without_parts
from medqa.types import Answered, Redirected, SafetyWarning

OPENING = "Thank you for your question. This is what our articles say:"


@dataclass(frozen=True, slots=True)
class Draft:
    question: str = ""
    opening: str = OPENING
    closing: str = ""
    refs: tuple[Ref, ...] = ()


def reply_routes(engine: Engine) -> APIRouter:
    """``/staff/reply``"""
    routes = room_router(Role.STAFF)

    def shown(request: Request, draft: Draft, said: str = "") -> HTMLResponse:
        quotes = tuple(quote_of(engine, ref) for ref in draft.refs)
        good = tuple(quote for quote in quotes if not quote.problem)
        verdict = engine.triage(draft.question) if draft.question else None
        card = (verdict.message or "") if verdict is not None and verdict.redirects else ""
        letter = Letter(
            opening=draft.opening,
            quotes=good,
            closing=draft.closing,
            warnings=() if card else warnings_for(engine, draft.question, good),
            disclaimer=disclaimer(engine.settings.safety.region),
            looked_up=engine.today(),
            site=str(request.base_url).rstrip("/"),
            card=card,
        )
        return room_page(request, "staff/reply.html", draft=draft, quotes=quotes, letter=letter, said=said)

    @routes.get("/staff/reply")
    def empty(request: Request) -> HTMLResponse:
        return shown(request, Draft())

    @routes.post("/staff/reply")
    async def change(request: Request) -> HTMLResponse:
        form = await form_of(request)
        return await run_in_threadpool(_changed, request, form)

    def _changed(request: Request, form: Form) -> HTMLResponse:
        draft = draft_from(form)
        act, _, place = form.get("act").partition(":")
        said = ""
        if act == "collect" and draft.question:
            refs, said = collected(engine, draft.question)
            draft = _with(draft, without_parts((*draft.refs, *refs))[:MOST_QUOTES])
        elif act in ("up", "down", "remove") and place.isdigit() and int(place) < len(draft.refs):
            draft = _with(draft, moved(draft.refs, act, int(place)))
        return shown(request, draft, said)

    return routes


def draft_from(form: Form) -> Draft:
    """The draft as the page sends it; from the search comes only what was looked for, as the question."""
    fresh = not form.all("opening")
    return Draft(
        question=form.get("question") or form.get("query"),
        opening=OPENING if fresh else form.text("opening").strip(),
        closing=form.text("closing").strip(),
        refs=refs_from(form.all("draft")),
    )


def moved(refs: tuple[Ref, ...], act: str, at: int) -> tuple[Ref, ...]:
    """One of `refs` a place up or down, or taken out."""
    rest = refs[:at] + refs[at + 1 :]
    if act == "remove":
        return rest
    to = max(at - 1, 0) if act == "up" else min(at + 1, len(rest))
    return (*rest[:to], refs[at], *rest[to:])


def collected(engine: Engine, question: str) -> tuple[tuple[Ref, ...], str]:
    """The sentences that the engine's answer quotes, each once, and what to say where there are none."""
    reply = engine.ask(question)
    if isinstance(reply, Redirected):
        return (), "The safety check answers this one: send its words, below."
    if not isinstance(reply, Answered):
        return (), "The library has no answer to this. Pick passages that help, or say so kindly."
    refs = [ref_of(c.document_id, c.span, engine.document(c.document_id).text[c.span.start : c.span.end])
            for sentence in reply.answer.sentences for c in sentence.citations]  # fmt: skip
    return tuple(dict.fromkeys(refs)), ""


def warnings_for(engine: Engine, question: str, quotes: tuple[Quote, ...]) -> tuple[SafetyWarning, ...]:
    """What must be mentioned, by the question and by what each quoted section is about; each fact once."""
    quoted = " ".join(quote.text for quote in quotes)
    asked = [(question, "")] if question and not quotes else []
    asked += [(f"{question} {quote.title}: {quote.section}".strip(), quote.title) for quote in quotes]
    found = (w for text, title in dict.fromkeys(asked) for w in engine.warnings_beside(text, quoted, title))
    return tuple({warning.id: warning for warning in found}.values())


def _with(draft: Draft, refs: tuple[Ref, ...]) -> Draft:
    return Draft(draft.question, draft.opening, draft.closing, refs)
