"""Words of a rule in their everyday sense, beside the danger that the same words tell of."""

from __future__ import annotations

import pytest

from medqa.safety.triage import triage
from medqa.types import SafetyLevel

EVERYDAY = [
    "which signs mean ambulance and which mean ring the clinic for my son's pump, I care for him",
    "the doctor at the fracture clinic wrote a new word on my letter",
    "dad's kidneys are failing, do we watch for hydromorphone building up",
    "my husband mixes up his pill box, could he have it twice in a morning",
    "will the od spray hurt the bump",
    "should I stay off the road if I feel shaky on these tablets",
    "a block test before the rfa, what for",
    "what happens if my tablets are banned where I am going",
    "she gets migraines, could the knee pills be giving her the headache",
    "my wife says my driving is off",
    "how much less will I hurt after the course",
    "I can't go on tiptoe since my heel went",
    "my daughter is 16 and was given nortriptyline by the clinic",
    "one spray up the nose didn't work, how long before the second",
    "since I started it I walk like a drunk and my head is in a fog",
    "surgeon gave me percocet for later, should I take extra early",
    "the dentist gave my 13 year old daughter tylenol with codeine, is that right for her",
    "when do I pull over or call 911 on these",
    "it takes the edge off and makes me paranoid",
    "will my face stay numb after the procedure on the nerve",
    "one leg slowly gone numb, I thought it was just my fibro",
    "the balls of my feet are so puffy and I am tired",
    "blood sugars through the roof after the jab",
    "I look forward to my tablets more than I should, where do I get help",
    "I'm scared of giving mum the wrong amount",
    "the physio tapped my wrist and bent it, why",
    "just out of hospital, can I go back to my old dose",
    "stolen tablets on holiday, do I tell the police",
    "the grandchildren are staying and my celecoxib is in my handbag, where is best to put it",
    "my pump battery, how many years does it last",
    "stretching for a tight calf",
    "they gave him amitriptyline and now he fell twice",
    "I take two paracetamol four times a day and I'm 70, is that proven to hurt kidneys",
]
DANGER = [
    ("nobody would notice if I was gone, who cares", SafetyLevel.CRISIS),
    ("I wrote my letters to the kids and said goodbye to everyone", SafetyLevel.CRISIS),
    ("I have saved up my pills in a box, enough for my way out", SafetyLevel.CRISIS),
    ("what can I overdose on", SafetyLevel.CRISIS),
    ("driving I keep thinking of going off the bridge, into a tree", SafetyLevel.CRISIS),
    ("he says goodbye and keeps giving his things away", SafetyLevel.CRISIS),
    ("I can't go on", SafetyLevel.CRISIS),
    ("my daughter took my nortriptyline", SafetyLevel.EMERGENCY),
    ("gtn spray didn't help, still heavy in the arm", SafetyLevel.EMERGENCY),
    ("he took his oxycodone and got drunk, now very sleepy", SafetyLevel.EMERGENCY),
    ("call 911 please", SafetyLevel.EMERGENCY),
    ("came off his baclofen and is seeing things", SafetyLevel.EMERGENCY),
    ("her face went numb and dropped", SafetyLevel.EMERGENCY),
    ("one leg suddenly numb and weak, woke with it", SafetyLevel.EMERGENCY),
    ("my teenage son woke with a ball swollen and agony since an hour, vomiting", SafetyLevel.EMERGENCY),
    ("I took more than I should of my tablets", SafetyLevel.POISON),
    ("I gave him the wrong pills", SafetyLevel.POISON),
    ("ran out of my baclofen", SafetyLevel.URGENT),
    ("my toddler was in my handbag and the celecoxib is open, two missing", SafetyLevel.POISON),
    ("my baclofen pump is beeping", SafetyLevel.URGENT),
    ("missed my baclofen pump refill, who do I ring", SafetyLevel.URGENT),
    ("one calf is swollen", SafetyLevel.URGENT),
]


@pytest.mark.parametrize("text", EVERYDAY)
def test_everyday_words_get_no_card(text: str) -> None:
    verdict = triage(text)
    assert verdict.level is SafetyLevel.NONE, verdict.rule_id


@pytest.mark.parametrize(("text", "level"), DANGER)
def test_the_danger_beside_them_is_seen(text: str, level: SafetyLevel) -> None:
    assert triage(text).level.severity >= level.severity
