"""Feedback goes through the engine: no index is needed, and the question goes with it by consent alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from medqa.config import load_settings
from medqa.engine import build_engine
from medqa.engine.paths import state_root
from medqa.presentation import reply_to_json
from medqa.state import FeedbackReason, FeedbackStore
from medqa.types import NO_SAFETY_CONCERN, Abstained

REPLY = reply_to_json(
    Abstained(
        question="Does it help with xylophonic pain?",
        interpreted_question="Does baclofen help with xylophonic pain?",
        safety=NO_SAFETY_CONCERN,
        disclaimer="Not medical advice.",
        message="The articles do not say.",
    )
)


@pytest.mark.parametrize("consented", [False, True])
def test_a_word_on_an_answer_is_kept(tmp_path: Path, consented: bool) -> None:
    settings = load_settings(index_dir=tmp_path)
    engine = build_engine(settings)
    told = {"helpful": False, "reason": FeedbackReason.DID_NOT_ANSWER, "consented": consented, "feedback_id": "f1"}
    assert engine.leave_feedback(REPLY, **told) == engine.leave_feedback(REPLY, **told) == "f1"
    (kept,) = FeedbackStore(state_root(settings)).list()
    assert (kept.helpful, kept.reason) == (False, FeedbackReason.DID_NOT_ANSWER)
    assert kept.answer["message"] == "The articles do not say."
    assert kept.question == (REPLY["question"] if consented else None)
    assert ("xylophonic" in str(kept)) is consented
