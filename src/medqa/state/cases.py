"""Test cases that the desk made of feedback, for the lab: lines in the format of the question sets."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medqa.errors import StateError
from medqa.state.audit_trail import note_act, now
from medqa.state.database import StateDatabase
from medqa.state.feedback import Feedback


@dataclass(frozen=True, slots=True)
class Case:
    """`line` is one question of a set (docs/evaluation.md); `id` is the feedback's."""

    id: str
    at: str
    by: str
    line: dict[str, Any]


class CaseStore:
    """Cases in the state file of an index folder."""

    def __init__(self, root: Path) -> None:
        self._database = StateDatabase(root)

    def make(self, feedback: Feedback, *, by: str) -> Case:
        """Make a case of this feedback; a second time changes nothing. Raises `StateError` without a question.

        The sections that the answer cited become its gold only where the person found it helpful: of a bad answer
        nobody knows yet what a good one would cite, and the labeller says so.
        """
        if not feedback.question:
            raise StateError(
                "There is no question in this feedback: the person did not agree to its being kept.",
                remedy="Only feedback with a question becomes a case.",
            )
        cited = feedback.answer.get("citations", ()) if feedback.helpful else ()
        gold = [
            {"article_id": c["article_id"], "section_id": c["section_id"], "quote": c["quote"], "grade": 1}
            for c in cited
        ]
        line = {
            "id": f"case-{feedback.id[:12]}",
            "question": feedback.question,
            "tags": ["from-feedback", *([feedback.reason.value] if feedback.reason else [])],
            "answerable": bool(gold),
            "gold": gold,
            "key_facts": [],
            "note": "" if gold else "not labelled yet: counts as a question without an answer until it is",
        }
        case = Case(feedback.id, now(), by, line)
        with self._database.writing() as db:
            added = db.execute(
                "INSERT INTO cases (id, at, actor, line) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
                (case.id, case.at, by, json.dumps(line, ensure_ascii=False)),
            ).rowcount
            if added:
                note_act(db, by, "test case made", feedback.id, {})
        return case

    def remove(self, case_id: str, *, by: str) -> None:
        """Forget a case; of none nothing happens."""
        with self._database.writing() as db:
            if db.execute("DELETE FROM cases WHERE id = ?", (case_id,)).rowcount:
                note_act(db, by, "test case removed", case_id, {})

    def count(self) -> int:
        with self._database.reading() as db:
            return 0 if db is None else int(db.execute("SELECT count(*) FROM cases").fetchone()[0])

    def has(self, case_id: str) -> bool:
        with self._database.reading() as db:
            return db is not None and db.execute("SELECT 1 FROM cases WHERE id = ?", (case_id,)).fetchone() is not None

    def list(self) -> tuple[Case, ...]:
        """Newest first."""
        with self._database.reading() as db:
            rows = (
                []
                if db is None
                else db.execute("SELECT id, at, actor, line FROM cases ORDER BY at DESC, id").fetchall()
            )
        return tuple(Case(i, at, by, json.loads(line)) for i, at, by, line in rows)

    def jsonl(self) -> str:
        """All of them, oldest first, as a question set."""
        return "".join(json.dumps(case.line, ensure_ascii=False) + "\n" for case in reversed(self.list()))
