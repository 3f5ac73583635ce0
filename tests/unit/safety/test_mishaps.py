"""Wrong doses and things swallowed at home (`mishaps.toml`): the card of the poison centre, or none."""

from __future__ import annotations

import pytest

from medqa.safety.triage import triage
from medqa.types import SafetyLevel

MISHAPS = (
    "I gave him his syrup at seven and my husband gave it again at eight, he is playing",
    "took my lisinopril, forgot, and took it again an hour later",
    "mum emptied today's and tomorrow's compartments this morning, she feels fine",
    "had about 11 tylenol since yesterday for a tooth",
    "the baby licked the diaper cream, happy as ever",
    "my nephew chewed a leaf of the plant in the hall",
    "put the ear drops in my eye by mistake, stings a bit",
    "gave tablespoons instead of teaspoons since yesterday",
    "my mother took my father's tablets by mistake, she feels well",
    "mixed bleach and vinegar in the sink, left the room, my nose tickles",
    "le di jarabe y mi esposo también le dio, está jugando",
)
HARMLESS = (
    "can I give ibuprofen if my wife already gave paracetamol at noon?",
    "my doctor gave up on injections, what else is there?",
    "I take two of them twice a day as prescribed, with food or without?",
    "how many paracetamol a day for me at 85?",
    "is it 8 hours between naproxen doses?",
    "I ate mushroom soup and my gout flared, are mushrooms bad?",
    "which cream do I rub on my knee, and can I wash it off?",
    "I brush my teeth with that toothpaste for dry mouth, does it help?",
    "took another look at my scan, what is a bulge?",
    "do eye drops help dry eyes from amitriptyline?",
    "is it true that you should never mix bleach and vinegar?",
    "I take a tablet instead of the patch now as my doctor said, when does it work?",
    "the sun burns me quicker since naproxen, pink after 15 mins",
)


@pytest.mark.parametrize("text", [*MISHAPS, *HARMLESS])
def test_a_mishap_gets_the_poison_card_and_a_question_none(text: str) -> None:
    assert (triage(text).level is SafetyLevel.POISON) == (text in MISHAPS)
    assert (triage(text).level is SafetyLevel.NONE) == (text in HARMLESS)
