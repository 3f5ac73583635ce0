"""The shell of every page in the rooms: who is signed in, the ways to the other pages, and errors as pages."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute

from medqa.errors import ArticleNotFoundError, BuildError, InputFileError, MedqaError, QuestionError, StateError
from medqa.state import Person, Role
from medqa.surfaces.journal import note_failure
from medqa.surfaces.languages import ENGLISH
from medqa.surfaces.markup import page


@dataclass(frozen=True, slots=True)
class Way:
    """A page that the navigation names. `role` is whom it is for."""

    path: str
    name: str
    role: Role


NAVIGATION: tuple[Way, ...] = (
    Way("/staff", "Find", Role.STAFF),
    Way("/staff/reply", "Reply", Role.STAFF),
    Way("/staff/approved", "Approved", Role.STAFF),
    Way("/staff/inbox", "Inbox", Role.STAFF),
    Way("/staff/gaps", "Gaps", Role.STAFF),
    Way("/staff/care", "Library care", Role.STAFF),
    Way("/lab", "Try", Role.TESTER),
    Way("/lab/runs", "Runs", Role.TESTER),
    Way("/lab/compare", "Compare", Role.TESTER),
    Way("/lab/gate", "Gate", Role.TESTER),
    Way("/lab/label", "Label", Role.TESTER),
)


def person_of(request: Request) -> Person:
    """Who is signed in. `Doors` put it there; without it the answer is a refusal, whatever the route."""
    person: Person | None = getattr(request.state, "person", None)
    if person is None:
        raise HTTPException(401, "Sign in first.")
    return person


def admits(role: Role) -> Callable[[Request], Person]:
    """A dependency of a route: the person, who has `role`."""

    def admitted(request: Request) -> Person:
        person = person_of(request)
        if not person.may(role):
            raise HTTPException(403, f"This page is for people with the role {role}.")
        return person

    return admitted


class RoomRoute(APIRoute):
    """A route whose `MedqaError` becomes a page that says what happened and what to do next."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                return await handle(request)
            except MedqaError as error:
                return failed(request, error)

        return handled


def room_router(role: Role) -> APIRouter:
    """A router of pages for people with `role`."""
    return APIRouter(
        default_response_class=HTMLResponse,
        include_in_schema=False,
        route_class=RoomRoute,
        dependencies=[Depends(admits(role))],
    )


def room_page(request: Request, template: str, *, status: int = 200, under: str = "", **values: object) -> HTMLResponse:
    """`template` (which extends ``rooms/room.html``) with what it needs; the shell's own values are added.

    `under` is the page of the navigation that this one belongs to, where its own path does not say so.
    """
    person = person_of(request)
    here = under or request.url.path
    ways = [way for way in NAVIGATION if person.may(way.role)]
    at = max((way.path for way in ways if f"{here}/".startswith(f"{way.path}/")), key=len, default="")
    html = page(template, ENGLISH, person=person, ways=ways, at=at, admin=Role.ADMIN in person.roles, **values)
    return HTMLResponse(html, status_code=status)


def see_other(path: str) -> RedirectResponse:
    """After a change: the browser gets the page at `path`, and loading it again changes nothing."""
    return RedirectResponse(path, status_code=303)


def attachment(content: str | bytes, media_type: str, name: str) -> Response:
    """A file to keep, under `name`."""
    return Response(content, media_type=media_type, headers={"content-disposition": f'attachment; filename="{name}"'})


def failed(request: Request, error: MedqaError) -> Response:
    """What happened and the next step, as a page; for a script of ours as plain text."""
    note_failure("a page of a room", error)
    status = _status(error)
    if "text/html" not in request.headers.get("accept", ""):
        return Response(str(error), status_code=status, media_type="text/plain")
    return room_page(request, "rooms/failed.html", status=status, what=error.message, remedy=error.remedy)


def _status(error: MedqaError) -> int:
    if isinstance(error, ArticleNotFoundError):
        return 404
    if isinstance(error, QuestionError):
        return 422
    return 409 if isinstance(error, StateError | InputFileError) else 503 if isinstance(error, BuildError) else 500
