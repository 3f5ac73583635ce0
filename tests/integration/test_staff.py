"""The support desk with the real engine: what is found, what is sent, and who is let in."""

from __future__ import annotations

import csv
import io
import json
import re
import time
from collections.abc import Iterator, Sequence
from urllib.parse import urlencode

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from medqa.config import GapSettings
from medqa.engine import build_engine, index_corpus
from medqa.evaluation.questions import read_questions
from medqa.presentation import reply_to_json
from medqa.state import ArticleState, AuditTrail, FeedbackReason, GapStore, HiddenBecause
from medqa.surfaces.conversing import Conversation
from medqa.surfaces.given import Keepsakes
from medqa.surfaces.lab import lab_routes
from medqa.surfaces.rooms.forms import Form
from medqa.surfaces.staff import staff_routes
from medqa.surfaces.staff.draft import Draft, Pick, draft_from
from medqa.surfaces.staff.quotes import Ref, quote_of, ref_from, ref_of
from medqa.types import ArticleId, Span
from tests.desk import Desk, desk, text_of

QUESTION = "can i stop gabbentine suddenly"


@pytest.fixture(scope="module")
def staffed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk(tmp_path_factory.mktemp("desk")) as made:
        yield made


@pytest.fixture(scope="module")
def sam(staffed: Desk) -> Iterator[TestClient]:
    with staffed.client("sam") as client:
        yield client


def picked(html: str) -> list[str]:
    return re.findall(r'data-ref="([^"]+)"', html)


def area(html: str, name: str) -> str:
    """The text in a text area, as a browser would give it."""
    from html import unescape

    (found,) = re.findall(rf'<textarea id="{name}"[^>]*>\n?(.*?)</textarea>', html, re.DOTALL)
    return unescape(found)


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


def test_what_is_picked_goes_into_the_text_with_its_source_warnings_and_disclaimer(
    sam: TestClient, staffed: Desk
) -> None:
    results = text_of(sam.post("/staff", data={"query": QUESTION}, headers={"x-part": "results"}))
    first, second = picked(results)[:2]
    page = text_of(sam.post("/staff", data={"query": QUESTION, "draft": first, "add": second}))
    assert page.count('name="draft"') == 2
    reply = text_of(sam.post("/staff/reply", data={"query": QUESTION, "draft": [first, second]}))
    article = staffed.engine.document("gabapentin")
    for name in ("plain", "markdown", "html"):
        text = area(reply, name)
        assert "Do not stop gabapentin suddenly" in text
        assert "not clinically reviewed" in text
        assert "http://testserver/articles/gabapentin?start=" in text
        assert "2026-03-04" in text
        assert "not medical advice" in text
    quoted = re.findall(r"“(.+?)” \[\d+\]", area(reply, "plain"))
    said = " ".join(article.text.split())
    assert quoted
    assert all(quote in said or quote in " ".join(staffed.engine.document("baclofen").text.split()) for quote in quoted)
    assert "Important:" in area(reply, "plain"), "the warning about stopping comes along by itself"


def test_the_answer_is_collected_and_moved_about(sam: TestClient) -> None:
    page = text_of(
        sam.post("/staff/reply", data={"question": "what is baclofen for", "opening": "Hi", "act": "collect"})
    )
    refs = re.findall(r'name="draft" value="([^"]+)"', page)
    assert refs
    assert len(refs) == len(set(refs))
    swapped = text_of(sam.post("/staff/reply", data={"opening": "Hi", "draft": refs, "act": "down:0"}))
    assert re.findall(r'name="draft" value="([^"]+)"', swapped)[:2] == refs[1::-1]
    fewer = text_of(sam.post("/staff/reply", data={"opening": "Hi", "draft": refs, "act": "remove:0"}))
    assert re.findall(r'name="draft" value="([^"]+)"', fewer) == refs[1:]
    assert area(fewer, "plain").startswith("Hi\n")


