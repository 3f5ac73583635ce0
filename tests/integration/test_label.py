"""Labelling in the lab with the real engine: what two people save, and the question set that it makes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import pytest
from fastapi.testclient import TestClient

from medqa.evaluation.gold import Level, resolve
from medqa.evaluation.kept_labels import KeptLabels, label_id
from medqa.evaluation.questions import read_questions
from medqa.state import CaseStore, Feedback, FeedbackStore
from tests.desk import Desk, desk, text_of

QUESTION = "can i stop gabapentin suddenly"
GOLD = "Do not stop gabapentin suddenly"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk(tmp_path_factory.mktemp("label")) as made:
        yield made


@pytest.fixture(scope="module")
def tess(lab: Desk) -> Iterator[TestClient]:
    with lab.client("tess") as client:
        yield client


def passages(page: str) -> list[tuple[str, str]]:
    """(reference, text) of each passage on the page."""
    refs = re.findall(r'name="passage" value="([^"]+)"', page)
    texts = re.findall(r'class="words"[^>]*>([^<]*)<', page)
    return [(unescape(ref), unescape(text)) for ref, text in zip(refs, texts, strict=True)]


def grades(page: str) -> dict[str, str]:
    found = re.findall(r'name="grade:([^"]+)" value="(\d?)" checked', page)
    return {unescape(ref): value for ref, value in found if value}


def sheet(client: TestClient, question: str = QUESTION) -> list[tuple[str, str]]:
    return passages(text_of(client.post("/lab/label", data={"question": question})))


def filled(found: list[tuple[str, str]], marks: dict[int, str], **fields: str) -> dict[str, object]:
    form: dict[str, object] = {"question": QUESTION, "passage": [ref for ref, _ in found]}
    return form | {f"grade:{found[at][0]}": grade for at, grade in marks.items()} | fields


def save(client: TestClient, form: dict[str, object]) -> None:
    answer = client.post("/lab/label/save", data=form)
    assert (answer.status_code, answer.headers.get("location")) == (303, "/lab/label"), answer.text


def test_nobody_and_the_desk_are_refused(lab: Desk) -> None:
    for name, status in (("", 401), ("sam", 403)):
        with lab.client(name) as client:
            for path in ("/lab/label", "/lab/label/tess.jsonl"):
                assert client.get(path).status_code == status
            for path in ("/lab/label", "/lab/label/save", "/lab/label/remove"):
                assert client.post(path, data={"question": QUESTION}).status_code == status
    with lab.client("ada") as ada:
        assert text_of(ada.get("/lab/label"))


def test_what_is_saved_is_a_question_set_that_the_index_knows(lab: Desk, tess: TestClient) -> None:
    found = sheet(tess)
    at = next(n for n, (_, text) in enumerate(found) if GOLD in text)
    whole = next(n for n in range(len(found)) if n != at)
    marks = {at: "2", whole: "1", **{n: "0" for n in range(len(found)) if n not in (at, whole)}}
    save(
        tess,
        filled(found, marks, key_facts="not stop", tags="plain, abrupt", note="first")
        | {f"gold:{found[at][0]}": f"{GOLD}\n"},
    )
    path = lab.folder / "set.jsonl"
    path.write_text(text_of(tess.get("/lab/label/tess.jsonl")), "utf-8")
    (question,) = read_questions([path]).questions
    assert (question.text, question.tags, question.key_facts) == (QUESTION, ("plain", "abrupt"), ("not stop",))
    assert {(gold.quote, gold.grade) for gold in question.gold} == {(GOLD, 2), (found[whole][1], 1)}
    document = lab.engine.document(question.gold[0].article_id)
    for gold in question.gold:
        text = lab.engine.document(gold.article_id).text
        assert text[gold.start : gold.end] == gold.quote
    labels = resolve([question], (), lambda article_id: lab.engine.document(article_id))
    assert not labels.broken
    assert labels.moved == 0
    assert document.id in labels.grades[Level.ARTICLE][question.id]
    (kept,) = KeptLabels(lab.folder / "index").of("tess")[0]
    assert kept.author == "tess"
    assert len(kept.judged) == len(found)
    opened = text_of(tess.post("/lab/label", data={"question": QUESTION.upper()}))
    assert "You labelled this question on" in opened
    assert grades(opened) == {ref: marks[n] for n, (ref, _) in enumerate(found)}
    assert f">{GOLD}</textarea>" in opened


@pytest.mark.parametrize(
    ("mark", "fields", "said"),
    [
        ("", {}, "Grade at least one passage as relevant"),
        ("0", {}, "Grade at least one passage as relevant"),
        ("1", {"unanswerable": "yes"}, "marked as having no answer"),
        ("2", {"gold": "words that stand nowhere"}, "does not stand in that passage"),
        ("0", {"gold": GOLD}, "not graded relevant"),
        ("", {"gold": GOLD}, "not graded relevant"),
        ("9", {}, "Grade at least one passage as relevant"),
        ("2", {"key_facts": "zebras"}, "Nothing that is marked as gold says"),
        ("2", {"key_facts": "stop ("}, "is not a regular expression"),
    ],
)
def test_what_cannot_be_a_label_is_said_and_nothing_typed_is_lost(
    lab: Desk, mark: str, fields: dict[str, str], said: str
) -> None:
    with lab.client("ada") as ada:
        found = sheet(ada)
        at = next(n for n, (_, text) in enumerate(found) if GOLD in text)
        names = {name if name != "gold" else f"gold:{found[at][0]}": value for name, value in fields.items()}
        answer = ada.post("/lab/label/save", data=filled(found, {at: mark}, note="kept in the form") | names)
        page = unescape(answer.text)
        assert answer.status_code == 422
        assert "Not saved yet." in page
        assert said in page
        assert "kept in the form" in page
        for value in fields.values():
            assert value in page
        assert KeptLabels(lab.folder / "index").of("ada") == ((), ())


def test_an_article_that_changed_meanwhile_is_not_labelled(lab: Desk) -> None:
    with lab.client("ada") as ada:
        stale = [("gabapentin|0|40|00000000", ""), ("no-such-article|0|4|00000000", "")]
        page = ada.post("/lab/label/save", data=filled(stale, {0: "2", 1: "2"})).text
        assert page.count("has changed since this page was made") == 2


def test_two_people_judge_the_same_passages_and_see_how_far_they_agree(lab: Desk, tess: TestClient) -> None:
    kept = KeptLabels(lab.folder / "index")
    if not kept.of("tess")[0]:
        found = sheet(tess)
        save(tess, filled(found, {n: "2" if n < 2 else "0" for n in range(len(found))}))
    theirs = {(p.article_id, p.start): p.grade for p in kept.of("tess")[0][0].judged}
    with lab.client("ada") as ada:
        before = text_of(ada.get("/lab/label"))
        assert QUESTION in before
        assert "labelled by tess" in before
        assert "<h2>Agreement</h2>" not in before
        page = text_of(ada.post("/lab/label", data={"question": QUESTION}))
        assert grades(page) == {}, "what the other one chose stays unsaid"
        found = passages(page)
        assert {(ref.split("|")[0], int(ref.split("|")[1])) for ref, _ in found} >= set(theirs)
        mine = {
            n: str(theirs[ref.split("|")[0], int(ref.split("|")[1])])
            for n, (ref, _) in enumerate(found)
            if (ref.split("|")[0], int(ref.split("|")[1])) in theirs
        }
        save(ada, filled(found, mine))
        same = text_of(ada.get("/lab/label"))
        assert "ada and tess" in same
        assert ">100%<" in same
        assert same.count(">1.00<") == 2
        first = next(n for n, grade in mine.items() if grade == "0")
        save(ada, filled(found, mine | {first: "2"}))
        apart = text_of(ada.get("/lab/label"))
        assert "Where ada and tess differ (1)" in apart
        assert ">1.00<" not in apart
        assert "labelled by tess" not in apart, "it waits no longer"
        ada.post("/lab/label/remove", data={"id": label_id(QUESTION)})
        assert kept.of("ada")[0] == ()
        assert kept.of("tess")[0], "one removes one's own alone"


def test_a_test_case_of_the_desk_waits_until_it_is_labelled(lab: Desk, tess: TestClient) -> None:
    root, question = lab.folder / "index", "is baclofen a muscle relaxant"
    feedback = Feedback(helpful=False, answer={"kind": "abstained", "message": "Nothing."}, question=question)
    FeedbackStore(root).add(feedback)
    CaseStore(root).make(feedback, by="sam")
    page = text_of(tess.get("/lab/label"))
    assert "a test case of the support desk" in page
    found = sheet(tess, question)
    save(tess, filled(found, {0: "1"}) | {"question": question})
    assert "a test case of the support desk" not in text_of(tess.get("/lab/label"))


def test_a_broken_line_is_named_and_hides_nothing(lab: Desk, tess: TestClient) -> None:
    path = KeptLabels(lab.folder / "index").path("zed")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("not json\n", "utf-8")
    try:
        assert "cannot be read: line 1" in text_of(tess.get("/lab/label"))
    finally:
        path.unlink()


def test_a_question_without_words_is_refused_with_its_cause(tess: TestClient) -> None:
    for path in ("/lab/label", "/lab/label/save"):
        for question in ("?!", ""):
            answer = tess.post(path, data={"question": question, "unanswerable": "yes"})
            assert answer.status_code == 422
            assert "no words" in answer.text


def test_what_was_typed_is_text(tess: TestClient) -> None:
    page = text_of(tess.post("/lab/label", data={"question": 'gabapentin "><script>x</script>'}))
    assert "<script>x" not in page


def test_no_name_leads_out_of_the_folder(lab: Desk, tess: TestClient) -> None:
    for name in ("..%2Fstate", ".lock", "%2Fetc%2Fpasswd"):
        assert tess.get(f"/lab/label/{name}.jsonl").status_code in (404, 409)
