"""Find: passages as one types, why each was found, and the passage in its article beside the list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse

from medqa.engine import Engine
from medqa.knowledge.folding import fold
from medqa.presentation import section_name
from medqa.safety.review import ReviewState
from medqa.state import Role
from medqa.surfaces.articles import section_views
from medqa.surfaces.catalogue import Catalogue, Entry, Shelves
from medqa.surfaces.found import found_by
from medqa.surfaces.library import review_name
from medqa.surfaces.markup import page
from medqa.surfaces.rooms.forms import Form, form_of
from medqa.surfaces.rooms.shell import room_page, room_router
from medqa.surfaces.staff.alarm import Alarm, alarm_of
from medqa.surfaces.staff.draft import Draft, draft_from
from medqa.surfaces.staff.quotes import PART, Ref, quote_of, ref_from, ref_of
from medqa.types import Hit, InterpretedQuery, Span

SHOWN = 20
DEPTH = 60
DEPTH_NARROWED = 300
_MEDICINE = "medicine "
"""How a label of the catalogue begins that names a medicine."""
Sort = Literal["best", "reviewed", "title"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for. Empty: everything."""

    query: str = ""
    topic: str = ""
    medicine: str = ""
    kind: str = ""
    article: str = ""
    heading: str = ""
    review: str = ""
    sort: Sort = "best"

    @property
    def narrows(self) -> bool:
        return bool(self.topic or self.medicine or self.kind or self.article or self.heading or self.review)

    def admits(self, hit: Hit, entry: Entry) -> bool:
        return (
            (not self.topic or self.topic in entry.topics)
            and (not self.medicine or f"{_MEDICINE}{self.medicine.casefold()}" in entry.labels)
            and (not self.kind or self.kind == entry.kind)
            and (not self.article or self.article == entry.id)
            and (not self.review or self.review == entry.review)
            and (not self.heading or fold(self.heading) in fold(section_name(hit)))
        )


@dataclass(frozen=True, slots=True)
class Result:
    """A passage with what led to it: (stage, rank, score) for each stage that found it."""

    ref: Ref
    title: str
    section: str
    text: str
    review: str
    warns: bool
    rank: int
    score: float
    stages: tuple[tuple[str, int, float], ...]


@dataclass(frozen=True, slots=True)
class Results:
    """`read_as` is empty where the words were taken as they stand. `found` counts what fits before the list is cut."""

    shown: tuple[Result, ...]
    found: int
    read_as: str
    notes: tuple[str, ...]
    terms: tuple[str, ...]
    alarm: Alarm


def find_routes(engine: Engine) -> APIRouter:
    """``/staff``: the search; ``/staff/passage``: a passage in its article."""
    routes = room_router(Role.STAFF)
    shelves = Shelves(engine)

    def answered(request: Request, wanted: Wanted, draft: Draft) -> HTMLResponse:
        catalogue = shelves.catalogue()
        results = look_up(engine, catalogue, wanted) if any(c.isalnum() for c in wanted.query) else None
        if request.headers.get(PART) == "results":
            return HTMLResponse(page("staff/_results.html", results=results, wanted=wanted, draft=draft))
        return room_page(
            request,
            "staff/find.html",
            wanted=wanted,
            results=results,
            draft=draft,
            topics=catalogue.topics(),
            medicines=medicines_of(catalogue),
            kinds=sorted(kind for kind in catalogue.kinds() if kind),
            articles=[(entry.id, entry.title) for entry in catalogue.entries],
            reviews=[(state.value, review_name(state, "en")) for state in catalogue.reviews()],
        )

    @routes.get("/staff")
    def first(request: Request) -> HTMLResponse:
        return answered(request, Wanted(), Draft())

    @routes.post("/staff")
    async def find(request: Request) -> HTMLResponse:
        form = await form_of(request)
        draft = draft_from(form, question=form.get("question"))
        added = ref_from(form.get("add"))
        if added is not None:
            draft = draft.adding(added)
        return await run_in_threadpool(answered, request, wanted_from(form), draft)

    @routes.get("/staff/passage")
    def passage(request: Request, ref: str) -> HTMLResponse:
        wanted = ref_from(ref)
        if wanted is None:
            return HTMLResponse("There is no such passage.", status_code=404)
        quote = quote_of(engine, wanted)
        document = None if quote.problem else engine.document(wanted.article_id)
        sections = () if document is None else section_views(document, Span(wanted.start, wanted.end))
        return HTMLResponse(page("staff/_passage.html", quote=quote, sections=sections))

    return routes


def medicines_of(catalogue: Catalogue) -> list[str]:
    """The medicines that the front matter of the articles names, in small letters."""
    labels = {label for entry in catalogue.entries for label in entry.labels}
    return sorted(label.removeprefix(_MEDICINE) for label in labels if label.startswith(_MEDICINE))


def wanted_from(form: Form) -> Wanted:
    sort = form.get("sort")
    return Wanted(
        query=form.get("question" if form.get("act") == "find" else "query"),  # the reply's page sends its question
        topic=form.get("topic"),
        medicine=form.get("medicine"),
        kind=form.get("kind"),
        article=form.get("article"),
        heading=form.get("heading"),
        review=form.get("review"),
        sort="reviewed" if sort == "reviewed" else "title" if sort == "title" else "best",
    )


def look_up(engine: Engine, catalogue: Catalogue, wanted: Wanted) -> Results:
    """The passages that are wanted, with what the safety check says of the words."""
    verdict = engine.triage(wanted.query)
    read, hits = engine.looked_up(wanted.query, DEPTH_NARROWED if wanted.narrows else DEPTH)
    entries = {entry.id: entry for entry in catalogue.entries}
    fitting = [
        (hit, entries[hit.chunk.document_id])
        for hit in hits
        if hit.chunk.document_id in entries and wanted.admits(hit, entries[hit.chunk.document_id])
    ]
    fitting.sort(key=_order(wanted.sort))
    return Results(
        shown=tuple(_result(hit, entry) for hit, entry in fitting[:SHOWN]),
        found=len(fitting),
        read_as=_read_as(read),
        notes=read.notes,
        terms=read.terms,
        alarm=alarm_of(verdict),
    )


def _order(sort: Sort) -> Callable[[tuple[Hit, Entry]], tuple[object, ...]]:
    def key(pair: tuple[Hit, Entry]) -> tuple[object, ...]:
        hit, entry = pair
        if sort == "title":
            return (entry.title.casefold(), hit.chunk.span.start)
        if sort == "reviewed":  # newest first, never reviewed last
            signed = entry.reviewed_on
            return (signed is None, -signed.toordinal() if signed else 0, hit.rank)
        return (hit.rank,)

    return key


def _result(hit: Hit, entry: Entry) -> Result:
    chunk = hit.chunk
    return Result(
        ref=ref_of(chunk.document_id, chunk.span, chunk.text),
        title=hit.title,
        section=section_name(hit),
        text=chunk.text,
        review=review_name(entry.review, "en"),
        warns=entry.review in (ReviewState.OVERDUE, ReviewState.EXPIRED),
        rank=hit.rank,
        score=hit.score,
        stages=found_by(hit),
    )


def _read_as(read: InterpretedQuery) -> str:
    return read.text if read.text != read.original else ""
