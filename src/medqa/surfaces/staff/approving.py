"""Approved answers: quotations that somebody stands for, given to a question that comes again and again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response

from medqa.answering.approved_matching import Match
from medqa.engine import Engine
from medqa.engine.approved import PERSONAL
from medqa.engine.paths import state_root
from medqa.errors import StateError
from medqa.state import ApprovedStore, Person, Role
from medqa.surfaces.markup import quote_sum
from medqa.surfaces.rooms.forms import Form, day_of, form_of
from medqa.surfaces.rooms.shell import person_of, room_page, room_router, see_other
from medqa.surfaces.staff.alarm import Alarm, alarm_of
from medqa.surfaces.staff.draft import Draft, Pick, draft_from
from medqa.surfaces.staff.quotes import Quote, Ref, quote_of
from medqa.types import ApprovedAnswer, ApprovedQuote, ArticleId

GIVEN_FOR = timedelta(days=365)
"""How long an answer is given where no cited article is due for review before."""
LONGEST = timedelta(days=3 * 366)
SOON = timedelta(days=30)
TRIED = 3


@dataclass(frozen=True, slots=True)
class Kept:
    """An approved answer in the list. `faults` say why it is not given; `soon`: its last day is near."""

    approved: ApprovedAnswer
    faults: tuple[str, ...]
    expired: bool
    soon: bool

    @property
    def given(self) -> bool:
        return not self.faults and not self.expired


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the form holds. `id` is that of the answer that is changed, empty for a new one."""

    id: str
    questions: tuple[str, ...]
    owner: str
    until: date
    draft: Draft
    quotes: tuple[Quote, ...]


def approved_routes(engine: Engine) -> APIRouter:
    """``/staff/approved``, the form of one below it, and what its buttons do."""
    routes = room_router(Role.STAFF)
    store = ApprovedStore(state_root(engine.settings))

    def listed(request: Request, question: str = "") -> HTMLResponse:
        tried: tuple[Match, ...] = ()
        alarm = Alarm()
        if any(c.isalnum() for c in question):
            tried, alarm = engine.approved_like(question, TRIED), alarm_of(engine.triage(question))
        return room_page(
            request,
            "staff/approved.html",
            kept=[kept_of(engine, approved) for approved in store.all()],
            question=question,
            tried=tried,
            alarm=alarm,
        )

    def form_page(request: Request, proposal: Proposal, refused: StateError | None = None) -> HTMLResponse:
        return room_page(
            request,
            "staff/approve.html",
            status=409 if refused else 200,
            p=proposal,
            picked=tuple(zip(proposal.draft.picks, proposal.quotes, strict=True)),
            refused=refused,
            earliest=engine.today(),
            latest=engine.today() + LONGEST,
        )

    @routes.get("/staff/approved")
    def all_of_them(request: Request) -> HTMLResponse:
        return listed(request)

    @routes.post("/staff/approved")
    async def act(request: Request) -> Response:
        form, by = await form_of(request), person_of(request).name
        if form.get("act") == "retire":
            await run_in_threadpool(store.retire, form.get("id"), reason=form.get("reason"), by=by)
            return see_other("/staff/approved")
        return await run_in_threadpool(listed, request, form.get("question"))

    @routes.get("/staff/approved/{approved_id}")
    def one(request: Request, approved_id: str) -> HTMLResponse:
        return form_page(request, proposal_of(engine, store.get(approved_id)))

    @routes.post("/staff/approved/form")
    async def propose(request: Request) -> HTMLResponse:
        form, person = await form_of(request), person_of(request)

        def proposed() -> HTMLResponse:
            return form_page(request, proposal_from(engine, form, person))

        return await run_in_threadpool(proposed)

    @routes.post("/staff/approved/save")
    async def save(request: Request) -> Response:
        form, person = await form_of(request), person_of(request)

        def saved() -> Response:
            proposal = proposal_from(engine, form, person)
            try:
                approve(engine, store, proposal, by=person.name)
            except StateError as error:
                return form_page(request, proposal, error)
            return see_other("/staff/approved")

        return await run_in_threadpool(saved)

    return routes


