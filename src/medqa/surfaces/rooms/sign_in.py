"""Signing in and out. Tries are counted by name and by address; a full count shuts that door for a while."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from medqa.errors import MedqaError
from medqa.state import Account, People, Person, Sessions
from medqa.state.people import fold_name
from medqa.surfaces.journal import note_failure
from medqa.surfaces.markup import page
from medqa.surfaces.rooms.doors import COOKIE, session_token
from medqa.surfaces.rooms.forms import form_of
from medqa.surfaces.rooms.paths import ROOMS, SIGN_IN, SIGN_OUT

WINDOW_MINUTES = 15
_MOST_NAME_CHARS = 64


class Tries:
    """Failed tries of the last quarter of an hour, in memory: five by one name from one address, fifty by one name
    from anywhere, sixty from one address."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._both = RateLimitItemPerMinute(5, WINDOW_MINUTES)
        self._name = RateLimitItemPerMinute(50, WINDOW_MINUTES)
        self._address = RateLimitItemPerMinute(60, WINDOW_MINUTES)

    def admit(self, name: str, address: str) -> bool:
        """Count a try before it is made, so that many at once count too. False: it may not be made."""
        return (
            self._limiter.hit(self._address, "address", address)
            and self._limiter.hit(self._both, "both", name, address)
            and self._limiter.hit(self._name, "name", name)
        )

    def forgive(self, name: str, address: str) -> None:
        """The password was right: what was mistyped before is forgotten. The address keeps its count."""
        self._limiter.clear(self._both, "both", name, address)
        self._limiter.clear(self._name, "name", name)


def sign_in_routes(people: People, sessions: Sessions, tries: Tries | None = None) -> APIRouter:
    """``/sign-in`` and ``/sign-out``. Must stand behind `Doors`."""
    routes = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
    tries = tries or Tries()

    @routes.get(SIGN_IN)
    def ask(request: Request, to: str = "") -> Response:
        person: Person | None = getattr(request.state, "person", None)
        if person is not None:
            return RedirectResponse(_room(person, to), status_code=303)
        return _form(to=to)

    @routes.post(SIGN_IN)
    async def enter(request: Request) -> Response:
        form = await form_of(request)
        name, to = form.get("name")[:_MOST_NAME_CHARS], form.get("to")
        address = request.client.host if request.client else ""
        try:
            account, admitted = await run_in_threadpool(_try, name, form.text("password"), address)
            token = await run_in_threadpool(sessions.open, account) if account is not None else ""
        except MedqaError as error:
            note_failure("signing in", error)
            return _form(503, "Nobody can sign in just now: the state file cannot be used.", name, to)
        if not admitted:
            return _form(429, f"That were too many tries. Wait {WINDOW_MINUTES} minutes, then try again.", name, to)
        if account is None:
            return _form(401, "Name and password do not go together.", name, to)
        answer = RedirectResponse(_room(account.person, to), status_code=303)
        answer.set_cookie(COOKIE, token, httponly=True, samesite="strict", secure=request.url.scheme == "https")
        return answer

    @routes.post(SIGN_OUT)
    async def leave(request: Request) -> Response:
        await run_in_threadpool(sessions.close, session_token(request.scope))
        answer = RedirectResponse(SIGN_IN, status_code=303)
        answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
        return answer

    def _try(name: str, password: str, address: str) -> tuple[Account | None, bool]:
        if not tries.admit(fold_name(name), address):
            return None, False
        account = people.check(name, password)
        if account is not None:
            tries.forgive(account.name, address)
        return account, True

    return routes


def _form(status: int = 200, problem: str = "", name: str = "", to: str = "") -> HTMLResponse:
    html = page("rooms/sign_in.html", problem=problem, name=name, to=to if to in ROOMS else "")
    headers = {"retry-after": str(WINDOW_MINUTES * 60)} if status == 429 else {}
    return HTMLResponse(html, status_code=status, headers=headers)


def _room(person: Person, to: str) -> str:
    """Where somebody goes: where they wanted to, if they may, else the first room that is theirs."""
    theirs = [room for room, role in ROOMS.items() if person.may(role)]
    return f"/{to if to in theirs else theirs[0]}"
