"""Facts that must be mentioned: missing, said in other words, denied; and the table itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from audit_samples import audit_of, findings, medicine

from medqa.audit.facts import section_texts
from medqa.corpus import read_corpus
from medqa.knowledge.contradictions import contradicts
from medqa.knowledge.facts import GROUPS, all_facts
from medqa.knowledge.lexicon import Lexicon

CORPUS = Path(__file__).parents[3] / "corpus"

SAYS_THEM_ALL = """
## What is baclofen? {#uses}

Baclofen is a muscle relaxant. Do not drive until you know how baclofen affects you.

## Can I stop baclofen? {#stopping}

Never stop baclofen suddenly: sudden stopping has caused seizures and hallucinations.

## What happens in an overdose? {#overdose}

An overdose of baclofen slows breathing and can bring a coma. Call 911.

## Can I drink alcohol? {#interactions}

Alcohol makes the drowsiness of baclofen worse.

## My kidneys are weak. {#kidney-liver}

With kidney disease baclofen can build up and cause confusion.

## Is it safe in pregnancy? {#pregnancy-breastfeeding}

A newborn can have withdrawal after baclofen in pregnancy.
"""

WITHOUT = {
    "baclofen-abrupt-stop": "Never stop baclofen suddenly: sudden stopping has caused seizures and hallucinations.",
    "baclofen-kidney": "With kidney disease baclofen can build up and cause confusion.",
    "baclofen-depressants": "Alcohol makes the drowsiness of baclofen worse.",
    "baclofen-overdose": "An overdose of baclofen slows breathing and can bring a coma. Call 911.",
    "baclofen-pregnancy": "A newborn can have withdrawal after baclofen in pregnancy.",
    "sedating-driving": "Do not drive until you know how baclofen affects you.",
}


def missing(folder: Path, text: str) -> set[str]:
    return {finding.fact_id for finding in findings(audit_of(folder, text), "fact-missing")}


def test_an_article_that_says_everything_in_its_own_words(tmp_path: Path) -> None:
    assert missing(tmp_path, medicine(SAYS_THEM_ALL)) == set()


@pytest.mark.parametrize("fact_id", WITHOUT)
def test_each_fact_is_missed_when_its_sentence_goes(fact_id: str, tmp_path: Path) -> None:
    assert WITHOUT[fact_id] in SAYS_THEM_ALL
    text = SAYS_THEM_ALL.replace(WITHOUT[fact_id], "Ask your pharmacist about this.")
    assert missing(tmp_path, medicine(text)) == {fact_id}


def test_a_missing_fact_brings_its_own_reason_and_source(tmp_path: Path) -> None:
    text = medicine(SAYS_THEM_ALL.replace(WITHOUT["baclofen-kidney"], "Ask first."))
    (finding,) = findings(audit_of(tmp_path, text), "fact-missing")
    fact = next(fact for fact in all_facts() if fact.id == "baclofen-kidney")
    assert (finding.reason, finding.source, finding.source_url) == (fact.why, fact.source, fact.source_url)


def test_a_fact_about_a_form_is_due_only_where_the_article_speaks_of_it(tmp_path: Path) -> None:
    assert "baclofen-pump-abrupt-stop" not in missing(tmp_path, medicine(SAYS_THEM_ALL))
    with_pump = SAYS_THEM_ALL.replace("is a muscle relaxant", "also comes in a pump")
    assert "baclofen-pump-abrupt-stop" in missing(tmp_path, medicine(with_pump))


def test_plain_text_is_about_the_medicine_of_its_title(tmp_path: Path) -> None:
    text = "Baclofen for stiff muscles\n\nBaclofen relaxes muscles. Baclofen is a tablet. Baclofen is old.\n"
    audit = audit_of(tmp_path, leaflet__txt=text)
    assert len(findings(audit, "fact-missing")) == len(WITHOUT)
    other = text.replace("Baclofen relaxes muscles. Baclofen is a tablet. Baclofen is old.", "It relaxes muscles.")
    assert not findings(audit_of(tmp_path, leaflet__txt=other), "fact-missing"), "only named in the title"


def test_an_article_of_another_kind_owes_what_its_title_raises(tmp_path: Path) -> None:
    text = medicine(SAYS_THEM_ALL.replace(WITHOUT["baclofen-abrupt-stop"], "Ask first."), title="Stopping baclofen")
    text = text.replace("kind: medicine", "kind: safety").replace(WITHOUT["baclofen-kidney"], "Ask first.")
    assert missing(tmp_path, text) == {"baclofen-abrupt-stop"}


def test_a_condition_that_names_a_medicine_owes_nothing(tmp_path: Path) -> None:
    text = medicine("## What helps? {#treatments}\n\nBaclofen may help.\n", title="Muscle cramps")
    assert missing(tmp_path, text.replace("kind: medicine", "kind: condition")) == set()


# --- denials -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sentence", "near_miss"),
    [
        ("You can stop baclofen at any time.", "Never think that you can stop baclofen at any time."),
        ("There is no need to taper.", "There may be no need to taper, but only if your doctor says so."),
        ("Stopping it causes no withdrawal.", "Nobody can promise that stopping it is without trouble."),
        ("It is fine to drink alcohol with it.", "It is not fine to drink alcohol with it."),
        ("It can safely be combined with opioids.", "Ask whether it can be combined with opioids."),
        ("It is safe in pregnancy.", "It is not known whether it is safe in pregnancy."),
        ("It is safe for people with kidney disease.", "It is not safe for people with kidney disease."),
        ("It does not affect driving.", "Do not drive until you know that it does not affect driving."),
        ("It does not carry the risk of dependence.", "That it carries no risk of dependence is a myth."),
    ],
)
def test_a_sentence_that_denies_a_fact(sentence: str, near_miss: str, tmp_path: Path) -> None:
    body = SAYS_THEM_ALL + "\n## Is there more to know about baclofen? {#storage}\n\n"
    (found,) = findings(audit_of(tmp_path, medicine(f"{body}{sentence}\n")), "fact-contradicted")
    assert found.sentence == sentence
    assert not findings(audit_of(tmp_path, medicine(f"{body}{near_miss}\n")), "fact-contradicted")


def test_a_denial_is_about_the_medicine_that_the_sentence_names() -> None:
    baclofen = ("baclofen", *Lexicon.load().classes_of("baclofen"))
    found = contradicts("You can stop it at any time.", [baclofen])
    assert [denial.fact_id for denial in found] == ["baclofen-abrupt-stop"]
    assert contradicts("You can stop it at any time.", [("acetaminophen", "analgesic")]) == ()
    assert contradicts("You can stop it at any time.", ()) == ()


@pytest.mark.parametrize(
    ("amount", "denies"),
    [
        ("8,000 mg", True),
        ("6000 mg", True),
        ("6 grams", True),
        ("4,000 mg", False),
        ("4 grams", False),
        ("3,000 mg", False),
        ("500 mg", False),
    ],
)
def test_a_ceiling_that_is_too_high(amount: str, denies: bool) -> None:
    found = contradicts(f"Adults can take up to {amount} of acetaminophen a day.", [("acetaminophen",)])
    assert bool(found) is denies


@pytest.mark.parametrize(
    ("sentence", "near_miss", "names"),
    [
        ("Children can take aspirin.", "Children can take aspirin only if a doctor says so.", {"aspirin", "nsaid"}),
        ("A rash is usually harmless.", "A rash is not harmless.", {"carbamazepine"}),
        (
            "It is safe to put a heating pad on it.",
            "It is not safe to put a heating pad on it.",
            {"fentanyl", "opioid"},
        ),
        ("Tapering is not necessary.", "Ask first whether tapering is necessary.", {"gabapentin"}),
        ("You can take an extra dose if pain returns.", "Never take an extra dose.", {"methadone", "opioid"}),
        ("It can be used for months.", "It must not be used for weeks.", {"ketorolac", "nsaid"}),
        ("The pump may be left empty.", "The pump must never be left empty.", {"baclofen"}),
        ("There is no need to call 911.", "Call 911 at once.", {"naloxone"}),
        ("It is safe with clarithromycin.", "It is not safe with clarithromycin.", {"colchicine"}),
        ("It does not raise the risk of a heart attack.", "It may raise the risk of a heart attack.", {"nsaid"}),
        ("It is not habit forming.", "It can be habit forming.", {"gabapentin"}),
        ("Ibuprofen is gentle on the stomach.", "Ibuprofen is not gentle on the stomach.", {"ibuprofen", "nsaid"}),
    ],
)
def test_further_denials(sentence: str, near_miss: str, names: set[str]) -> None:
    assert contradicts(sentence, [names])
    assert not contradicts(near_miss, [names])


@pytest.mark.parametrize(
    ("sentence", "denied"),
    [
        ("Stopping it at once is safe.", True),
        ("There is no danger in quitting it suddenly.", True),
        ("Is stopping it at once safe?", False),
        ("Stopping it at once is not safe.", False),
        ("Stopping it at once is safe only if your doctor says so.", False),
        ("Stopping it at once is safe" + " and this goes on and on" * 5 + ".", False),
    ],
)
def test_reassurance_about_a_danger_denies_it(sentence: str, denied: bool) -> None:
    assert bool(contradicts(sentence, [("baclofen", "muscle-relaxant")])) is denied


def test_a_mix_is_denied_only_where_both_sides_are_named() -> None:
    lexicon = Lexicon.load()
    oxycodone, xanax, milk = ((name, *lexicon.classes_of(name)) for name in ("oxycodone", "alprazolam", "magnesium"))
    sentence = "It is fine to take one with the other."
    assert [found.fact_id for found in contradicts(sentence, [oxycodone, xanax])] == ["opioid-sedative-mix"]
    assert contradicts(sentence, [oxycodone, milk]) == ()
    assert contradicts(sentence, [oxycodone]) == ()
    assert contradicts("Ask whether it is fine to take one with the other.", [oxycodone, xanax]) == ()


# --- the table -----------------------------------------------------------------------------------------


def test_every_medicine_with_an_article_has_a_fact_of_its_own_or_of_its_class() -> None:
    for medicine_ in Lexicon.load().medicines.values():
        if medicine_.article:
            names = {medicine_.name, *medicine_.classes}
            assert any(not fact.subjects.isdisjoint(names) for fact in all_facts()), medicine_.name


def test_order_is_importance_reactions_and_stopping_before_the_rest() -> None:
    assert GROUPS[:2] == ("reactions", "stopping")
    ids = [fact.id for fact in all_facts()]
    assert ids.index("carbamazepine-rash") < ids.index("baclofen-abrupt-stop") < ids.index("opioid-overdose")


def test_no_fact_says_what_another_says() -> None:
    texts = [fact.text for fact in all_facts()]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("fact_id", [fact.id for fact in all_facts() if fact.mentions])
def test_a_fact_is_not_found_in_a_text_about_something_else(fact_id: str) -> None:
    fact = next(fact for fact in all_facts() if fact.id == fact_id)
    assert not fact.is_mentioned_in("Take this medicine with a glass of water, at the same time each day.")


def test_the_shipped_articles_say_what_they_must() -> None:
    """Not one fact is so narrow that the article about its own medicine cannot say it."""
    reading = read_corpus([CORPUS], max_file_bytes=1 << 20)
    texts = {document.id: section_texts(document) for document in reading.documents}
    lexicon = Lexicon.load()
    unsaid = []
    for fact in all_facts():
        articles = {m.article for m in lexicon.medicines.values() if m.article and m.name in fact.subjects}
        present = [article for article in articles if article in texts]
        if fact.mentions and present and not any(fact.is_mentioned_in(t) for a in present for t in texts[a]):
            unsaid.append(fact.id)
    assert unsaid == []
