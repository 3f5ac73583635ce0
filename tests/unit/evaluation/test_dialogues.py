"""Conversations are scored by hand-made sets over a fake engine."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from medqa.conversation import Standalone, standalone
from medqa.errors import InputFileError
from medqa.evaluation import dialogues
from medqa.evaluation.dialogues import evaluate_dialogues, holds_dialogues
from medqa.evaluation.dialogues_report import dialogues_card, dialogues_report, dialogues_to_json, inherited, lost
from medqa.knowledge.lexicon import Lexicon
from medqa.types import Turn

LEXICON = Lexicon.load()


class FakeEngine:
    """Finds the section ``article#topic`` whose two words a question says."""

    settings = None
    sections = ("baclofen#alcohol", "gout#food", "naproxen#alcohol")

    def standalone(self, text: str, history: Sequence[Turn]) -> Standalone:
        return standalone(text, history, LEXICON)

    def triage(self, text: str, history: Sequence[Turn] = ()) -> Any:
        return SimpleNamespace(redirects="emergency" in text)

    def search(self, text: str, k: int, history: Sequence[Turn] = ()) -> list[Any]:
        text = self.standalone(text, history).text
        found = [s for s in self.sections if all(word in text for word in s.split("#"))]
        return [SimpleNamespace(chunk=SimpleNamespace(section_docid=section)) for section in found]

    def manifest(self) -> None:
        return None


def turn(user: str, full: str, subject: str, section: str = "", *, inherits: bool = True) -> dict[str, Any]:
    gold = [{"article_id": section.split("#")[0], "section_id": section.split("#")[1]}] if section else []
    return {"user": user, "standalone": full, "subjects": [subject], "inherits": inherits, "gold": gold,
            "answerable": bool(section)}  # fmt: skip


SET = [
    {
        "id": "a",
        "tags": ["ellipsis"],
        "turns": [
            turn("what is baclofen", "what is baclofen", "baclofen", inherits=False),
            turn("and with alcohol?", "is alcohol safe with baclofen", "baclofen", "baclofen#alcohol"),
            turn("emergency", "emergency", "baclofen", "naproxen#alcohol"),
            turn("what food is bad for gout", "what food is bad for gout", "gout", "gout#food", inherits=False),
        ],
    },
    {
        "id": "b",
        "tags": [],
        "turns": [
            turn("what is gout", "what is gout", "gout", inherits=False),
            turn("hm, booze?", "naproxen and alcohol", "naproxen", "naproxen#alcohol"),
            turn("my shoe hurts", "my shoe hurts", "", inherits=False),
        ],
    },
]


@pytest.fixture
def result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dialogues.DialoguesResult:
    monkeypatch.setattr(dialogues, "stamp", lambda *_, **__: SimpleNamespace(
        to_json=dict, questions={"set.jsonl": ""}, measured_at="2026-01-01"))  # fmt: skip
    path = tmp_path / "set.jsonl"
    path.write_text("\n".join(map(json.dumps, SET)), "utf-8")
    assert holds_dialogues(path)
    return evaluate_dialogues(FakeEngine(), [path])  # type: ignore[arg-type]


def test_figures_by_hand(result: dialogues.DialoguesResult) -> None:
    values = {name: (e.value, e.n) for name, e in result.estimates.items()}
    assert values["follow-up"] == (pytest.approx(1 / 3), 3)
    assert values["in-full"] == (pytest.approx(2 / 3), 3)
    assert values["difference"] == (pytest.approx(1 / 3), 3)
    assert values["own"] == (1.0, 1)
    assert values["no-inheritance"] == (0.5, 2)
    assert values["card"] == (0.2, 5)
    assert [t.id for t in lost(result)] == ["b.1"]
    assert [t.id for t in inherited(result)] == ["b.2"]
    assert set(result.by_tag) == {"ellipsis"}


def test_it_comes_as_values_scorecard_and_report(result: dialogues.DialoguesResult) -> None:
    values = dialogues_to_json(result)
    assert values["turns"] == 5
    assert json.dumps(values)
    assert values["per_turn"][0]["interpreted_question"] == "baclofen with alcohol?"
    card = dialogues_card(result)
    assert card.figures["difference"].less_is_better
    assert card.figures["follow-up"].items == {"a.1": 1.0, "a.2": 0.0, "b.1": 0.0}
    assert [c.title for c in dialogues_report(result).cases] == [
        "Lost in the conversation",
        "Given a subject it does not have",
    ]


@pytest.mark.parametrize("line", ["{", '{"id": "x", "turns": []}', '{"turns": [{"user": "a", "standalone": "b"}]}'])
def test_what_is_no_conversation_is_refused_with_its_line(line: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text("\n" + line, "utf-8")
    with pytest.raises(InputFileError, match=r"bad\.jsonl:2"):
        evaluate_dialogues(FakeEngine(), [path])  # type: ignore[arg-type]


def test_questions_are_no_conversations(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text('{"id": "q1", "question": "what is gout"}', "utf-8")
    assert not holds_dialogues(path)
    assert not holds_dialogues(tmp_path / "missing.jsonl")