def test_in_an_emergency_the_card_is_the_text_and_nothing_is_quoted(sam: TestClient) -> None:
    results = text_of(sam.post("/staff", data={"query": QUESTION}, headers={"x-part": "results"}))
    page = text_of(
        sam.post("/staff/reply", data={"question": "i took 40 baclofen to die", "draft": picked(results)[0]})
    )
    for name in ("plain", "markdown", "html"):
        assert "911" in area(page, name)
        assert "gabapentin" not in area(page, name)
    assert "Send these words first" in page


def test_a_passage_that_changed_or_went_is_left_out_by_name(sam: TestClient, staffed: Desk) -> None:
    document = staffed.engine.document("sciatica")
    span = document.sections[0].blocks[0].span
    good = ref_of("sciatica", span, span.of(document.text))
    changed = Ref("sciatica", span.start, span.end, "00000000")
    page = text_of(sam.post("/staff/reply", data={"opening": "x", "draft": [str(changed), str(good)]}))
    assert "has changed since" in page
    assert "Sciatica" in area(page, "plain")
    ArticleState(staffed.folder / "index").hide([ArticleId("sciatica")], HiddenBecause.WITHDRAWN, reason="wrong")
    try:
        page = text_of(sam.post("/staff/reply", data={"opening": "x", "draft": [str(good)]}))
        assert "no longer in the library" in page
        assert "ciatica" not in area(page, "plain")
        found = text_of(sam.post("/staff", data={"query": "sciatica"}, headers={"x-part": "results"}))
        assert "sciatica|" not in found
    finally:
        ArticleState(staffed.folder / "index").clear([ArticleId("sciatica")])


def test_own_words_stay_with_their_quotes_on_the_way_through_the_search(sam: TestClient, staffed: Desk) -> None:
    first, second = _refs(staffed, "baclofen", 2)
    fields = [("question", "what is it"), ("opening", "Dear A,"), ("draft", first), ("words", "One."),
              ("draft", second), ("words", "Two."), ("closing", "Yours")]  # fmt: skip

    def sent(path: str, *more: tuple[str, str], fields: Sequence[tuple[str, str]] = fields) -> str:
        return text_of(sam.post(path, content=urlencode([*fields, *more])))

    found = sent("/staff", ("act", "find"))
    assert 'value="what is it" maxlength' in found, "the reply's question is looked for"
    (pane,) = re.findall(r'<div id="carried" hidden>(.*?)</div>', found, re.DOTALL)
    back = dict(re.findall(r'<textarea name="(\w+)"[^>]*>\n(.*?)</textarea>', pane, re.DOTALL))
    hidden = re.findall(r'name="(\w+)" value="([^"]*)"', pane)
    text = area(sent("/staff/reply", fields=[*hidden, *back.items()]), "plain")
    at = [text.index(words) for words in ("Dear A,", "One.", "[1]", "Two.", "Yours")]
    assert at == sorted(at)
    moved = area(sent("/staff/reply", ("act", "up:1")), "plain")
    assert moved.index("Two.") < moved.index("One."), "words move with their quote"


def test_a_script_asks_for_the_text_alone(sam: TestClient, staffed: Desk) -> None:
    fields = {"opening": "Hello", "draft": _refs(staffed, "baclofen", 1)}
    part = text_of(sam.post("/staff/reply", data=fields, headers={"x-part": "text"}))
    assert "<html" not in part
    assert 'name="draft"' not in part
    whole = text_of(sam.post("/staff/reply", data=fields))
    assert [area(part, name) for name in ("plain", "html")] == [area(whole, name) for name in ("plain", "html")]


