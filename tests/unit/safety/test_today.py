"""What wants a doctor today (`today.toml`), and what can wait for the next appointment."""

from __future__ import annotations

import pytest

from medqa.safety.triage import triage
from medqa.types import SafetyLevel

TODAY = (
    "a stray dog bit my hand this evening, I washed it",
    "my knee scar is red, warm and leaking pus",
    "there was blood in my urine twice today, no pain",
    "burning when I pee, pain in my side and chills",
    "painful red eye with contacts, the light hurts",
    "blood pressure 190 over 115 on the machine, I feel fine",
    "my clonazepam is finished and the doctor is shut until Monday",
    "two weeks on lamotrigine and now a red rash on my chest, no fever",
    "one calf is swollen, red and sore since the flight",
    "knocked out a grown-up tooth, we keep it in milk",
    "tomo warfarina y me salen moretones por todas partes sin golpes",
)
NOT_TODAY = (
    "my dog bit his chew toy and broke a tooth, do people get implants like that?",
    "my scar is three years old and itchy, which cream?",
    "beetroot made my pee red today, ha. Is that harmless?",
    "can contact lenses make an eye red?",
    "my pressure was 130 over 85 at the check, is that high?",
    "gabapentin three times a day does nothing for me, why?",
    "does lamotrigine often cause a rash?",
    "both calves are sore after the marathon, ice or heat?",
    "my wisdom tooth comes out in May, what helps then?",
    "how do I prevent a wound from getting infected?",
)


@pytest.mark.parametrize("text", [*TODAY, *NOT_TODAY])
def test_what_wants_a_doctor_today_gets_an_urgent_card(text: str) -> None:
    assert (triage(text).level is SafetyLevel.URGENT) == (text in TODAY)
    assert (triage(text).level is SafetyLevel.NONE) == (text in NOT_TODAY)
