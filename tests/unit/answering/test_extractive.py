from collections.abc import Sequence
from pathlib import Path

import pytest

from medqa.answering.citations import check_citations, without_repeats
from medqa.answering.extractive import ExtractiveComposer, Limits, Rules
from medqa.errors import InvariantError
from medqa.knowledge.claims import flag_claims
from medqa.knowledge.lexicon import Lexicon
from medqa.knowledge.subjects import Subjects
from medqa.retrieval.pipeline import HybridRetriever, RetrievalPlan
from medqa.testing import MemoryIndex, WordEmbedder
from medqa.types import (
    Answer,
    ArticleId,
    Citation,
    CitedSentence,
    Document,
    InterpretedQuery,
    NoAnswer,
    SectionId,
    Span,
)
from tests.library import LIBRARY, chunks_of, documents_of

ARTICLE = """---
id: zorb
title: Baclofen in plain words
medicines: [baclofen]
---

Baclofen does not carry the risk of addiction or dependence, making it a safer option.

## Side effects of baclofen

Baclofen is often well borne, yet it has side effects. These include:

- drowsiness
- headache
- weak muscles

## Kidneys

Baclofen leaves the body through the kidneys. It may need a lower dose there.
"""


def compose(
    question: str, documents: Sequence[Document], *, quotable: bool = True, abstain_below: float = 0.2
) -> tuple[Answer | NoAnswer, MemoryIndex]:
    embedder = WordEmbedder()
    chunks = [chunk for document in documents for chunk in chunks_of(document)]
    index = MemoryIndex(documents, chunks, embedder)
    rules = Rules(
        is_flagged=lambda sentence: bool(flag_claims(sentence)),
        subjects=Subjects(Lexicon.load()),
        may_quote=lambda _: quotable,
        is_overdue=lambda document: document.id == "stiff-back",
    )
    composer = ExtractiveComposer(embedder, rules, Limits(abstain_below=abstain_below))
    query = InterpretedQuery(original=question, text=question)
    hits = HybridRetriever(embedder, RetrievalPlan(max_per_article=12)).search(query, index, 12)
    return composer.compose(query, hits, index), index


@pytest.fixture
def article(tmp_path: Path) -> list[Document]:
    (tmp_path / "zorb.md").write_text(ARTICLE, "utf-8")
    return documents_of(tmp_path)


def texts(answer: Answer | NoAnswer) -> list[str]:
    assert isinstance(answer, Answer)
    return [sentence.text for sentence in answer.sentences]


def test_a_question_for_a_list_gets_the_list_with_its_lead_in() -> None:
    answer, _ = compose("What are the common side effects of relaxol?", LIBRARY)
    assert texts(answer)[:5] == [
        "Common side effects of relaxol include:",
        "sleepiness",
        "dry mouth",
        "a headache that passes within ½ day",
        "weak legs",
    ]


def test_every_quote_is_what_the_article_says_there() -> None:
    for question in ("What are the side effects of relaxol?", "What helps a stiff back?", "Can I stop relaxol?"):
        answer, index = compose(question, LIBRARY)
        assert isinstance(answer, Answer)
        for sentence in answer.sentences:
            for citation in sentence.citations:
                assert citation.span.of(index.document(citation.document_id).text) == citation.quote == sentence.text


def test_a_question_without_a_list_gets_the_item_and_its_lead_in_alone() -> None:
    answer, _ = compose("does relaxol give you a dry mouth", LIBRARY)
    assert "dry mouth" in texts(answer)
    assert "weak legs" not in texts(answer)


def test_a_claim_is_never_quoted(article: list[Document]) -> None:
    answer, _ = compose("Does baclofen carry a risk of addiction or dependence?", article)
    if isinstance(answer, Answer):
        assert not any("does not carry the risk" in text for text in texts(answer))


def test_a_subject_that_no_sentence_names_is_not_answered_from_its_neighbours(article: list[Document]) -> None:
    answer, _ = compose("Is baclofen an opioid?", article)
    assert isinstance(answer, NoAnswer)
    answer, _ = compose("What are the side effects of metformin?", article)
    assert isinstance(answer, NoAnswer)


def test_a_lead_in_that_points_back_brings_its_sentence_along(article: list[Document]) -> None:
    answer, _ = compose("What are the side effects of baclofen?", article)
    assert "Baclofen is often well borne, yet it has side effects. These include:" in texts(answer)


def test_it_is_explained_in_the_context_and_never_in_the_quote(article: list[Document]) -> None:
    answer, _ = compose("does baclofen need a lower dose for the kidneys", article)
    assert isinstance(answer, Answer)
    for sentence in answer.sentences:
        assert not sentence.text.startswith("It ") or sentence.context == "Baclofen"


def test_weak_evidence_is_no_answer() -> None:
    answer, _ = compose("What is the capital of France?", LIBRARY, abstain_below=0.5)
    assert isinstance(answer, NoAnswer)


def test_an_article_that_may_not_be_quoted_is_not() -> None:
    answer, index = compose("Can I stop relaxol?", LIBRARY, quotable=False)
    assert isinstance(answer, NoAnswer)
    answer, index = compose("Can I stop relaxol?", LIBRARY)
    assert isinstance(answer, Answer)
    with pytest.raises(InvariantError, match="expired"):
        check_citations(answer, index, may_quote=lambda _: False)
    check_citations(answer, index, may_quote=lambda _: True)


def test_an_overdue_review_is_marked() -> None:
    answer, _ = compose("What helps a stiff back?", LIBRARY)
    assert isinstance(answer, Answer)
    assert all(c.review_overdue for c in answer.citations if c.document_id == "stiff-back")
    assert any(c.document_id == "stiff-back" for c in answer.citations)


def test_under_a_heading_that_asks_the_same_the_first_sentence_comes_along() -> None:
    answer, _ = compose("Can I drink alcohol with relaxol? Can it slow breathing?", LIBRARY)
    assert texts(answer)[0] == "Do not drink alcohol while you take relaxol."


def test_the_same_words_in_two_articles_are_one_sentence_with_two_citations(tmp_path: Path) -> None:
    for name in ("one", "two"):
        body = f"---\nid: {name}\ntitle: Baclofen {name}\n---\n\n## Alcohol\n\nAvoid alcohol while taking baclofen.\n"
        body += f"\nThis is article {name}.\n"
        (tmp_path / f"{name}.md").write_text(body, "utf-8")
    answer, _ = compose("Can I drink alcohol with baclofen?", documents_of(tmp_path))
    assert isinstance(answer, Answer)
    assert texts(answer) == ["Avoid alcohol while taking baclofen."]
    assert [c.document_id for c in answer.sentences[0].citations] in (["one", "two"], ["two", "one"])


def test_a_sentence_that_a_longer_quote_holds_is_left_out() -> None:
    text = "Take it slowly. It helps."
    pair = CitedSentence(text, (_citation(text, 0),))
    alone = CitedSentence("It helps.", (_citation("It helps.", 16),))
    assert without_repeats([alone, pair]) == [pair]
    assert without_repeats([alone]) == [alone]


def _citation(quote: str, start: int) -> Citation:
    span = Span(start, start + len(quote))
    return Citation(ArticleId("a"), "A", SectionId("s"), "S", span, quote, "", None, False)


def test_no_passages_no_answer() -> None:
    answer, _ = compose("anything", [])
    assert isinstance(answer, NoAnswer)
