"""What people say of an answer: helpful or not and why, with the answer as it was given, for the staff to read.

The question is kept only with the person's consent. Without it, no field that was made from the question is kept
either: what is stored of a reply is a fixed list of fields.
"""

from __future__ import annotations

import csv
import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, TextIO

from medqa.errors import StateError
from medqa.state.audit_trail import note_act, now
from medqa.state.csv_cells import cell
from medqa.state.database import StateDatabase

ReplyJson = Mapping[str, Any]
"""A reply in its documented JSON form."""

KEPT = (
    "kind",
    "answer",
    "citations",
    "conflicts",
    "warnings",
    "safety",
    "disclaimer",
    "generator",
    "approved",
    "index",
    "message",
    "nearest",
)
"""Fields of a reply that tell nothing of the question beyond what the answer itself tells."""
OF_THE_QUESTION = ("question", "interpreted_question", "partly")
"""Fields that repeat the question or speak of it: kept with consent, erased with the question."""
MAX_ANSWER_CHARS = 200_000


class FeedbackReason(StrEnum):
    WRONG_SOURCE = "wrong-source"
    UNCLEAR = "unclear"
    OUTDATED = "outdated"
    UNSAFE = "unsafe"
    DID_NOT_ANSWER = "did-not-answer"


class FeedbackStatus(StrEnum):
    NEW = "new"
    OPEN = "open"
    DONE = "done"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True)
