"""Reviews signed at the desk with the real engine: they count at once, everywhere, for the words that were read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from medqa.engine import build_engine, index_corpus
from medqa.engine.builds import roll_back
from medqa.state import AuditTrail
from medqa.types import Answered, Citation
from tests.desk import TODAY, Desk, desk, text_of

ASKED = "what is baclofen used for"
SIGN = {"act": "sign", "article": "baclofen", "reviewed_by": "Dr. A. Lee, GP", "on": TODAY.isoformat()}
DUE = TODAY + timedelta(days=200)


@pytest.fixture
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk(tmp_path_factory.mktemp("signing")) as made:
        yield made


def act(own: Desk, name: str = "sam", **fields: str) -> int:
    with own.client(name) as client:
        return client.post("/staff/care", data=fields).status_code


def cited(own: Desk) -> Citation | None:
    reply = own.engine.ask(ASKED)
    found = reply.answer.citations if isinstance(reply, Answered) else ()
    return next((citation for citation in found if citation.document_id == "baclofen"), None)


def test_it_counts_in_answers_pages_and_lists_at_once_and_can_be_taken_back(own: Desk) -> None:
    before = cited(own)
    assert before is not None
    assert before.reviewed_on is None
    assert act(own, **SIGN, due=DUE.isoformat()) == 303
    signed = cited(own)
    assert signed is not None
    assert signed.reviewed_on == TODAY
    with own.client() as nobody, own.client("sam") as sam:
        assert TODAY.isoformat() in text_of(nobody.get("/articles/baclofen"))
        page = text_of(sam.get("/staff/care"))
        assert "signed here: Dr. A. Lee, GP" in page
        yaml = text_of(sam.get("/staff/care/reviews.yaml"))
        assert yaml == f'# baclofen\nreviewed_on: {TODAY}\nreview_due_on: {DUE}\nreviewed_by: "Dr. A. Lee, GP"\n'
        found = text_of(sam.post("/staff", data={"query": "baclofen", "review": "current"}))
        assert 'data-ref="baclofen|' in found
    other = build_engine(own.engine.settings, today=lambda: TODAY)  # as another process would
    try:
        assert other.document("baclofen").review.reviewed_by == "Dr. A. Lee, GP"
    finally:
        other.close()
    assert act(own, act="take-back", article="baclofen", reason="it was another article") == 303
    after = cited(own)
    assert after is not None
    assert after.reviewed_on is None
    assert [entry.action for entry in AuditTrail(own.folder / "index").entries(limit=2)] == [
        "review taken back",
        "review signed",
    ]


def test_an_expired_article_may_be_quoted_again_once_it_is_signed(own: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    later = date(2033, 1, 1)
    monkeypatch.setattr(own.engine, "_today", lambda: later)
    assert not own.engine.may_quote(own.engine.document("baclofen"))
    assert cited(own) is None
    due = (later + timedelta(days=90)).isoformat()
    assert act(own, **{**SIGN, "on": later.isoformat()}, due=due) == 303
    signed = cited(own)
    assert signed is not None
    assert signed.reviewed_on == later
    assert not signed.review_overdue


def test_changed_words_are_unsigned_and_a_rollback_brings_the_review_back(own: Desk) -> None:
    assert act(own, **SIGN, due=DUE.isoformat()) == 303
    path = own.folder / "corpus" / "baclofen.md"
    path.write_text(path.read_text(encoding="utf-8") + "\nOne more sentence.\n", encoding="utf-8")
    index_corpus(own.engine.settings)
    assert own.engine.document("baclofen").review.reviewed_on is None
    with own.client("sam") as sam:
        assert "the article has changed since" in text_of(sam.get("/staff/care"))
        assert text_of(sam.get("/staff/care/reviews.yaml")) == ""
    roll_back(own.engine.settings)
    assert own.engine.document("baclofen").review.reviewed_on == TODAY


def test_only_the_desk_signs_and_only_a_whole_review(own: Desk) -> None:
    with own.client() as nobody:
        assert nobody.post("/staff/care", data=SIGN).status_code == 401
        assert nobody.get("/staff/care/reviews.yaml").status_code == 401
    assert act(own, "tess", **SIGN, due=DUE.isoformat()) == 403
    assert act(own, **SIGN, due="soon") == 409
    assert act(own, **{**SIGN, "reviewed_by": " "}, due=DUE.isoformat()) == 409
    assert act(own, **{**SIGN, "article": "no-such"}, due=DUE.isoformat()) == 404
    assert own.engine.signed_reviews() == {}
