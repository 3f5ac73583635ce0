from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from medqa.errors import StateError
from medqa.state import ApprovedStore, AuditTrail
from medqa.types import ApprovedAnswer, ApprovedQuote, ArticleId, Span

TODAY = date(2026, 3, 4)
QUOTE = ApprovedQuote(ArticleId("heat"), Span(10, 22), "Warm “packs”")


def approve(
    store: ApprovedStore, *questions: str, until: date = TODAY, owner: str = "Sam", id_: str = ""
) -> ApprovedAnswer:
    return store.approve(questions, [QUOTE], owner=owner, on=TODAY, until=until, by="sam", approved_id=id_)


def test_what_is_kept_comes_back_to_the_letter_in_every_process(tmp_path: Path) -> None:
    here, there = ApprovedStore(tmp_path), ApprovedStore(tmp_path)
    assert here.all() == there.all() == ()
    made = approve(here, " does  heat help? ", "heat?", "heat?", until=TODAY + timedelta(9))
    assert made.questions == ("does heat help?", "heat?")
    assert here.all() == there.all() == (made,)
    assert there.all() is there.all(), "nothing is read anew while nothing changes"
    assert there.get(made.approval.id) == made
    changed = approve(there, "cold?", id_=made.approval.id, owner="Tess")
    assert here.all() == (changed,)
    assert changed.approval.owner == "Tess"
    here.retire(made.approval.id, reason="never asked", by="sam")
    assert there.all() == ()
    acts = [entry.action for entry in AuditTrail(tmp_path).entries()]
    assert acts == ["approved answer retired", "answer approved again", "answer approved"]
    here.close()
    there.close()


def test_what_could_not_be_given_is_not_kept(tmp_path: Path) -> None:
    store = ApprovedStore(tmp_path)
    for refused, why in (
        (lambda: approve(store), "1 to 12 questions"),
        (lambda: approve(store, *(f"question {n}?" for n in range(13))), "1 to 12 questions"),
        (lambda: approve(store, "x" * 301), "300 characters"),
        (lambda: approve(store, "a?", owner=" "), "has an owner"),
        (lambda: approve(store, "a?", until=TODAY - timedelta(1)), "is over"),
        (lambda: approve(store, "a?", id_="a0"), "no approved answer"),
        (lambda: store.approve(["a?"], [], owner="s", on=TODAY, until=TODAY, by="s"), "needs a quotation"),
        (lambda: store.retire("a0", reason="x", by="s"), "no approved answer"),
    ):
        with pytest.raises(StateError, match=why):
            refused()
    assert store.all() == ()
    with pytest.raises(StateError, match="for a reason"):
        store.retire(approve(store, "a?").approval.id, reason=" ", by="s")
    store.close()
