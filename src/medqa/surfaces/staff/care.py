"""Library care: reviews that are due, withdrawing and restoring an article, what the audit finds, builds, the trail."""

from __future__ import annotations

import json
from datetime import date, timedelta

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, JSONResponse, Response

from medqa.audit import audit_corpus
from medqa.engine import Engine
from medqa.engine.builds import roll_back
from medqa.engine.paths import state_root
from medqa.errors import BuildError, StateError
from medqa.index.layout import current_build, finished_builds
from medqa.safety.review import ReviewState
from medqa.state import ArticleState, AuditTrail, Person, ReviewStore, Role
from medqa.state.reviews import LONGEST
from medqa.surfaces.catalogue import Catalogue, Entry, Shelves
from medqa.surfaces.library import review_name
from medqa.surfaces.rooms.forms import Form, day_of, form_of
from medqa.surfaces.rooms.shell import attachment, person_of, room_page, room_router, see_other
from medqa.surfaces.staff.building import Building
from medqa.types import ArticleId

TRAIL_PAGE = 50
MAX_REASON_CHARS = 500
_URGENCY = (ReviewState.EXPIRED, ReviewState.OVERDUE, ReviewState.UNREVIEWED, ReviewState.CURRENT)


def care_routes(engine: Engine) -> APIRouter:
    """``/staff/care`` and what its buttons do. Builds and rollback are for admins."""
    routes = room_router(Role.STAFF)
    settings = engine.settings
    root = state_root(settings)
    state, trail, building = ArticleState(root), AuditTrail(root), Building(settings)
    reviews, shelves = ReviewStore(root), Shelves(engine)

    @routes.get("/staff/care")
    def care(request: Request) -> HTMLResponse:
        articles = by_urgency(shelves.catalogue())
        today = engine.today()
        live = current_build(settings.index_dir)
        return room_page(
            request,
            "staff/care.html",
            articles=articles,
            counts=[(s, review_name(s, "en"), sum(a.review is s for a in articles)) for s in _URGENCY],
            names={s: review_name(s, "en") for s in _URGENCY},
            signing=(today, today + timedelta(days=365), today + LONGEST),
            held=state.held_back(),
            hidden=state.records(),
            builds=[(build, build == live) for build in reversed(finished_builds(settings.index_dir))],
            progress=building.progress,
            trail=trail.entries(limit=12),
        )

    @routes.post("/staff/care")
    async def act(request: Request) -> Response:
        form, person = await form_of(request), person_of(request)
        await run_in_threadpool(_act, form, person)
        return see_other("/staff/care")

    def _act(form: Form, person: Person) -> None:
        act, article = form.get("act"), ArticleId(form.get("article"))
        reason = form.get("reason")[:MAX_REASON_CHARS]
        if act == "withdraw":
            engine.document(article)  # an id that nobody has is told, not noted
            state.withdraw(article, reason=reason, by=person.name)
        elif act == "restore":
            state.restore(article, reason=reason, by=person.name)
        elif act == "sign":
            document = engine.document(article)
            on, due = (day_of(form.get(name)) for name in ("on", "due"))
            by = form.get("reviewed_by")
            reviews.sign(document, reviewed_by=by, on=on, due=due, by=person.name, today=engine.today())
        elif act == "take-back":
            reviews.take_back(article, reason=reason, by=person.name)
        elif act in ("build", "cancel", "rollback"):
            if Role.ADMIN not in person.roles:
                raise StateError("Builds are for people with the role admin.", remedy="Ask one of them.")
            _build(act, person)

    def _build(act: str, person: Person) -> None:
        if act == "build":
            building.start()
            trail.add(person.name, "build started", "index")
        elif act == "cancel":
            building.cancel()
            trail.add(person.name, "build cancelled", "index")
        else:
            if building.progress.running:
                raise BuildError("A build is running.", remedy="Wait for it, or cancel it; then go back.")
            back = roll_back(settings)
            trail.add(person.name, "rolled back", "index", build_id=back)

    @routes.post("/staff/care/audit")
    def audit(request: Request) -> HTMLResponse:
        found = audit_corpus(
            settings.corpus_paths,
            max_file_bytes=int(settings.corpus.max_file_mb * 1_000_000),
            today=engine.today(),
            expired_after_days=settings.safety.expired_after_days,
        )
        return room_page(
            request,
            "staff/audit.html",
            groups=found.by_article(),
            errors=found.errors,
            warnings=found.warnings,
            articles=len(found.articles),
        )

    @routes.get("/staff/care/reviews.yaml")
    def signed() -> Response:
        entries = [entry for entry in shelves.catalogue().entries if entry.holds]
        text = "---\n".join(f"# {entry.id}\n{front_matter(entry)}" for entry in entries)
        return attachment(text, "text/plain; charset=utf-8", f"reviews-{engine.today().isoformat()}.yaml")

    @routes.get("/staff/care/progress", response_class=JSONResponse)
    def progress() -> dict[str, object]:
        now = building.progress
        return {"running": now.running, "stage": now.stage, "done": now.done, "total": now.total}

    @routes.get("/staff/care/trail")
    def whole_trail(request: Request, subject: str = "", before: int = 0) -> HTMLResponse:
        entries = trail.entries(subject, limit=TRAIL_PAGE + 1, before=before or None)
        older = entries[TRAIL_PAGE - 1].id if len(entries) > TRAIL_PAGE else 0
        return room_page(request, "staff/trail.html", entries=entries[:TRAIL_PAGE], subject=subject, older=older)

    return routes


def by_urgency(catalogue: Catalogue) -> list[Entry]:
    """Every article that may be shown, those that need somebody first."""
    return sorted(catalogue.entries, key=lambda e: (_URGENCY.index(e.review), e.due_on or date.max, e.title.casefold()))


def front_matter(entry: Entry) -> str:
    """What to write into the article's front matter, so that the review stands in the corpus too; empty without one."""
    if entry.signed is None or not entry.holds:
        return ""
    review = entry.signed
    return (
        f"reviewed_on: {review.reviewed_on}\nreview_due_on: {review.due_on}\n"
        f"reviewed_by: {json.dumps(review.reviewed_by, ensure_ascii=False)}\n"
    )
