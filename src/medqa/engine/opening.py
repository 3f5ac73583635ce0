"""Opens everything that answers need: models, the index, and what reads them."""

from __future__ import annotations

from dataclasses import dataclass

from medqa.answering.answerability import WORTH_JUDGING, Answerability
from medqa.answering.extractive import ExtractiveComposer, Limits, Rules
from medqa.answering.llm.composer import Rewording
from medqa.chunking import Chunker
from medqa.config import Settings
from medqa.engine.approved import ApprovedAnswers
from medqa.engine.gate import open_question_model
from medqa.engine.paths import state_root
from medqa.engine.retrievers import open_retrievers
from medqa.engine.rewording import open_rewording
from medqa.index import Expected, LiveIndex
from medqa.knowledge.asking import asking_signature
from medqa.knowledge.claims import flag_claims
from medqa.knowledge.intents import intents_signature
from medqa.knowledge.lexicon import Lexicon
from medqa.knowledge.subjects import Subjects
from medqa.ports import Embedder, WordMatcher
from medqa.retrieval.pipeline import HybridRetriever
from medqa.safety.conflicts import Judge
from medqa.state import ApprovedStore, ArticleState

ANSWER_DEPTH = 12
"""Passages that the composer is given."""
WORDS_VERSION = "words1"
"""Changes when the text that BM25 indexes is put together in another way."""


def expected_of(embedder: Embedder, settings: Settings) -> Expected:
    """What a build must have been made with to fit these settings."""
    chunking = (
        f"{Chunker(embedder, settings.chunking.max_tokens).signature} {WORDS_VERSION} intents {intents_signature()}"
        f" asking {asking_signature()}"
    )
    return Expected(embedder=embedder.fingerprint, chunking=chunking, dim=embedder.dim)


@dataclass(frozen=True, slots=True)
class Opened:
    """`questions` reads what is searched for; `passages` is the retriever for answers: one article may give all that
    an answer needs."""

    embedder: Embedder
    questions: Embedder
    live: LiveIndex
    retriever: HybridRetriever
    passages: HybridRetriever
    composer: ExtractiveComposer
    answerability: Answerability | None
    rewording: Rewording | None
    approved: ApprovedAnswers

    def close(self) -> None:
        self.live.close()
        self.approved.close()


def open_parts(s: Settings, embedder: Embedder, lexicon: Lexicon, judge: Judge) -> Opened:
    """Raises the errors of models and of the index."""
    state = ArticleState(state_root(s))
    live = LiveIndex(s.index_dir, expected_of(embedder, s), state, signed=state.signed_reviews)
    rules = Rules(
        is_flagged=lambda sentence: bool(flag_claims(sentence)),
        subjects=Subjects(lexicon),
        may_quote=judge.may_quote,
        is_overdue=judge.is_overdue,
    )
    answerability: Answerability | None = None
    least = s.retrieval.abstain_below
    if s.retrieval.dense and s.embedding.reads_questions == "adapted" and isinstance(embedder, WordMatcher):
        answerability = Answerability(embedder, rules.subjects.without_medicines)
        least = min(least, WORTH_JUDGING)
    limits = Limits(max_sentences=s.answering.max_sentences, abstain_below=least)
    composer = ExtractiveComposer(embedder, rules, limits)
    questions = open_question_model(s, embedder)
    retriever, passages = open_retrievers(s, questions, ANSWER_DEPTH)
    rewording = open_rewording(s, embedder, lexicon)
    approved = ApprovedAnswers(ApprovedStore(state_root(s)), questions, lexicon)
    return Opened(embedder, questions, live, retriever, passages, composer, answerability, rewording, approved)
