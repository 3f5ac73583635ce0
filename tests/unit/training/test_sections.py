"""What training knows of a corpus: names, subjects, and which sections answer the same."""

from __future__ import annotations

from medqa.knowledge.lexicon import Lexicon
from medqa.training.sections import TrainingCorpus, _subjects, names_of
from medqa.types import ArticleId, Document


def article(title: str, *aliases: str) -> Document:
    return Document(id=ArticleId(title), title=title, text="", sections=(), aliases=aliases)


def test_every_section_has_its_passages(corpus: TrainingCorpus) -> None:
    assert len(corpus.sections) == 18
    rows = [row for section in corpus.sections for row in section.passages]
    assert rows == list(range(len(corpus.passages)))
    for section in corpus.sections:
        for row in section.passages:
            assert corpus.passages[row].startswith(section.names[0])
            assert corpus.passages[row].endswith(corpus.bodies[row])
    assert {section.topic for section in corpus.sections} == {"causes", "symptoms", "treatment"}


def test_brands_are_names_of_a_medicine() -> None:
    names = names_of(article("Baclofen", "muscle pill"), Lexicon.load())
    assert names[:2] == ("Baclofen", "muscle pill")
    assert "Lioresal" in names


def test_articles_on_the_same_subject_are_found_by_title_and_alias() -> None:
    documents = [article("Gout"), article("gout"), article("Podagra", "Gout"), article("Asthma", "wheezing")]
    first, second, third, fourth = _subjects(documents)
    assert first == second == third != fourth


def test_keys_are_equal_for_the_same_question_about_the_same_subject(corpus: TrainingCorpus) -> None:
    assert len(set(corpus.keys().tolist())) == len(corpus.sections)  # six subjects, three topics each
