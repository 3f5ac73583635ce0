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
        ("It completely eliminates all chronic pain.", "cures"),
        ("With it 100% of patients felt better.", "guaranteed"),
        ("It is the only pain remedy available.", "best-or-only"),
        ("It has been clinically proven to effectively alleviate pain.", "clinically-proven"),
        ("It is proven effective.", "clinically-proven"),
        ("It has virtually no serious risks.", "no-risk"),
        ("Does it work? It is completely safe.", "completely-safe"),
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
        "Is it completely safe?",
        "Is there a cure for fibromyalgia?",
        "Antibiotics can cure the infection.",
        "Surgery is done to completely remove the tumor.",
        "Early lymphoma can usually be cured.",
        "Mutations completely eliminate the function of the enzyme.",
        "Eat less cured or smoked meat.",
        "Research is aimed at finding cures for epilepsy.",
        "There are no known risk factors for this condition.",
        "These variants have no effect on risk.",
        "Many people do not have any risk factors.",
        "Many people believe that natural products are always safe.",
        "ACE inhibitors have proven effective in slowing kidney disease.",
        "Many treatments have been tried, but none has been proven effective.",
        "No one treatment works for everybody.",
        "A cure for itching that works for everyone has not been found.",
        "Genetic testing confirms the diagnosis in 100% of people.",
        "Surgery is the only treatment available for the damage.",
    ],
)
def test_a_near_miss_is_not(sentence: str) -> None:
    assert flag_claims(sentence) == ()


def test_every_flag_gives_its_reason() -> None:
    (flag,) = flag_claims("A miracle for sore knees.")
    assert flag.reason
    assert flag.matched == "miracle"
