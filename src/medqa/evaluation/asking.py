"""Every question of a set put to the engine, as a person would: safety check, retrieval, composing."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from medqa.engine import Engine
from medqa.errors import QuestionError
from medqa.evaluation.questions import Question
from medqa.presentation import reply_kind
from medqa.types import Abstained, Answered, Redirected, Reply


@dataclass(frozen=True, slots=True)
class Asked:
    """The reply to one question, and in how many milliseconds. `error`: why there is none."""

    question_id: str
    reply: Reply | None
    ms: float = 0.0
    error: str = ""


def ask_all(
    engine: Engine, questions: Sequence[Question], progress: Callable[[int, int], None] | None = None
) -> list[Asked]:
    """One question after the other. Raises the index's own errors; a question that is refused is an `error`."""
    asked = []
    for number, question in enumerate(questions, start=1):
        start = time.perf_counter()
        try:
            reply = engine.ask(question.text)
        except QuestionError as error:
            asked.append(Asked(question.id, None, error=str(error)))
        else:
            asked.append(Asked(question.id, reply, (time.perf_counter() - start) * 1000.0))
        if progress:
            progress(number, len(questions))
    return asked


def evidence_of(reply: Reply | None) -> float:
    """What the pipeline thinks of its evidence, greater being surer: the one place where the bench takes it from.

    Minus infinity where it found nothing to think about, plus infinity where it answered without weighing
    (an approved answer) or needed no evidence (a safety card).
    """
    match reply:
        case None:
            return float("-inf")
        case Redirected():
            return float("inf")
        case Answered() | Abstained():
            if reply.trace.evidence is not None:
                return reply.trace.evidence
            return float("inf") if isinstance(reply, Answered) else float("-inf")


def kind_of(asked: Asked) -> str:
    """``answered``, ``abstained`` or ``redirected``; ``failed`` where there was no reply."""
    return "failed" if asked.reply is None else reply_kind(asked.reply)
