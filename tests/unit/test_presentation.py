import json
from datetime import date

import pytest

from medqa.errors import InvariantError
from medqa.presentation import (
    escape_markdown,
    reply_to_json,
    reply_to_markdown,
    reply_to_text,
    review_note,
)
from medqa.types import (
    NO_SAFETY_CONCERN,
    Abstained,
    Answer,
    Answered,
    ArticleId,
    Citation,
    CitedSentence,
    Redirected,
    SafetyLevel,
    SafetyVerdict,
    SafetyWarning,
    SectionId,
    Span,
)


def citation(quote: str, start: int = 0, reviewed: date | None = None, overdue: bool = False) -> Citation:
    return Citation(
        document_id=ArticleId("relaxol"),
        title="Relaxol",
        section_id=SectionId("uses"),
        section="What is it for?",
        span=Span(start, start + len(quote)),
        quote=quote,
        url="https://example.org/relaxol",
        reviewed_on=reviewed,
        review_overdue=overdue,
    )


FIRST = citation("Relaxol relaxes muscles.", 10, date(2026, 1, 2), overdue=True)
SECOND = citation("a dry mouth", 80)
ANSWERED = Answered(
    question="what is relaxxol for",
    interpreted_question="what is relaxol for",
    safety=NO_SAFETY_CONCERN,
    disclaimer="This is not medical advice.",
    warnings=(SafetyWarning("relaxol-stop", "Do not stop relaxol suddenly.", "A label", "https://example.org/label"),),
    suggestions=("Can I drink alcohol with relaxol?",),
    answer=Answer(
        (
            CitedSentence(FIRST.quote, (FIRST,)),
            CitedSentence(SECOND.quote, (SECOND,), list_item=True),
            CitedSentence("It helps.", (citation("It helps.", 120), FIRST), context="Relaxol"),
        )
    ),
)


def test_json_numbers_citations_in_order_of_first_use() -> None:
    data = json.loads(json.dumps(reply_to_json(ANSWERED)))
    assert data["kind"] == "answered"
    assert [s["citations"] for s in data["answer"]] == [[1], [2], [3, 1]]
    assert [c["n"] for c in data["citations"]] == [1, 2, 3]
    assert data["citations"][0]["reviewed_on"] == "2026-01-02"
    assert data["citations"][0]["review_overdue"] is True
    assert data["citations"][1]["reviewed_on"] == ""
    assert data["answer"][2]["context"] == "Relaxol"
    assert data["generator"] == "extractive"


def test_every_form_holds_answer_sources_dates_warning_and_disclaimer() -> None:
    for rendered in (reply_to_text(ANSWERED), reply_to_markdown(ANSWERED)):
        for part in (
            "Relaxol relaxes muscles. [1]",
            "- a dry mouth [2]",
            "[Relaxol] It helps. [3][1]",
            "reviewed 2026-01-02, review overdue",
            "not clinically reviewed",
            "Do not stop relaxol suddenly.",
            "This is not medical advice.",
            "Read as: what is relaxol for",
        ):
            assert part in rendered, part


def test_a_card_stands_first_and_quotes_nothing() -> None:
    card = Redirected(
        question="q",
        interpreted_question="q",
        safety=SafetyVerdict(SafetyLevel.EMERGENCY, "chest-pain", "**Call 911 now.**"),
        disclaimer="This is not medical advice.",
    )
    assert reply_to_text(card).startswith("Call 911 now.")
    assert reply_to_markdown(card).startswith("**Call 911 now.**")
    data = reply_to_json(card)
    assert data["kind"] == "redirected"
    assert data["answer"] == data["citations"] == []
    assert data["safety"] == {
        "level": "emergency",
        "rule_id": "chest-pain",
        "message": "**Call 911 now.**",
        "intent": None,
    }


def test_an_abstention_names_the_nearest_topics() -> None:
    reply = Abstained(
        question="q",
        interpreted_question="q",
        safety=NO_SAFETY_CONCERN,
        disclaimer="This is not medical advice.",
        message="I could not find this.",
        nearest=((ArticleId("relaxol"), "Relaxol", "What is it for?"),),
    )
    assert "- Relaxol: What is it for?" in reply_to_text(reply)
    assert reply_to_json(reply)["nearest"][0]["article_id"] == "relaxol"


def test_markdown_in_a_quote_is_shown_and_not_obeyed() -> None:
    assert escape_markdown("2*3 <b>_x_</b> [a](http://b)") == "2\\*3 \\<b\\>\\_x\\_\\</b\\> [a]\\(http://b)"


def test_review_notes() -> None:
    assert review_note(None, overdue=False) == "not clinically reviewed"
    assert review_note(date(2026, 1, 2), overdue=True) == "reviewed 2026-01-02, review overdue"


def test_impossible_values_cannot_be_made() -> None:
    with pytest.raises(InvariantError):
        CitedSentence("no source", ())
    with pytest.raises(InvariantError):
        Answer(())
    with pytest.raises(InvariantError):
        citation("abc").__class__(**{**_fields(citation("abc")), "span": Span(0, 2)})
    with pytest.raises(InvariantError):
        Redirected(question="q", interpreted_question="q", safety=NO_SAFETY_CONCERN, disclaimer=" ")


def _fields(value: Citation) -> dict[str, object]:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}
