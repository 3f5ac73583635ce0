"""Absolute claims are flagged; what denies them is not."""

from __future__ import annotations

import pytest

from medqa.knowledge.claims import flag_claims


@pytest.mark.parametrize(
    ("sentence", "claim"),
    [
        ("Unlike opioids, this medicine does not carry the risk of addiction or dependence.", "no-dependence"),
        ("It is a non-addictive choice.", "no-dependence"),
        ("There is no risk of dependence with this treatment.", "no-dependence"),
        ("This treatment has no risks.", "no-risk"),
        ("It is completely safe.", "completely-safe"),
        ("A safer option for long-term pain.", "safer-option"),
        ("Our cream cures arthritis.", "cures"),
        ("It works with no side effects.", "no-side-effects"),
        ("The patch is clinically proven.", "clinically-proven"),
        ("It is 100% effective.", "guaranteed"),
        ("A miracle for sore knees.", "miracle"),
        ("It is c\u043empletely s\u200bafe.", "completely-safe"),
    ],
)
def test_a_claim_is_flagged(sentence: str, claim: str) -> None:
    assert claim in {flag.id for flag in flag_claims(sentence)}


@pytest.mark.parametrize(
    "sentence",
    [
        "There is no cure for fibromyalgia.",
        "No treatment is risk-free.",
        "It does not cure arthritis.",
        "Ibuprofen is not completely safe.",
        "No medicine is completely safe.",
        "Baclofen can cause dependence.",
        "Some people have no side effects.",
        "Nothing is guaranteed to work.",
        "It has not been clinically proven.",
        "Ask your doctor which one is safer for you.",
        "Beware of products that promise a miracle cure.",
    ],
)
def test_a_near_miss_is_not(sentence: str) -> None:
    assert flag_claims(sentence) == ()


def test_every_flag_gives_its_reason() -> None:
    (flag,) = flag_claims("A miracle for sore knees.")
    assert flag.reason
    assert flag.matched == "miracle"