def kept_of(engine: Engine, approved: ApprovedAnswer) -> Kept:
    today, last = engine.today(), approved.approval.expires_on
    faults = dict.fromkeys(f"“{quote.article_id}” {fault}" for quote, fault in engine.approved_faults(approved))
    return Kept(approved, tuple(faults), expired=last < today, soon=today <= last <= today + SOON)


def proposal_of(engine: Engine, approved: ApprovedAnswer) -> Proposal:
    """An answer as it is kept, to be looked at and changed."""
    refs = [Ref(q.article_id, q.span.start, q.span.end, quote_sum(q.text)) for q in approved.quotes]
    draft = Draft(approved.questions[0], picks=tuple(map(Pick, refs)))
    approval = approved.approval
    return Proposal(approval.id, approved.questions, approval.owner, approval.expires_on, draft, _quotes(engine, draft))


def proposal_from(engine: Engine, form: Form, person: Person) -> Proposal:
    """What the form holds, a quote moved or taken out where its buttons say so. A draft of Reply is one too."""
    draft = draft_from(form, question=form.get("question"))
    act, _, place = form.get("act").partition(":")
    if place.isascii() and place.isdigit() and len(place) < 4:
        draft = draft.moving(act, int(place))
    quotes = _quotes(engine, draft)
    asked = form.text("questions") if form.all("questions") else form.get("question")
    questions = tuple(line.strip() for line in asked.split("\n") if line.strip())
    return Proposal(
        form.get("id"),
        questions,
        form.get("owner")[:64] or person.name,
        day_of(form.get("until")) if form.get("until") else until_of(engine, quotes),
        draft,
        quotes,
    )


def until_of(engine: Engine, quotes: Sequence[Quote]) -> date:
    """A year from today, or the day before the first cited article is due for review."""
    today = engine.today()
    due = [c.document_id for quote in quotes for c in quote.citations]
    days = [engine.document(article).review.review_due_on for article in dict.fromkeys(due)]
    return min([today + GIVEN_FOR, *(day for day in days if day is not None and day > today)])


def approve(engine: Engine, store: ApprovedStore, proposal: Proposal, *, by: str) -> ApprovedAnswer:
    """Keep the proposal. Raises `StateError` for what would never be given, or would stand in another one's way."""
    for quote in proposal.quotes:
        if quote.problem:
            raise StateError(f"“{quote.title}” cannot be quoted. {quote.problem}", remedy="Take the quote out.")
    for question in proposal.questions:
        verdict = engine.triage(question)
        if verdict.redirects or verdict.intent in PERSONAL:
            raise StateError(
                f"“{question}”: {alarm_of(verdict).title or 'The safety check answers this.'}",
                remedy="No approved answer is given to such a question: take it out.",
            )
        for match in engine.approved_like(question):
            if match.holds and match.approved.approval.id != proposal.id:
                raise StateError(
                    f"“{question}” has an approved answer already, for “{match.wording}”.",
                    remedy="Change that one, or take this question out.",
                )
    if proposal.until > engine.today() + LONGEST:
        raise StateError("An answer is approved for three years at most.", remedy="Choose an earlier last day.")
    quotes = [
        ApprovedQuote(ArticleId(c.document_id), c.span, c.quote) for quote in proposal.quotes for c in quote.citations
    ]
    return store.approve(
        proposal.questions,
        quotes,
        owner=proposal.owner,
        on=engine.today(),
        until=proposal.until,
        by=by,
        approved_id=proposal.id,
    )


def _quotes(engine: Engine, draft: Draft) -> tuple[Quote, ...]:
    return tuple(quote_of(engine, ref) for ref in draft.refs)
