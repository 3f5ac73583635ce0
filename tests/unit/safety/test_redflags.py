"""Emergencies told without their name (`redflags.toml`): new wordings of each kind, and what only looks like them."""

from __future__ import annotations

import pytest

from medqa.safety.triage import triage
from medqa.types import SafetyLevel

TOLD = (
    "35 weeks, splitting headache, spots before my eyes and my wedding ring is stuck",
    "she had chemo on Monday and now her temperature is 38.4",
    "I had my appendix out last week and I'm shivering so hard the bed shakes",
    "something ripped between my shoulder blades suddenly and I feel faint",
    "Mum talked gibberish for ten minutes this morning, she is fine again",
    "he keeps dropping the cup and his words come out muddled",
    "she fell off her bike, has been sick three times and keeps asking the same question",
    "her puffer isn't helping, she can only say two words and her ribs suck in",
    "my left testicle has hurt so badly for two hours, I threw up",
    "touched a live wire at work, got thrown and my heart is skipping",
    "everybody in the house has a headache, the cat is staggering and the boiler smells",
    "oil burn on my hand, the skin is white and doesn't hurt",
    "my ex had his hands around my neck last night and my voice is hoarse",
    "my sister thinks her baby was replaced by a copy and hasn't slept for days",
    "coughed up a cup of blood just now",
    "her water broke and a loop of cord is hanging out",
    "type 1, took insulin but didn't eat, all sweaty and seeing double",
    "pulse is 33 and I keep blacking out",
    "on haloperidol since May, stiff as a plank, hot and silent today",
    "drank the insect spray by mistake, drooling with tiny pupils",
    "my legs stopped working this morning and I can't tell when I pee",
    "purple spots on his belly that don't fade under a glass, he is hot and floppy",
    "my foot turned white and cold an hour ago and it's numb",
    "belly like a drum for two days and vomiting brown stuff",
    "my little girl may have swallowed a round battery",
    "stepped on a rusty nail on Monday, now her jaw locks and her back arches",
    "mi tía siente una losa en el pecho, suda frío y tiene la mandíbula dura",
)
LOOKS_LIKE_IT = (
    "pregabs and copd, can I stop breathing in my sleep?",
    "I snore and stop breathing at night, should the surgeon know?",
    "put my first patch on yesterday and I feel nothing, is it not working?",
    "will I hurt more after surgery because I smoke?",
    "what's a trigger point, my masseuse keeps going on about them",
    "what is hospice care and does it mean my wife is dying?",
    "which reactions need an ambulance?",
    "do I need tests for my legs seizing up?",
    "blister pack or pill box for mum's tablets?",
    "had my norco at six, can I take extra strength tylenol?",
    "piles are bleeding after my baby, do creams work?",
    "what exactly counts as a thunderclap headache?",
    "30 weeks and my hands are stiff in the morning, is carpal tunnel common?",
    "I finished chemo two years ago, is ibuprofen fine for my knee?",
    "tore my calf muscle in spring, is it normal that it's tight?",
    "autocorrect makes me write gibberish today lol. Does magnesium help cramps?",
    "I keep dropping my phone since the carpal tunnel splint came off, normal?",
    "which inhaler technique is right, breathe in slowly or fast?",
    "tennis ball massage hurts so badly, am I doing it right?",
    "the electrician fixed the wire, is a TENS unit safe with it?",
    "are gas fires bad for asthma?",
    "burning pain in my feet at night, the skin looks white",
    "my neck hurts since I choked up at the funeral, ha, tension I guess",
    "the devil is in the detail with baby aspirin, what does it say on the label?",
    "no blood when I cough, just phlegm for a week",
    "my hand goes numb when the baby sleeps on it",
    "my meter reads 105 fasting, is that a normal sugar?",
    "resting heart rate of 58, is that low for a runner?",
    "the bug spray smells, can it trigger a migraine?",
    "my legs fall asleep when I sit on the toilet too long with my phone",
    "age spots on my hands don't go away, is there a cream?",
    "Raynaud's: my fingers go white and cold in winter, what helps?",
    "my belly is bloated and tight before my period as always",
    "which battery does the pump have and how long does it last?",
    "my jaw locks when I yawn and my back is stiff, is that TMJ?",
)


@pytest.mark.parametrize("text", [*TOLD, *LOOKS_LIKE_IT])
def test_what_is_seen_is_enough_and_what_looks_like_it_is_not(text: str) -> None:
    assert (triage(text).level is SafetyLevel.EMERGENCY) == (text in TOLD)
    assert (triage(text).level is SafetyLevel.NONE) == (text in LOOKS_LIKE_IT)
