"""Upload: an article from a file, with what it would change, kept for the next build when an admin says so."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass, replace
from pathlib import PurePath

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response

from medqa.audit import Finding, Severity
from medqa.audit.apart import read_apart
from medqa.corpus.formats import file_kind
from medqa.corpus.slugs import article_slug
from medqa.engine import Engine
from medqa.engine.paths import state_root
from medqa.errors import ArticleNotFoundError, InputFileError, StateError
from medqa.state import ApprovedStore, ArticleState, HiddenBecause, Person, Role, UploadStore
from medqa.surfaces.rooms.forms import Form, form_of
from medqa.surfaces.rooms.shell import person_of, room_page, room_router, see_other
from medqa.surfaces.staff.difference import Changed, changes
from medqa.types import ArticleId, Document

UPLOAD_PATH = "/staff/upload"
MOST_BYTES = 5_000_000
BODY_BYTES = 8_000_000
"""Of the form that carries a file: its bytes in base64, and the rest."""
PASTED = "article.md"


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as the form carries it. `name` is made safe."""

    name: str
    data: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @property
    def encoded(self) -> str:
        return base64.urlsafe_b64encode(self.data).decode()


@dataclass(frozen=True, slots=True)
class Preview:
    """What keeping the file would do. `stops` says why it cannot be kept, `hidden` why nobody sees that article now."""

    sent: Sent
    document: Document | None
    before: Document | None
    facts: tuple[tuple[str, str, str], ...]
    changed: tuple[Changed, ...]
    findings: tuple[Finding, ...]
    approved: tuple[str, ...]
    hidden: str
    stops: tuple[str, ...]


def upload_routes(engine: Engine) -> APIRouter:
    """``/staff/upload``. Nothing is kept before an admin says so; the file travels in the form until then."""
    routes = room_router(Role.STAFF)
    store, approved = UploadStore(state_root(engine.settings)), ApprovedStore(state_root(engine.settings))

    def shown(request: Request, preview: Preview | None = None, refused: str = "") -> HTMLResponse:
        status = 409 if refused else 200
        return room_page(
            request,
            "staff/upload.html",
            status=status,
            under="/staff/care",
            p=preview,
            refused=refused,
            kept=store.list(),
            most=MOST_BYTES,
        )

    @routes.get(UPLOAD_PATH)
    def empty(request: Request) -> HTMLResponse:
        return shown(request)

    @routes.post(UPLOAD_PATH)
    async def act(request: Request) -> Response:
        form, person = await form_of(request), person_of(request)

        def acted() -> Response:
            if form.get("act") == "take-back":
                _only_admins(person)
                store.take_back(ArticleId(form.get("article")), reason=form.get("reason")[:500], by=person.name)
                return see_other(UPLOAD_PATH)
            try:
                preview = preview_of(engine, approved, sent_in(form))
            except InputFileError as error:
                return shown(request, refused=str(error))
            if form.get("act") != "keep":
                return shown(request, preview)
            _only_admins(person)
            if preview.stops or preview.document is None or form.get("sum") != preview.sent.sha256:
                return shown(request, preview, refused="This is not what was shown, or it cannot be kept. Look again.")
            store.keep(preview.document.id, preview.sent.name, preview.sent.data, by=person.name)
            return see_other(UPLOAD_PATH)

        return await run_in_threadpool(acted)

    return routes


def sent_in(form: Form) -> Sent:
    """The file of the form, or the Markdown that was pasted. Raises `InputFileError`."""
    name = PurePath(form.get("name").replace("\\", "/")).name
    if form.get("content"):
        try:
            data = base64.b64decode(form.get("content"), altchars=b"-_", validate=True)
        except binascii.Error as error:
            raise InputFileError("The file arrived damaged.", remedy="Choose it again.") from error
    else:
        name, data = PASTED, form.text("text").encode("utf-8", "replace")
    kind = file_kind(PurePath(name))
    if not data.strip():
        raise InputFileError("There is no article.", remedy="Choose a file, or paste the text of one.")
    if len(data) > MOST_BYTES:
        raise InputFileError(f"The file has more than {MOST_BYTES // 1_000_000} MB.", remedy="Split it.")
    if not kind or kind.startswith(".jsonl"):
        raise InputFileError("Files of this kind are not taken.", remedy="Use .md, .txt, .html, .pdf or .docx.")
    return Sent(f"{article_slug(name[: -len(kind)])}{kind}", data)


def preview_of(engine: Engine, approved: ApprovedStore, sent: Sent) -> Preview:
    """Reads the file in a process of its own and compares it with the live article of the same id."""
    read = read_apart(
        sent.name,
        sent.data,
        max_bytes=MOST_BYTES,
        today=engine.today(),
        expired_after_days=engine.settings.safety.expired_after_days,
    )
    now, sent = read.document, replace(sent, name=read.name)
    if now is None:
        return Preview(sent, None, None, (), (), (), (), "", read.problems)
    try:
        before = engine.document(now.id)
    except ArticleNotFoundError:
        before = None
    errors = [finding.message for finding in read.findings if finding.severity is Severity.ERROR]
    return Preview(
        sent,
        now,
        before,
        facts=facts_of(before, now),
        changed=changes(before, now),
        findings=read.findings,
        approved=_approved_on(now, approved),
        hidden=_hidden(now.id, ArticleState(state_root(engine.settings))) if before is None else "",
        stops=(*read.problems, *dict.fromkeys(errors)),
    )


def facts_of(before: Document | None, now: Document) -> tuple[tuple[str, str, str], ...]:
    """(what, before, now) of everything beside the text, unchanged facts too."""

    def facts(d: Document) -> dict[str, str]:
        review = d.review
        return {
            "Title": d.title,
            "Status": d.status.value,
            "Reviewed": f"{review.reviewed_on or 'not clinically reviewed'} {review.reviewed_by}".strip(),
            "Next review due": str(review.review_due_on or ""),
            "Medicines": ", ".join(d.medicines),
            "Other names": ", ".join(d.aliases),
            "Sources": str(len(d.sources)),
            "Words": str(len(d.text.split())),
        }

    old, new = facts(before) if before is not None else {}, facts(now)
    return tuple((name, old.get(name, ""), value) for name, value in new.items())


def _approved_on(now: Document, store: ApprovedStore) -> tuple[str, ...]:
    """Questions of approved answers that quote words which the article would have no more at that place."""
    return tuple(
        one.questions[0]
        for one in store.all()
        if any(q.article_id == now.id and q.span.of(now.text) != q.text for q in one.quotes)
    )


def _hidden(article: ArticleId, state: ArticleState) -> str:
    """What becomes of an article that is not shown now; empty where nothing hides it."""
    held = next((one for one in state.held_back() if one.article_id == article), None)
    if held is not None:
        return f"The desk withdrew {article} ({held.reason}). It stays withdrawn until somebody restores it."
    record = next((one for one in state.records() if one.article_id == article), None)
    if record is not None and record.because is HiddenBecause.WITHDRAWN:
        return f"In the corpus {article} is withdrawn. With this file it would be shown again."
    return ""


def _only_admins(person: Person) -> None:
    if Role.ADMIN not in person.roles:
        raise StateError("What a build is made of is for people with the role admin.", remedy="Ask one of them.")
