from __future__ import annotations

import pytest

from medqa.knowledge.intents import intents_of, known_intents


@pytest.mark.parametrize(
    ("question", "intent"),
    [
        ("How do I stop gabapentin?", "stop"),
        ("coming off opioids", "stop"),
        ("I missed a dose of baclofen", "skip"),
        ("What is the maximum dose of acetaminophen a day?", "dose"),
        ("Can I take ibuprofen with warfarin?", "mix"),
        ("can I drink wine with it", "alcohol"),
        ("is it safe while breastfeeding", "pregnancy"),
        ("Can I drive?", "driving"),
        ("Can I take it if I have kidney problems?", "kidney"),
        ("fatty liver and tylenol", "liver"),
        ("signs of an overdose", "overdose"),
        ("can my child take it", "child"),
        ("Is baclofen an opioid?", "dependence"),
        ("What are the side effects of tramadol?", "side-effects"),
        ("How does baclofen work?", "how-it-works"),
        ("what is gabapentin used for", "uses"),
    ],
)
def test_an_intent_is_seen(question: str, intent: str) -> None:
    assert intent in intents_of(question)
    assert intent in known_intents()


@pytest.mark.parametrize(
    ("question", "intent"),
    [
        ("what stops the pain of sciatica, how to stop pain", "stop"),
        ("should I drink more water with gout", "alcohol"),
        ("neck pain after a car accident", "driving"),
        ("How do opioids work?", "dependence"),
    ],
)
def test_a_near_miss_is_not(question: str, intent: str) -> None:
    assert intent not in intents_of(question)
