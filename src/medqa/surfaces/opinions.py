"""Where the chat's feedback form is sent: what a person says of an answer, kept for the staff."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from medqa.engine import Engine
from medqa.errors import MedqaError
from medqa.state import FeedbackReason
from medqa.surfaces.given import Keepsakes, NotOurAnswerError
from medqa.surfaces.journal import note_failure

PATH = "/feedback"


class Opinion(BaseModel):
    """What the form sends. `answer` and `question` are signed texts that the page was given; without consent
    there is no `question`."""

    model_config = ConfigDict(extra="forbid", strict=True)
    answer: str = Field(max_length=200_000)
    question: str | None = Field(None, max_length=100_000)
    helpful: bool
    reason: str | None = Field(None, max_length=40)


def opinion_routes(engine: Engine, keepsakes: Keepsakes) -> APIRouter:
    """``POST /feedback``: 201 kept, 409 an answer from before the last start, 422 malformed, 503 not kept.

    An answer is commented on once: its id is the feedback's, so that a second click adds nothing.
    """
    routes = APIRouter(include_in_schema=False)

    @routes.post(PATH)
    async def feedback(request: Request) -> JSONResponse:
        body = await request.body()
        try:
            opinion = Opinion.model_validate_json(body)
            reason = FeedbackReason(opinion.reason) if opinion.reason else None
        except (ValidationError, ValueError):  # their messages hold what was sent, so that they go nowhere
            return _said(422, "malformed")
        return await run_in_threadpool(_keep, engine, keepsakes, opinion, reason)

    return routes


def _keep(engine: Engine, keepsakes: Keepsakes, opinion: Opinion, reason: FeedbackReason | None) -> JSONResponse:
    try:
        returned = keepsakes.returned(opinion.answer, opinion.question)
        engine.leave_feedback(
            returned.reply,
            helpful=opinion.helpful,
            reason=None if opinion.helpful else reason,
            consented=opinion.question is not None,
            feedback_id=returned.id,
        )
    except NotOurAnswerError:
        return _said(409, "stale")
    except MedqaError as error:
        note_failure("keeping feedback", error)
        return _said(503, "failed")
    return _said(201, "kept")


def _said(status: int, what: str) -> JSONResponse:
    return JSONResponse({"said": what}, status_code=status, headers={"cache-control": "no-store"})
