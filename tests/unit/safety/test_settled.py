"""What was seen to is over; what may be going on now is not."""

from __future__ import annotations

import pytest

from medqa.safety.settled import is_settled, is_through
from medqa.safety.triage import triage
from medqa.types import SafetyLevel, Turn

OVER = [
    "Went to the ER Sunday for chest pain, EKG and bloods twice, all clear. How long does costochondritis last?",
    "She couldn't breathe in March, they kept her overnight and sent her home. How do I store her inhaler?",
    "I took too many Tylenol in 2019, hospital gave me an antidote, liver tests were normal. How do I read labels?",
    "he had a seizure last spring, was in the hospital two days, turned out to be the tramadol. Is codeine the same?",
    "My alarm beeped in June, they filled the pump the same day. Which tone means what?",
    "He swallowed a magnet in the summer, they took it out that night. Is an MRI ok for him now?",
    "throat swelled up after a wasp, one night in hospital, nothing since. Do pens expire?",
    "A los 50 le dio un infarto, lo operaron y ya está en casa. ¿Puede usar crema para la rodilla?",
    "The surgeon listed the signs: numbness in the saddle, losing the bladder. I have none of those. Are bridges good?",
    "Scope done, black stools stopped, discharged Tuesday, all brown again. Can an ulcer come back?",
]
NOT_OVER = [
    "they filled the pump the same day but now he is itching and has a fever",
    "Me operaron la semana pasada y hoy me falta el aire y me duele el pecho",
    "saw my doctor the same day for the chest pain, and her lips are blue",
    "no seizures since 2020 and now he is seizing and won't stop",
    "one night in hospital last week, my husband cant breathe",
    "That was in May. My chest is being crushed and I can hardly breathe.",
    "They sent me home from the ER yesterday but now the chest pain is back and my arm is numb",
    "discharged this morning, and since an hour ago I can't breathe properly",
    "All clear last week they said. Tonight I have crushing chest pain again",
    "they said everything was fine at the hospital, still my face is drooping and I can't speak",
    "was in hospital with an overdose in May, just took 30 oxycodone",
    "my bloods were normal. should I go in with this crushing chest pain?",
    "home now, and she won't wake up",
]


@pytest.mark.parametrize("text", OVER)
def test_what_was_seen_to_gets_no_card(text: str) -> None:
    assert is_settled(text)
    assert not triage(text).redirects


@pytest.mark.parametrize("text", NOT_OVER)
def test_what_may_be_going_on_gets_its_card(text: str) -> None:
    assert not is_settled(text)
    assert not is_through(text)
    assert triage(text).level in (SafetyLevel.EMERGENCY, SafetyLevel.CRISIS)


@pytest.mark.parametrize(
    "text", ["I want to kill myself, they discharged me yesterday", "sent home from hospital, I will end it all"]
)
def test_thoughts_of_suicide_are_never_settled_by_it(text: str) -> None:
    assert triage(text).level is SafetyLevel.CRISIS


def test_who_is_through_it_ends_the_card() -> None:
    history = [Turn("user", "my husband has crushing chest pain and is sweating")]
    assert triage("what can I give him?", history).level is SafetyLevel.EMERGENCY
    through = "they kept him overnight, two stents, he was discharged this week. Can he take ibuprofen?"
    assert triage(through, history).level is SafetyLevel.NONE
    assert triage("I was diagnosed with reflux last year, can he have tums?", history).level is SafetyLevel.EMERGENCY


@pytest.mark.parametrize(
    "text",
    [
        "It was in 2003 lol, should have said. Do the pens need to stay cold?",
        "That was last summer, sorry. Is riboflavin any good?",
        "oh sorry, four years ago. which exercises are safe for him?",
        "No, hace tres años. ¿Puede tomar paracetamol?",
    ],
)
def test_what_was_long_ago_ends_the_card_but_never_that_of_a_crisis(text: str) -> None:
    assert triage(text, [Turn("user", "my throat closed up from shrimp")]).level is SafetyLevel.NONE
    assert triage(text, [Turn("user", "I want to kill myself")]).level is SafetyLevel.CRISIS


@pytest.mark.parametrize(
    "text",
    [
        "it was in 2003 the first time, and now it is closing again",
        "that was last year, today it started again and I can't swallow",
        "it started an hour ago",
        "what do people take for it?",
    ],
)
def test_what_comes_back_keeps_the_card(text: str) -> None:
    assert triage(text, [Turn("user", "my throat closed up from shrimp")]).level is SafetyLevel.EMERGENCY
