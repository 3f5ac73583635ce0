from __future__ import annotations

import re
from datetime import date

import pytest

from medqa.knowledge.claims import flag_claims
from medqa.knowledge.facts import all_facts
from medqa.knowledge.lexicon import Lexicon

MUST_NOT_STOP = ["opioid", "benzodiazepine", "antidepressant", "corticosteroid", "anticonvulsant"]


def test_every_fact_has_a_source_and_its_own_id() -> None:
    facts = all_facts()
    assert len({fact.id for fact in facts}) == len(facts)
    for fact in facts:
        assert re.fullmatch(r"https?://\S+", fact.source_url)
        assert fact.checked_on <= date.today()
        assert fact.source
        assert fact.why


def test_no_fact_makes_a_claim_of_its_own_kind() -> None:
    assert [fact.id for fact in all_facts() if flag_claims(fact.text)] == []


def test_sentences_are_short() -> None:
    for fact in all_facts():
        for sentence in re.split(r"(?<=[.:;!])\s", fact.text):
            assert len(sentence.split()) <= 32, fact.id


@pytest.mark.parametrize("group", MUST_NOT_STOP)
def test_every_medicine_of_a_class_that_must_not_stop_suddenly_has_the_warning(group: str) -> None:
    for medicine in Lexicon.load().medicines.values():
        if group in medicine.classes:
            names = {medicine.name, *medicine.classes}
            assert any(f.id.endswith("-abrupt-stop") and f.concerns(names) for f in all_facts()), medicine.name