def test_what_an_emergency_is_about_keeps_its_line_above_the_quotes(sam: TestClient, staffed: Desk) -> None:
    question = "what are the signs of an opioid overdose?"
    verdict = staffed.engine.triage(question)
    assert verdict.message
    assert not verdict.redirects
    page = text_of(sam.post("/staff/reply", data={"question": question, "draft": _refs(staffed, "baclofen", 1)}))
    for name in ("plain", "markdown", "html"):
        text = area(page, name)
        assert "911" in text
        assert text.index("911") < text.index("Thank you for your question")
    assert "This stands above the reply" in page


def test_warnings_come_by_the_medicines_that_are_quoted_whatever_was_asked(sam: TestClient, staffed: Desk) -> None:
    document = staffed.engine.document("baclofen-withdrawal")
    span = document.sections[1].blocks[0].span
    ref = ref_of(document.id, span, span.of(document.text))
    for question in ("", "can i stop gabapentin?"):
        sentences = quote_of(staffed.engine, ref).citations
        ids = {warning.id for warning in staffed.engine.review_quotes(question, sentences).warnings}
        assert ids, question
        page = text_of(sam.post("/staff/reply", data={"question": question, "draft": str(ref)}))
        assert "Important:" in area(page, "plain")
    assert "gabapentin-abrupt-stop" in ids


def test_by_a_medicine(sam: TestClient) -> None:
    page = text_of(sam.post("/staff", data={"query": "pain", "medicine": "baclofen"}, headers={"x-part": "results"}))
    assert {ref.split("|")[0] for ref in picked(page)} <= {"baclofen", "baclofen-withdrawal"}
    assert picked(page)


def _refs(staffed: Desk, article: str, n: int) -> list[str]:
    """The first paragraphs of an article as a page sends them."""
    document = staffed.engine.document(article)
    spans = [block.span for section in document.sections for block in section.blocks if block.list_id < 0][:n]
    return [str(ref_of(article, span, span.of(document.text))) for span in spans]


def test_what_is_typed_is_text(sam: TestClient) -> None:
    evil = '"></textarea><script>alert(1)</script>'
    page = text_of(sam.post("/staff/reply", data={"question": evil, "opening": evil, "closing": evil}))
    assert "<script>alert" not in page
    assert "<script>" not in area(page, "html")
    assert "<script>alert" not in text_of(sam.post("/staff", data={"query": evil}))


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

    changed = {"status": "open", "assignee": "sam", "comment": "asked the editor"}
    assert sam.post(f"/staff/inbox/{kept}", data=changed).headers["location"] == f"/staff/inbox/{kept}"
    assert "asked the editor" in text_of(sam.get(f"/staff/inbox/{kept}"))
    trail = AuditTrail(staffed.folder / "index").entries(kept)
    assert (trail[0].actor, dict(trail[0].detail)["status"]) == ("sam", "open")

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


def test_references() -> None:
    ref = Ref("a|b", 1, 20, "abcd")
    assert ref_from(str(ref)) == ref
    for bad in ("", "a", "a|1|2", "a|x|2|c", "a|2|1|c", "|1|2|c", "a|1|2|"):
        assert ref_from(bad) is None
    inside, beside = Ref("a|b", 3, 5, "x"), Ref("c", 3, 5, "x")
    draft = Draft().adding(inside, ref, beside, beside)
    assert draft.refs == (ref, beside)
    form = Form((("draft", str(ref)), ("draft", "nonsense"), ("words", "lost"), ("draft", str(ref)), ("words", "x")))
    assert draft_from(form, "q").picks == (Pick(ref),)


def test_a_quote_knows_its_section_and_lines(staffed: Desk) -> None:
    document = staffed.engine.document("gabapentin")
    section = next(s for s in document.sections if s.id == "stopping")
    quote = quote_of(staffed.engine, ref_of("gabapentin", section.span, section.span.of(document.text)))
    assert quote.section == section.heading
    assert any(line.item for line in quote.lines)
    assert not quote.problem
    outside = quote_of(staffed.engine, Ref("gabapentin", 10**8, 10**8 + 5, "x"))
    assert outside.problem
    assert Span(0, 1).of(document.text) != ""