class Feedback:
    """One person's word on one answer.

    `answer` is the reply's JSON; of it only the fields in `KEPT` stay, and with `question` (kept by consent
    alone) those in `OF_THE_QUESTION`. `reason` is for what was not helpful. `status`, `assignee` and
    `comment` belong to the staff. `at` is an ISO time in UTC. Raises `StateError` for what cannot be kept.
    """

    helpful: bool
    answer: ReplyJson
    reason: FeedbackReason | None = None
    question: str | None = None
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    at: str = field(default_factory=now)
    status: FeedbackStatus = FeedbackStatus.NEW
    assignee: str = ""
    comment: str = ""

    def __post_init__(self) -> None:
        if self.helpful and self.reason is not None:
            raise StateError("A reason goes with an answer that was not helpful.", remedy="Leave one of the two out.")
        kept = KEPT if self.question is None else (*KEPT, *OF_THE_QUESTION)
        object.__setattr__(self, "answer", {name: self.answer[name] for name in kept if name in self.answer})
        if not self.answer.get("kind"):
            raise StateError("The feedback has no answer that it is about.", remedy="Send the reply's JSON with it.")

    @property
    def build_id(self) -> str:
        """Of the build that answered; empty where none was needed."""
        return str(self.answer.get("index", {}).get("build_id", ""))

    @property
    def articles(self) -> tuple[str, ...]:
        """Ids of the articles that the answer cites, each once."""
        return tuple(dict.fromkeys(str(c["article_id"]) for c in self.answer.get("citations", ())))

    @property
    def said(self) -> str:
        """What the person read, in one line: the sentences, or the message that stood in their place."""
        sentences = " ".join(str(sentence.get("text", "")) for sentence in self.answer.get("answer", ()))
        return sentences or str(self.answer.get("message") or self.answer.get("safety", {}).get("message") or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackFilter:
    """What to list; None asks for all. `since` and `until` are ISO times in UTC, `until` excluded."""

    status: FeedbackStatus | None = None
    helpful: bool | None = None
    reason: FeedbackReason | None = None
    assignee: str | None = None
    article_id: str | None = None
    since: str | None = None
    until: str | None = None

    def condition(self) -> tuple[str, list[object]]:
        """As an SQL condition with its values."""
        terms = ["1"]
        values: list[object] = []
        for column in ("status", "helpful", "reason", "assignee"):
            value = getattr(self, column)
            if value is not None:
                terms.append(f"{column} = ?")
                values.append(int(value) if isinstance(value, bool) else str(value))
        for term, value in (("at >= ?", self.since), ("at < ?", self.until)):
            if value is not None:
                terms.append(term)
                values.append(value)
        if self.article_id is not None:
            terms.append("id IN (SELECT feedback_id FROM feedback_articles WHERE article_id = ?)")
            values.append(self.article_id)
        return " AND ".join(terms), values


EVERYTHING = FeedbackFilter()
_COLUMNS = "id, at, helpful, reason, answer, question, status, assignee, comment"


class FeedbackStore:
    """Feedback in the state file of an index folder. Safe from several threads and processes.

    What `add` or `update` returned from is on the disk. A file that does not exist yet holds nothing.
    """

    def __init__(self, root: Path) -> None:
        self._database = StateDatabase(root)

    def add(self, feedback: Feedback) -> str:
        """Keep it and return its id. Adding the same id again (a double click, a retry) changes nothing."""
        answer = json.dumps(feedback.answer, ensure_ascii=False)
        if len(answer) > MAX_ANSWER_CHARS:
            raise StateError(
                f"The answer has {len(answer):,} characters; the limit is {MAX_ANSWER_CHARS:,}.", remedy=""
            )
        with self._database.writing() as db:
            added = db.execute(
                f"INSERT INTO feedback ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",  # noqa: S608
                (
                    feedback.id,
                    feedback.at,
                    int(feedback.helpful),
                    feedback.reason,
                    answer,
                    feedback.question,
                    feedback.status,
                    feedback.assignee,
                    feedback.comment,
                ),
            ).rowcount
            if added:
                db.executemany(
                    "INSERT INTO feedback_articles (article_id, feedback_id) VALUES (?, ?)",
                    [(article, feedback.id) for article in feedback.articles],
                )
        return feedback.id

    def list(
        self, wanted: FeedbackFilter = EVERYTHING, *, limit: int = 50, after: Feedback | None = None
    ) -> tuple[Feedback, ...]:
        """Newest first, at most `limit`; those that follow `after` for the next page."""
        condition, values = wanted.condition()
        if after is not None:
            condition += " AND (at, id) < (?, ?)"
            values += [after.at, after.id]
        with self._database.reading() as db:
            if db is None:
                return ()
            rows = db.execute(
                f"SELECT {_COLUMNS} FROM feedback WHERE {condition} ORDER BY at DESC, id DESC LIMIT ?",  # noqa: S608
                (*values, limit),
            ).fetchall()
        return tuple(_feedback(row) for row in rows)

    def get(self, feedback_id: str) -> Feedback:
        """The one of that id. Raises `StateError` when there is none."""
        with self._database.reading() as db:
            row = db and db.execute(f"SELECT {_COLUMNS} FROM feedback WHERE id = ?", (feedback_id,)).fetchone()  # noqa: S608
        if not row:
            raise _unknown(feedback_id)
        return _feedback(row)

    def counts(self, wanted: FeedbackFilter = EVERYTHING) -> dict[FeedbackStatus, int]:
        """How many there are of each status among those wanted; every status is named."""
        condition, values = wanted.condition()
        with self._database.reading() as db:
            rows = (
                []
                if db is None
                else db.execute(
                    f"SELECT status, count(*) FROM feedback WHERE {condition} GROUP BY status",  # noqa: S608
                    values,
                ).fetchall()
            )
        found = dict(rows)
        return {status: found.get(status.value, 0) for status in FeedbackStatus}

    def update(
        self,
        feedback_id: str,
        *,
        by: str,
        status: FeedbackStatus | None = None,
        assignee: str | None = None,
        comment: str | None = None,
    ) -> Feedback:
        """Change what belongs to the staff; what is None stays. Noted in the audit trail as done `by` whom."""
        given = {"status": status, "assignee": assignee, "comment": comment}
        changes = {name: str(value) for name, value in given.items() if value is not None}
        with self._database.writing() as db:
            for name, value in changes.items():
                sql = f"UPDATE feedback SET {name} = ? WHERE id = ?"  # noqa: S608 - one of three names
                if not db.execute(sql, (value, feedback_id)).rowcount:
                    raise _unknown(feedback_id)
            # a comment may speak of the person; the trail, which never forgets, only notes that it changed
            noted = {name: "changed" if name == "comment" else value for name, value in changes.items()}
            if noted:
                note_act(db, by, "feedback updated", feedback_id, noted)
        return self.get(feedback_id)

    def erase_question(self, feedback_id: str, *, by: str) -> Feedback:
        """Forget the question of this feedback, wherever it is kept; the rest stays."""
        places = ", ".join("?" for _ in OF_THE_QUESTION)
        with self._database.writing() as db:
            changed = db.execute(
                f"UPDATE feedback SET question = NULL, answer = json_remove(answer, {places}) WHERE id = ?",  # noqa: S608
                (*(f"$.{name}" for name in OF_THE_QUESTION), feedback_id),
            ).rowcount
            if not changed:
                raise _unknown(feedback_id)
            db.execute("DELETE FROM cases WHERE id = ?", (feedback_id,))  # a test case is made of the question
            note_act(db, by, "feedback question erased", feedback_id, {})
        return self.get(feedback_id)

    def export_csv(self, out: TextIO, wanted: FeedbackFilter = EVERYTHING) -> int:
        """Write those wanted as CSV with a header line, newest first; returns how many. The answer is its text."""
        writer = csv.writer(out)
        names = [f.name for f in fields(Feedback)]
        writer.writerow([*names, "build_id", "articles"])
        count = 0
        for item in self._pages(wanted):
            values = {name: getattr(item, name) for name in names} | {"answer": item.said}
            writer.writerow([cell(values[name]) for name in names] + [item.build_id, " ".join(item.articles)])
            count += 1
        return count

    def _pages(self, wanted: FeedbackFilter) -> Iterator[Feedback]:
        page = self.list(wanted, limit=500)
        while page:
            yield from page
            page = self.list(wanted, limit=500, after=page[-1])


def _feedback(row: tuple[Any, ...]) -> Feedback:
    id_, at, helpful, reason, answer, question, status, assignee, comment = row
    return Feedback(
        id=id_,
        at=at,
        helpful=bool(helpful),
        reason=FeedbackReason(reason) if reason else None,
        answer=json.loads(answer),
        question=question,
        status=FeedbackStatus(status),
        assignee=assignee,
        comment=comment,
    )


def _unknown(feedback_id: str) -> StateError:
    return StateError(f"There is no feedback {feedback_id!r}.", remedy="It may have been removed; list them again.")
