"""Replies made at the support desk with the real engine: what is sent, with what, and what never is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlencode

import pytest
from fastapi.testclient import TestClient

from medqa.state import ArticleState, HiddenBecause
from medqa.surfaces.rooms.forms import Form
from medqa.surfaces.staff.draft import Draft, Pick, draft_from
from medqa.surfaces.staff.quotes import Ref, quote_of, ref_from, ref_of
from medqa.types import ArticleId, Span
from tests.desk import QUESTION, Desk, area, picked, text_of


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


@pytest.mark.parametrize("question", ["???", "\x00", "a" * 9_000, "baclofen " * 440, "\U0001f92f\u202e"])
def test_whatever_stands_in_the_question_the_text_is_made(sam: TestClient, staffed: Desk, question: str) -> None:
    page = text_of(sam.post("/staff/reply", data={"question": question, "draft": _refs(staffed, "baclofen", 2)}))
    assert "not medical advice" in area(page, "plain")


def test_a_question_that_cannot_be_asked_is_a_page_that_says_so(sam: TestClient) -> None:
    failed = sam.post("/staff/reply", data={"question": "???", "act": "collect"}, headers={"accept": "text/html"})
    assert failed.status_code == 422
    assert "no words" in failed.text


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
