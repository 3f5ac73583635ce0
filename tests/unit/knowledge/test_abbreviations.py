"""What clinics abbreviate and people clip is read as what it stands for."""

from __future__ import annotations

import pytest

from medqa.knowledge.lexicon import Lexicon
from medqa.retrieval.query import understand


@pytest.mark.parametrize(
    ("question", "subject"),
    [
        ("FM flare what to do", "fibromyalgia"),
        ("is PLP normal years later", "phantom limb pain"),
        ("what sets off a VOC", "sickle cell pain"),
        ("how sore is a TPI afterwards", "trigger point injection"),
        ("CIPN in my hands, creams?", "nerve pain"),
        ("gaba and wine", "gabapentin"),
        ("dulox making me sweat", "duloxetine"),
        ("diclo on an empty stomach", "diclofenac"),
    ],
)
def test_a_short_form_names_its_subject(question: str, subject: str) -> None:
    read = understand(question, Lexicon.load(), lambda _: False)
    assert subject in (*read.medicines, *read.conditions)


@pytest.mark.parametrize(
    ("question", "term"),
    [("OIC what helps", "opioid constipation"), ("is 90 MME a lot", "opioid dose"), ("tid means", "times a day")],
)
def test_a_short_form_adds_what_articles_say(question: str, term: str) -> None:
    assert term in understand(question, Lexicon.load(), lambda _: False).terms


@pytest.mark.parametrize("question", ["the gas man came", "I bid you well, what is gout?", "nap after lunch"])
def test_words_that_only_look_short_name_no_medicine(question: str) -> None:
    assert not understand(question, Lexicon.load(), lambda _: True).medicines
