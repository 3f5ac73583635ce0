"""The articles as plain HTML pages, readable without JavaScript, and the ways to them."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse

from medqa.engine import Engine
from medqa.errors import ArticleNotFoundError, MedqaError
from medqa.safety.policy import disclaimer
from medqa.safety.review import ReviewState
from medqa.surfaces.articles import section_views
from medqa.surfaces.catalogue import Entry, Shelves
from medqa.surfaces.journal import note_failure
from medqa.surfaces.languages import ENGLISH, Speech, speech_of
from medqa.surfaces.library import Wanted, library_page, wanted_from
from medqa.surfaces.markup import article_path, page, still_says
from medqa.surfaces.reading_level import reading_grade
from medqa.surfaces.texts import Language, load_texts
from medqa.types import Document, Review, Span


@dataclass(frozen=True, slots=True)
class ContentsView:
    anchor: str
    heading: str
    depth: int


def article_routes(engine: Engine) -> APIRouter:
    """``/articles`` and ``/articles/{id}``."""
    routes = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
    shelves = Shelves(engine)

    def library(wanted: Wanted, speech: Speech) -> HTMLResponse:
        try:
            catalogue = shelves.catalogue()
        except MedqaError as error:
            return _unready(engine, error, speech)
        return _served(library_page(catalogue, wanted, engine.settings.safety.region, speech))

    @routes.get("/articles")
    def browse(request: Request) -> HTMLResponse:
        return library(Wanted(), speech_of(request.scope))

    @routes.post("/articles")
    async def find(request: Request) -> HTMLResponse:
        wanted = wanted_from(await request.body())
        return await run_in_threadpool(library, wanted, speech_of(request.scope))

    @routes.get("/articles/{article_id:path}")
    def article(
        request: Request,
        article_id: str,
        start: int = Query(-1),
        end: int = Query(-1),
        checksum: str = Query("", alias="sum", max_length=64),
    ) -> HTMLResponse:
        speech = speech_of(request.scope)
        try:
            document = engine.document(article_id)
            related = shelves.at_hand().related(document.id)
        except ArticleNotFoundError:
            return _served(_message(engine, "missing", speech), status=404)
        except MedqaError as error:
            return _unready(engine, error, speech)
        asked = Span(start, end) if 0 <= start < end else None
        return _served(article_page(engine, document, asked, checksum, related, speech))

    return routes


def _served(html: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(html, status_code=status, headers={"vary": "accept-language"})


def article_page(
    engine: Engine,
    document: Document,
    asked: Span | None,
    checksum: str,
    related: tuple[Entry, ...] = (),
    speech: Speech = ENGLISH,
) -> str:
    """The article, the characters of `asked` marked where they are still what `checksum` was made of."""
    mark = asked if asked is not None and still_says(document.text, asked, checksum) else None
    state = engine.review_state(document)
    return page(
        "article.html",
        speech,
        disclaimer=disclaimer(engine.settings.safety.region, speech.language),
        title=document.title,
        summary=document.summary,
        facts=_review_facts(document.review, state, speech.language),
        signed=state in (ReviewState.CURRENT, ReviewState.OVERDUE),
        warns=state in (ReviewState.OVERDUE, ReviewState.EXPIRED),
        grade=reading_grade(document, engine.today()),
        quote_state="none" if asked is None else "changed" if mark is None else "marked",
        contents=_contents(document),
        sections=section_views(document, mark),
        sources=document.sources,
        unverified=document.unverified,
        url=document.url,
        related=tuple((entry.title, entry.summary, article_path(entry.id, speech.tail)) for entry in related),
    )


def _review_facts(review: Review, state: ReviewState, language: Language) -> tuple[str, ...]:
    words = load_texts(language).article
    facts = []
    if review.reviewed_on is None:
        facts.append(words.not_reviewed)
    elif review.reviewed_by:
        facts.append(words.reviewed_by.format(date=review.reviewed_on.isoformat(), name=review.reviewed_by))
    else:
        facts.append(words.reviewed.format(date=review.reviewed_on.isoformat()))
    if review.written_on is not None:
        facts.append(words.written.format(date=review.written_on.isoformat()))
    if state is ReviewState.EXPIRED:
        facts.append(words.expired)
    elif state is ReviewState.OVERDUE:
        facts.append(words.overdue)
    elif review.review_due_on is not None:
        facts.append(words.due.format(date=review.review_due_on.isoformat()))
    return tuple(facts)


def _contents(document: Document) -> tuple[ContentsView, ...]:
    headed = [s for s in document.sections if s.heading]
    shallowest = min((s.level for s in headed), default=0)
    return tuple(ContentsView(s.id, s.heading, s.level - shallowest) for s in headed)


def _message(engine: Engine, which: str, speech: Speech) -> str:
    return page(
        "message.html",
        speech,
        disclaimer=disclaimer(engine.settings.safety.region, speech.language),
        words=getattr(load_texts(speech.language), which),
    )


def _unready(engine: Engine, error: MedqaError, speech: Speech) -> HTMLResponse:
    note_failure("page of an article", error)
    return _served(_message(engine, "unready", speech), status=503)
