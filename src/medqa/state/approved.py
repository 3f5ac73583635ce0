"""Approved answers as the desk keeps them: who approved what, for which questions, until when."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from medqa.errors import StateError
from medqa.state.audit_trail import note_act
from medqa.state.database import StateDatabase
from medqa.state.watching import Watched
from medqa.types import Approval, ApprovedAnswer, ApprovedQuote, ArticleId, Span

MAX_QUESTIONS = 12
MAX_QUESTION_CHARS = 300


class ApprovedStore:
    """Approved answers in the state file of an index folder. Safe from several threads and processes."""

    def __init__(self, root: Path) -> None:
        self._database = StateDatabase(root)
        self._kept: Watched[tuple[ApprovedAnswer, ...]] = Watched(self._database, _read_all, ())

    def all(self) -> tuple[ApprovedAnswer, ...]:
        """Every one, by its id; the same tuple while nothing changes, which costs microseconds.

        Raises `StateError` where the file cannot be read.
        """
        return self._kept.now()

    def get(self, approved_id: str) -> ApprovedAnswer:
        """Raises `StateError` when there is none."""
        found = next((one for one in self.all() if one.approval.id == approved_id), None)
        if found is None:
            raise StateError(f"There is no approved answer {approved_id!r}.", remedy="It may have been retired.")
        return found

    def approve(
        self,
        questions: Sequence[str],
        quotes: Sequence[ApprovedQuote],
        *,
        owner: str,
        on: date,
        until: date,
        by: str,
        approved_id: str = "",
    ) -> ApprovedAnswer:
        """Keep a new one, or put it in the place of `approved_id`; noted in the audit trail as done `by` whom.

        Raises `StateError` for what cannot be given to anybody: no question, no quote, no owner, a day that is over.
        """
        asked = tuple(dict.fromkeys(" ".join(question.split()) for question in questions if question.strip()))
        if not asked or len(asked) > MAX_QUESTIONS or any(len(question) > MAX_QUESTION_CHARS for question in asked):
            raise StateError(
                f"An approved answer is for 1 to {MAX_QUESTIONS} questions of at most {MAX_QUESTION_CHARS} characters.",
                remedy="Write one on each line.",
            )
        if not quotes:
            raise StateError("An approved answer needs a quotation.", remedy="Pick passages in Find or Reply first.")
        if until < on:
            raise StateError("The last day of an approved answer is over.", remedy="Choose a day to come.")
        if not owner.strip():
            raise StateError("An approved answer has an owner.", remedy="Say who answers for it.")
        approval = Approval(approved_id or f"a{secrets.token_hex(4)}", owner.strip(), on, until)
        made = ApprovedAnswer(approval, asked, tuple(quotes))
        with self._database.writing() as db:
            known = db.execute("SELECT 1 FROM approved_answers WHERE id = ?", (approval.id,)).fetchone() is not None
            if approved_id and not known:
                raise StateError(f"There is no approved answer {approved_id!r}.", remedy="It may have been retired.")
            db.execute(
                "INSERT OR REPLACE INTO approved_answers (id, owner, approved_on, expires_on, questions, quotes)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (approval.id, approval.owner, on.isoformat(), until.isoformat(), _written(asked), _quotes(quotes)),
            )
            told = {"questions": " | ".join(asked), "owner": approval.owner, "until": until.isoformat()}
            note_act(db, by, "answer approved again" if known else "answer approved", approval.id, told)
        return made

    def retire(self, approved_id: str, *, reason: str, by: str) -> None:
        """Give it no more. Raises `StateError` without a reason, or where there is none."""
        if not reason.strip():
            raise StateError("An approved answer is retired for a reason.", remedy="Say it in a few words.")
        with self._database.writing() as db:
            if not db.execute("DELETE FROM approved_answers WHERE id = ?", (approved_id,)).rowcount:
                raise StateError(f"There is no approved answer {approved_id!r}.", remedy="Load the page again.")
            note_act(db, by, "approved answer retired", approved_id, {"reason": reason.strip()})

    def close(self) -> None:
        self._kept.close()


def _read_all(db: sqlite3.Connection) -> tuple[ApprovedAnswer, ...]:
    rows = db.execute(
        "SELECT id, owner, approved_on, expires_on, questions, quotes FROM approved_answers ORDER BY id"
    ).fetchall()
    return tuple(map(_approved, rows))


def _written(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _quotes(quotes: Sequence[ApprovedQuote]) -> str:
    return _written([{"article_id": q.article_id, "start": q.span.start, "text": q.text} for q in quotes])


def _approved(row: tuple[Any, ...]) -> ApprovedAnswer:
    id_, owner, approved_on, expires_on, questions, quotes = row
    return ApprovedAnswer(
        Approval(id_, owner, date.fromisoformat(approved_on), date.fromisoformat(expires_on)),
        tuple(json.loads(questions)),
        tuple(
            ApprovedQuote(ArticleId(q["article_id"]), Span(q["start"], q["start"] + len(q["text"])), q["text"])
            for q in json.loads(quotes)
        ),
    )
