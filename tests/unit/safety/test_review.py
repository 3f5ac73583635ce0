"""The gate after the answer: warnings that never go missing, reviews that age by an injected clock."""

from __future__ import annotations

from datetime import date

import pytest

from medqa.knowledge.intents import intents_of
from medqa.knowledge.lexicon import Lexicon
from medqa.safety.review import ReviewState, must_mention, review_state
from medqa.types import Review


def warned(question: str, quoted: str = "") -> list[str]:
    medicines = [m.name for m in Lexicon.load().medicines_in(question)]
    found = must_mention(intents=intents_of(question), medicines=medicines, text=question, quoted=quoted)
    return [warning.id for warning in found]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Is baclofen an opioid?", ["baclofen-abrupt-stop"]),
        ("Is baclofen addictive?", ["baclofen-abrupt-stop"]),
        ("How do I stop gabapentin?", ["gabapentin-abrupt-stop"]),
        ("How do I come off oxycodone?", ["opioid-abrupt-stop"]),
        ("stopping opioids", ["opioid-abrupt-stop"]),
        ("Can I take ibuprofen with warfarin?", ["nsaid-bleeding-mix"]),
        ("oxycodone and xanax", ["opioid-sedative-mix"]),
        ("Can I take baclofen if I have kidney problems?", ["baclofen-kidney"]),
        ("is ibuprofen ok in pregnancy", ["nsaid-pregnancy"]),
        ("can I drive on flexeril", ["sedating-driving"]),
        ("what is the maximum dose of tylenol", ["acetaminophen-ceiling"]),
        ("baclofen pump refill is late", ["baclofen-pump-abrupt-stop"]),
        ("How does baclofen work?", []),
        ("What helps sciatica?", []),
    ],
)
def test_the_warnings_that_belong_to_a_question(question: str, expected: list[str]) -> None:
    assert warned(question) == expected


STOP_SLOWLY = (
    "baclofen",
    "gabapentin",
    "pregabalin",
    "oxycodone",
    "tramadol",
    "diazepam",
    "duloxetine",
    "amitriptyline",
)
HOW_TO_STOP = (
    "How do I stop {}?",
    "i want to come off {}",
    "can I quit {} cold turkey",
    "Is it ok to just stop taking {} tomorrow",
    "stopping {}",
)


@pytest.mark.parametrize("medicine", STOP_SLOWLY)
@pytest.mark.parametrize("question", HOW_TO_STOP)
def test_whoever_asks_how_to_stop_is_told_not_suddenly_whatever_the_passages_say(medicine: str, question: str) -> None:
    for quoted in ("", f"You can stop {medicine} at any time.", f"{medicine} needs no tapering."):
        assert any("abrupt-stop" in warning for warning in warned(question.format(medicine), quoted))


@pytest.mark.parametrize(
    ("question", "medicine"),
    [
        ("how do I stop baclofen", "baclofen"),
        ("I skipped my gabapentin for two days", "gabapentin"),
        ("what is the highest dose of acetaminophen", "acetaminophen"),
        ("can I take ibuprofen together with warfarin", "ibuprofen"),
        ("can I have wine with tramadol", "tramadol"),
        ("is topiramate ok when pregnant", "topiramate"),
        ("can I drive on cyclobenzaprine", "cyclobenzaprine"),
        ("baclofen with kidney disease", "baclofen"),
        ("what does an overdose of acetaminophen look like", "acetaminophen"),
        ("may children take tramadol", "tramadol"),
    ],
)
def test_every_intent_with_a_duty_to_mention_has_a_warning(question: str, medicine: str) -> None:
    assert warned(question), question
    assert warned(question, quoted=f"{medicine} works well."), "an answer about something else does not remove it"


def test_what_the_quote_says_already_is_not_said_twice_unless_it_must_be() -> None:
    assert "tramadol-seizures" in warned("what are the side effects of tramadol")
    assert "tramadol-seizures" not in warned("what are the side effects of tramadol", "It can cause seizures.")
    quoted = "Do not stop baclofen suddenly: seizures can follow."
    assert "baclofen-abrupt-stop" in warned("how do I stop baclofen", quoted)


def test_a_dangerous_reaction_overrides_the_advice_not_to_stop() -> None:
    ids = warned("should I stop sertraline, I have a spreading rash")
    assert ids[0] == "reaction-overrides-stop"
    assert not [i for i in ids if i.endswith("-abrupt-stop")]
    assert warned("can I stop carbamazepine, I have a rash")[0] == "carbamazepine-rash"
    assert warned("how do I stop sertraline") == ["antidepressant-abrupt-stop"]


def test_at_most_three() -> None:
    assert len(warned("stop skip mix alcohol kidney pregnancy overdose driving baclofen tramadol ibuprofen")) == 3


@pytest.mark.parametrize(
    ("review", "state"),
    [
        (Review(), ReviewState.UNREVIEWED),
        (Review(reviewed_on=date(2026, 1, 1)), ReviewState.UNREVIEWED),
        (Review(reviewed_on=date(2026, 1, 1), reviewed_by="Dr A", review_due_on=date(2027, 1, 1)), ReviewState.CURRENT),
        (Review(reviewed_on=date(2024, 1, 1), reviewed_by="Dr A", review_due_on=date(2026, 6, 1)), ReviewState.OVERDUE),
        (Review(reviewed_on=date(2022, 1, 1), reviewed_by="Dr A", review_due_on=date(2025, 6, 1)), ReviewState.EXPIRED),
        (Review(review_due_on=date(2025, 6, 1)), ReviewState.EXPIRED),
    ],
)
def test_review_states(review: Review, state: ReviewState) -> None:
    assert review_state(review, date(2026, 11, 22), 365) is state


def test_expiry_is_counted_in_days_past_the_due_date() -> None:
    review = Review(reviewed_on=date(2024, 1, 1), reviewed_by="Dr A", review_due_on=date(2025, 1, 1))
    assert review_state(review, date(2025, 1, 11), 10) is ReviewState.OVERDUE
    assert review_state(review, date(2025, 1, 12), 10) is ReviewState.EXPIRED
    assert review_state(review, date(2025, 1, 1), 10) is ReviewState.CURRENT
