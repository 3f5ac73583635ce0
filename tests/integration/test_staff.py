"""The support desk with the real engine: what is found, what is kept, and who is let in."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
import time

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from medqa.config import GapSettings
from medqa.engine import build_engine, index_corpus
from medqa.evaluation.questions import read_questions
from medqa.presentation import reply_to_json
from medqa.state import AuditTrail, FeedbackReason, GapStore
from medqa.surfaces.conversing import Conversation
from medqa.surfaces.given import Keepsakes
from medqa.surfaces.lab import lab_routes
from medqa.surfaces.staff import staff_routes
from tests.desk import QUESTION, Desk, desk, picked, text_of


def test_every_route_behind_the_doors_refuses_nobody_and_the_wrong_role(staffed: Desk) -> None:
    routers = (*staff_routes(staffed.engine), *lab_routes(staffed.engine))
    routes = [route for router in routers for route in router.routes if isinstance(route, APIRoute)]
    assert len(routes) > 3
    with staffed.client() as nobody, staffed.client("sam") as sam, staffed.client("tess") as tess:
        for route in routes:
            path = re.sub(r"\{[^}]*\}", "x", route.path)
            stranger = tess if path.startswith("/staff") else sam
            for method in route.methods:
                assert nobody.request(method, path).status_code == 401, (method, path)
                assert stranger.request(method, path).status_code == 403, (method, path)


def test_a_search_says_how_it_read_the_words_and_why_each_passage_came(sam: TestClient) -> None:
    page = text_of(sam.post("/staff", data={"query": QUESTION}, headers={"x-part": "results"}))
    assert "gabbentine read as gabapentin" in page
    assert page.startswith("\n<p") or "<html" not in page
    assert 'data-ref="gabapentin|' in page
    assert "<td>meaning</td>" in page
    assert "<td>words</td>" in page


def test_filters_and_orders(sam: TestClient) -> None:
    def found(**fields: str) -> list[str]:
        page = text_of(sam.post("/staff", data={"query": "pain", **fields}, headers={"x-part": "results"}))
        return [ref.split("|")[0] for ref in picked(page)]

    assert set(found(article="sciatica")) == {"sciatica"}
    assert set(found(kind="medicine")) <= {"baclofen", "gabapentin", "acetaminophen"}
    assert found(sort="title") == sorted(found(sort="title"))
    assert found(review="expired") == []
    assert found(heading="no heading says this") == []


def test_words_of_an_emergency_show_what_to_say_first(sam: TestClient) -> None:
    page = text_of(sam.post("/staff", data={"query": "crushing chest pain and i cant breathe"}))
    assert "This reads like an emergency" in page
    assert "911" in page


def test_the_passage_stands_marked_in_its_article(sam: TestClient, staffed: Desk) -> None:
    page = text_of(sam.post("/staff", data={"query": QUESTION}, headers={"x-part": "results"}))
    shown = text_of(sam.get("/staff/passage", params={"ref": picked(page)[0]}))
    assert '<mark id="quote">' in shown
    assert sam.get("/staff/passage", params={"ref": "nonsense"}).status_code == 404


def test_by_a_medicine(sam: TestClient) -> None:
    page = text_of(sam.post("/staff", data={"query": "pain", "medicine": "baclofen"}, headers={"x-part": "results"}))
    assert {ref.split("|")[0] for ref in picked(page)} <= {"baclofen", "baclofen-withdrawal"}
    assert picked(page)


def test_the_inbox_shows_what_was_said_and_its_answer_and_keeps_what_the_staff_adds(
    sam: TestClient, staffed: Desk
) -> None:
    reply = reply_to_json(staffed.engine.ask("what are the side effects of baclofen"))
    kept = staffed.engine.leave_feedback(reply, helpful=False, reason=FeedbackReason.OUTDATED, consented=True)
    silent = staffed.engine.leave_feedback(reply, helpful=True)
    page = text_of(sam.get("/staff/inbox"))
    assert "what are the side effects of baclofen" in page
    assert text_of(sam.post("/staff/inbox", data={"helpful": "yes"})).count("/staff/inbox/") < page.count(
        "/staff/inbox/"
    )
    assert kept not in text_of(sam.post("/staff/inbox", data={"reason": "unsafe"}))
    assert kept in text_of(sam.post("/staff/inbox", data={"article": "baclofen", "status": "new"}))

    shown = text_of(sam.get(f"/staff/inbox/{kept}"))
    assert reply["index"]["build_id"] in shown
    assert "/articles/baclofen?start=" in shown
    assert "did not agree" in text_of(sam.get(f"/staff/inbox/{silent}"))

    changed = {"status": "open", "assignee": "sam", "comment": "asked the editor", "act": "save"}
    assert sam.post(f"/staff/inbox/{kept}", data=changed).headers["location"] == f"/staff/inbox/{kept}"
    assert "asked the editor" in text_of(sam.get(f"/staff/inbox/{kept}"))
    trail = AuditTrail(staffed.folder / "index").entries(kept)
    assert (trail[0].actor, dict(trail[0].detail)["status"]) == ("sam", "open")
    assert sam.post(f"/staff/inbox/{kept}", data={**changed, "status": "done"}).status_code == 303
    assert dict(AuditTrail(staffed.folder / "index").entries(kept)[0].detail) == {"status": "done"}
    assert sam.post(f"/staff/inbox/{kept}", data={}).status_code == 303
    assert "asked the editor" in text_of(sam.get(f"/staff/inbox/{kept}")), "an empty form changes nothing"

    rows = list(csv.DictReader(io.StringIO(text_of(sam.post("/staff/inbox/csv", data={"assignee": "sam"})))))
    assert [row["id"] for row in rows] == [kept]


def test_feedback_becomes_a_test_case_that_the_lab_can_read_and_forgetting_takes_it_too(
    sam: TestClient, staffed: Desk
) -> None:
    reply = reply_to_json(staffed.engine.ask("can i drink alcohol with gabapentin"))
    kept = staffed.engine.leave_feedback(reply, helpful=True, consented=True)
    silent = staffed.engine.leave_feedback(reply, helpful=True)
    assert sam.post(f"/staff/inbox/{kept}", data={"act": "case"}).status_code == 303
    bad = staffed.engine.leave_feedback(reply, helpful=False, consented=True)
    assert sam.post(f"/staff/inbox/{bad}", data={"act": "case"}).status_code == 303
    assert sam.post(f"/staff/inbox/{silent}", data={"act": "case"}).status_code == 409
    lines = [json.loads(line) for line in text_of(sam.get("/staff/inbox/cases")).splitlines()]
    case, other = sorted(lines, key=lambda line: not line["gold"])
    assert not other["answerable"], "nobody has said yet what would answer it"
    assert {g["article_id"] for g in case["gold"]} == {c["article_id"] for c in reply["citations"]}
    path = staffed.folder / "cases.jsonl"
    path.write_text(text_of(sam.get("/staff/inbox/cases")), "utf-8")
    assert read_questions([path]).questions
    for one in (kept, bad):
        sam.post(f"/staff/inbox/{one}", data={"act": "erase"})
    assert "alcohol with gabapentin" not in text_of(sam.get("/staff/inbox/cases"))
    assert "did not agree" in text_of(sam.get(f"/staff/inbox/{kept}"))


def test_feedback_that_is_not_there_is_said(sam: TestClient) -> None:
    assert sam.get("/staff/inbox/nonsense").status_code == 409


def test_a_withdrawn_article_is_gone_at_once_stays_gone_and_comes_back(staffed: Desk, sam: TestClient) -> None:
    question = "what is sciatica"
    asked = staffed.engine.ask(question)
    assert "sciatica" in {c["article_id"] for c in reply_to_json(asked)["citations"]}
    assert sam.post("/staff/care", data={"act": "withdraw", "article": "sciatica", "reason": " "}).status_code == 409
    assert sam.post("/staff/care", data={"act": "withdraw", "article": "no-such", "reason": "x"}).status_code == 404
    done = sam.post("/staff/care", data={"act": "withdraw", "article": "sciatica", "reason": "a wrong dose"})
    assert done.headers["location"] == "/staff/care"
    try:
        for _ in range(2):  # before and after the index is made again
            said = reply_to_json(staffed.engine.ask(question))
            assert "sciatica" not in {c["article_id"] for c in said.get("citations", ())}
            assert sam.get("/articles/sciatica").status_code == 404
            index_corpus(staffed.engine.settings)
        page = text_of(sam.get("/staff/care"))
        assert "a wrong dose" in page
        assert "/articles/sciatica" not in page
    finally:
        sam.post("/staff/care", data={"act": "restore", "article": "sciatica", "reason": "mended"})
    assert sam.get("/articles/sciatica").status_code == 200
    trail = [(e.actor, e.action, dict(e.detail)) for e in AuditTrail(staffed.folder / "index").entries("sciatica")]
    assert ("sam", "article restored by the desk", {"reason": "mended"}) in trail
    assert ("sam", "article withdrawn by the desk", {"reason": "a wrong dose"}) in trail
    assert "a wrong dose" in text_of(sam.get("/staff/care/trail", params={"subject": "sciatica"}))


def test_what_another_process_withdraws_is_gone_from_the_next_question_on(staffed: Desk) -> None:
    def run(act: str) -> None:
        code = (
            "import sys; from pathlib import Path; from medqa.state import ArticleState\n"
            f"ArticleState(Path(sys.argv[1])).{act}('sciatica', reason='a wrong dose', by='another')"
        )
        subprocess.run([sys.executable, "-c", code, str(staffed.folder / "index")], check=True)

    talk = Conversation(staffed.engine, Keepsakes())
    before = "".join(step.messages[-1]["content"] for step in talk.respond("what is sciatica", []))
    assert "/articles/sciatica" in before
    run("withdraw")
    try:
        after = "".join(step.messages[-1]["content"] for step in talk.respond("what is sciatica", []))
        assert "/articles/sciatica" not in after
    finally:
        run("restore")


def test_a_withdrawal_binds_a_build_that_is_rolled_back_to(tmp_path_factory: pytest.TempPathFactory) -> None:
    with desk(tmp_path_factory.mktemp("back")) as own, own.client("sam") as sam, own.client("ada") as ada:
        article = own.folder / "corpus" / "gabapentin.md"
        article.write_text(article.read_text("utf-8") + "\nOne more sentence about gabapentin.\n", "utf-8")
        assert sam.post("/staff/care", data={"act": "build"}).status_code == 409, "builds are for admins"
        before = own.engine.index_info().build_id
        assert ada.post("/staff/care", data={"act": "build"}).status_code == 303
        for _ in range(600):
            if not ada.get("/staff/care/progress").json()["running"]:
                break
            time.sleep(0.05)
        assert "A new build is live" in text_of(ada.get("/staff/care"))
        assert own.engine.index_info().build_id != before
        sam.post("/staff/care", data={"act": "withdraw", "article": "gabapentin", "reason": "recalled"})
        assert ada.post("/staff/care", data={"act": "rollback"}).status_code == 303
        assert own.engine.index_info().build_id == before
        assert "gabapentin" not in own.engine.titles()
        assert ada.get("/articles/gabapentin").status_code == 404


def test_the_audit_is_shown_by_article(sam: TestClient) -> None:
    page = text_of(sam.post("/staff/care/audit"))
    assert "<b>6</b> articles" in page


def test_a_question_without_an_answer_is_counted_and_its_words_are_not_kept(staffed: Desk, sam: TestClient) -> None:
    talk = Conversation(staffed.engine, Keepsakes())
    secret = "which xylophone is best for my garden party"
    list(talk.respond(secret, []))
    page = text_of(sam.get("/staff/gaps"))
    assert "Only counts" in page
    assert '<h2 id="topics">' in page
    assert GapStore(staffed.folder / "index").topics()[0].n == 1
    assert "xylophone" not in page
    assert b"xylophone" not in b"".join(f.read_bytes() for f in (staffed.folder / "index" / "state").glob("state.sq*"))
    assert text_of(sam.get("/staff/gaps.csv")).startswith("topic,all")


def test_with_the_switch_the_question_is_shown_to_the_staff_and_the_chat_says_so(staffed: Desk) -> None:
    settings = staffed.engine.settings.model_copy(update={"gaps": GapSettings(keep_questions=True, keep_days=7)})
    engine = build_engine(settings)
    talk = Conversation(engine, Keepsakes())
    assert "kept for 7 days" in talk.welcome()
    assert "7 días" in talk.welcome("es")
    list(talk.respond("which accordion is best, my name is Orpheus", []))
    (kept,) = GapStore(staffed.folder / "index").questions(keep_days=7)
    assert kept.text == "which accordion is best, my name is [name]"
    engine.close()
