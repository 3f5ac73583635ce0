"""Approved answers with the real engine: who gets one, who does not, and what is told of it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from html import unescape
from pathlib import Path

import pytest

from medqa.engine import index_corpus
from medqa.presentation import reply_to_json, reply_to_markdown, reply_to_text
from medqa.state import ApprovedStore, ArticleState, AuditTrail
from medqa.types import Abstained, Answered, ArticleId, Redirected, Turn
from tests.desk import TODAY, Desk, desk, text_of

ASKED = "Can I drink alcohol while taking gabapentin?"
VARIANT = "gabapentin and a glass of wine"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk(tmp_path_factory.mktemp("approved")) as made:
        yield made


@pytest.fixture
def store(own: Desk) -> Iterator[ApprovedStore]:
    store = ApprovedStore(own.folder / "index")
    yield store
    for approved in store.all():
        store.retire(approved.approval.id, reason="the test is over", by="test")
    store.close()


def hidden(html: str, name: str) -> list[str]:
    return [unescape(value) for value in re.findall(rf'name="{name}" value="([^"]*)"', html)]


def approve(own: Desk, questions: str = f"{ASKED}\n{VARIANT}", **fields: str) -> str:
    """As somebody does it: collect in Reply, propose, approve. Returns the page at the end."""
    with own.client("sam") as sam:
        draft = text_of(sam.post("/staff/reply", data={"question": ASKED, "act": "collect"}))
        picks = {"question": ASKED, "draft": hidden(draft, "draft"), "act": "propose"}
        form = text_of(sam.post("/staff/approved/form", data=picks))
        assert hidden(form, "draft") == picks["draft"]
        said = {"questions": questions, "owner": "Pain team", "until": (TODAY + timedelta(days=90)).isoformat()}
        done = sam.post("/staff/approved/save", data={**picks, **said, **fields, "act": "save"})
        return sam.get("/staff/approved").text if done.status_code == 303 else done.text


def test_it_is_given_as_approved_with_owner_date_warnings_and_citations(own: Desk, store: ApprovedStore) -> None:
    assert "Pain team" in approve(own)
    (approved,) = store.all()
    for question in (ASKED, "is it ok to drink alcohol on gabapentin", "can i have alcohol with neurontin?"):
        reply = own.engine.ask(question)
        assert isinstance(reply, Answered), question
        assert reply.answer.generator == "approved", question
        assert [c.quote for c in reply.answer.citations] == [q.text for q in approved.quotes]
        assert reply.warnings
        assert reply.disclaimer
    told = reply_to_json(reply)
    assert told["generator"] == "approved"
    assert told["approved"]["owner"] == "Pain team"
    assert told["approved"]["approved_on"] == TODAY.isoformat()
    for text in (reply_to_text(reply), reply_to_markdown(reply)):
        assert f"Approved by Pain team on {TODAY.isoformat()}." in text
    assert [entry.action for entry in AuditTrail(own.folder / "index").entries(limit=1)] == ["answer approved"]


@pytest.mark.parametrize(
    "question",
    [
        "Can I drink alcohol while taking baclofen?",
        "Can my child drink alcohol while taking gabapentin?",
        "Can I drive while taking gabapentin?",
        "Can I drink alcohol while taking gabapentin and baclofen?",
        "Can I drink alcohol while taking gabapentin? And what are its side effects?",
    ],
)
def test_what_only_looks_like_it_is_answered_from_the_articles(own: Desk, store: ApprovedStore, question: str) -> None:
    approve(own)
    reply = own.engine.ask(question)
    assert isinstance(reply, Answered | Abstained), question
    assert not isinstance(reply, Answered) or reply.answer.generator == "extractive"


def test_the_safety_check_goes_first(own: Desk, store: ApprovedStore) -> None:
    approve(own)
    reply = own.engine.ask("I drank alcohol with gabapentin, can I sleep? my lips are blue and i cant breathe")
    assert isinstance(reply, Redirected)


def test_a_follow_up_gets_it_too(own: Desk, store: ApprovedStore) -> None:
    approve(own)
    before = (Turn("user", "what is gabapentin for"), Turn("assistant", "..."))
    reply = own.engine.ask("can I drink alcohol while taking it?", before)
    assert isinstance(reply, Answered)
    assert reply.answer.generator == "approved"


def test_a_withdrawn_article_takes_it_away_at_once_and_the_page_says_why(own: Desk, store: ApprovedStore) -> None:
    approve(own)
    (approved,) = store.all()
    cited = ArticleId(approved.quotes[0].article_id)
    state = ArticleState(own.folder / "index")
    state.withdraw(cited, reason="a test", by="test")
    try:
        reply = own.engine.ask(ASKED)
        assert not isinstance(reply, Answered) or reply.answer.generator == "extractive"
        assert any("is no longer in the library" in note for note in reply.trace.notes)
        with own.client("sam") as sam:
            page = text_of(sam.get("/staff/approved"))
        assert "not given" in page
        assert "is no longer in the library" in page
    finally:
        state.restore(cited, reason="the test is over", by="test")
    again = own.engine.ask(ASKED)
    assert isinstance(again, Answered)
    assert again.answer.generator == "approved"


def test_after_its_last_day_it_is_given_no_more(
    own: Desk, store: ApprovedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    approve(own)
    monkeypatch.setattr(own.engine, "_today", lambda: TODAY + timedelta(days=91))
    reply = own.engine.ask(ASKED)
    assert not isinstance(reply, Answered) or reply.answer.generator == "extractive"
    with own.client("sam") as sam:
        assert ">expired<" in text_of(sam.get("/staff/approved"))


def test_what_cannot_be_approved_is_refused_with_the_reason(own: Desk, store: ApprovedStore) -> None:
    for questions, why in (
        ("", "1 to 12 questions"),
        ("I took 40 gabapentin to die", "The safety check"),
        ("how much gabapentin should I take, I weigh 70 kg", "must not give"),
    ):
        page = approve(own, questions)
        assert why in page or "No approved answer is given" in page, questions
        assert store.all() == ()
    assert "is over" in approve(own, until=(TODAY - timedelta(days=1)).isoformat())
    assert "three years at most" in approve(own, until=date(2040, 1, 1).isoformat())
    approve(own)
    assert "has an approved answer already" in approve(own)
    assert len(store.all()) == 1


def test_it_is_changed_in_place_and_retired_for_a_reason(own: Desk, store: ApprovedStore) -> None:
    approve(own)
    (approved,) = store.all()
    approve(own, f"{ASKED}\nalcohol with gabapentin?", id=approved.approval.id)
    (changed,) = store.all()
    assert changed.approval.id == approved.approval.id
    assert "alcohol with gabapentin?" in changed.questions
    with own.client("sam") as sam:
        page = text_of(sam.get(f"/staff/approved/{approved.approval.id}"))
        assert ASKED in page
        tried = text_of(sam.post("/staff/approved", data={"question": "gabapentin with beer?", "act": "try"}))
        assert "Nearest wording" in tried
        without = sam.post("/staff/approved", data={"id": approved.approval.id, "reason": " ", "act": "retire"})
        assert without.status_code == 409
        assert len(store.all()) == 1
        gone = sam.post("/staff/approved", data={"id": approved.approval.id, "reason": "outdated", "act": "retire"})
        assert gone.status_code == 303
    assert store.all() == ()
    entry = AuditTrail(own.folder / "index").entries(limit=1)[0]
    assert (entry.action, entry.detail["reason"]) == ("approved answer retired", "outdated")


def test_a_changed_article_takes_it_away_with_the_next_build(tmp_path: Path) -> None:
    with desk(tmp_path) as own:
        approve(own)
        store = ApprovedStore(own.folder / "index")
        (approved,) = store.all()
        path = own.folder / "corpus" / f"{approved.quotes[0].article_id}.md"
        text = path.read_text(encoding="utf-8")
        shutil.copy(path, tmp_path / "before.md")
        path.write_text(text.replace("alcohol", "strong drink"), encoding="utf-8")
        index_corpus(own.engine.settings)
        reply = own.engine.ask(ASKED)
        assert not isinstance(reply, Answered) or reply.answer.generator == "extractive"
        with own.client("sam") as sam:
            assert "has changed there" in text_of(sam.get("/staff/approved"))
        store.close()
