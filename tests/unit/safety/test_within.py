"""What only sounds like a danger: a wording voids the match that it shares a word with, and no other."""

from __future__ import annotations

import pytest

from medqa.safety.triage import triage
from medqa.types import SafetyLevel

ONLY_SOUNDS = (
    "ate a whole pizza on prednisone, does the hunger stop?",
    "I ate a pint of ice cream after the breakup, is dairy bad for joints?",
    "my daughter swallowed a mouthful of pool water and is doing cartwheels, is dry drowning real?",
    "I took down a whole shelf of books and my back is stiff, heat or ice?",
    "my dog had a seizure, is gabapentin for people the same stuff?",
    "my heart stopped when I saw the bill lol. is there a generic?",
    "tomo 300 de gabapentina tres veces al día, ¿por qué me da sue\u00f1o?",
    "How many people get seizures when they stop baclofen?",
    "I know about slow breathing and pinpoint pupils. Which signs of opioid toxicity are missing on my list?",
    "how do I teach a 7 year old to swallow pills",
    "In that film the man takes a whole bottle of Tylenol and sleeps. Is that realistic?",
    "I have down days, never any thought of harming myself. Does walking help?",
)
REAL = (
    "ate a whole pizza and then took 30 tylenol",
    "she had cookies at 3 and swallowed a handful of her grandmother's pills",
    "my dog found my husband, he had a seizure and is still shaking",
    "my heart stopped twice in the ambulance last year and now I have crushing chest pain",
    "took 40 acetaminophen tablets two hours ago to end it",
    "How many did she take? She took the whole bottle of tramadol",
    "in that film the man dies of it and I just took the whole bottle too",
)


@pytest.mark.parametrize("text", [*ONLY_SOUNDS, *REAL])
def test_a_card_for_the_danger_and_none_for_what_sounds_like_it(text: str) -> None:
    level = triage(text).level
    assert level in (SafetyLevel.EMERGENCY, SafetyLevel.POISON) if text in REAL else level is SafetyLevel.NONE
