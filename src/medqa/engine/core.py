"""The engine: the only road from a question to a reply, so that no answer can miss the safety gates."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

from medqa.answering.approved import Fault, Standing
from medqa.answering.approved_matching import Match
from medqa.answering.citations import check_citations
from medqa.config import Settings
from medqa.conversation import Standalone, standalone
from medqa.engine.approved import PERSONAL
from medqa.engine.composing import Composed, Composing
from medqa.engine.gate import SafetyGate, open_gate_model, open_settings_embedder
from medqa.engine.generality import Generality
from medqa.engine.opening import ANSWER_DEPTH, Opened, open_parts
from medqa.engine.paths import state_root
from medqa.engine.quoting import Beside, Quoting
from medqa.engine.readable import check_question, readable
from medqa.engine.replying import Replying
from medqa.engine.suggestions import example_questions
from medqa.errors import IndexMissingError, MedqaError
from medqa.index import load_libraries
from medqa.index.layout import current_build
from medqa.index.manifest import Manifest
from medqa.index.store import Place
from medqa.knowledge.intents import intents_of
from medqa.knowledge.lexicon import Lexicon
from medqa.ports import Embedder, PassageIndex
from medqa.retrieval.parts import Part, parts_of
from medqa.retrieval.query import understand
from medqa.safety.conflicts import Judge, conflicts_of
from medqa.safety.policy import disclaimer
from medqa.safety.review import ReviewState, must_mention, review_state
from medqa.state import Feedback, FeedbackReason, FeedbackStore
from medqa.timing import timed
from medqa.types import (
    Answer,
    ApprovedAnswer,
    ApprovedQuote,
    ArticleId,
    Citation,
    Document,
    Hit,
    IndexInfo,
    InterpretedQuery,
    NoAnswer,
    Redirected,
    Reply,
    SafetyVerdict,
    SafetyWarning,
    SignedReview,
    Trace,
    Turn,
)


def build_engine(settings: Settings, *, today: Callable[[], date] = date.today) -> Engine:
    """An engine that opens model and index on first need. `today` is the clock for review dates."""
    return Engine(settings, today=today)


class Engine:
    """Answers, searches and shows. Safe from several threads."""

    def __init__(self, settings: Settings, *, today: Callable[[], date] = date.today) -> None:
        self.settings = settings
        self._today = today
        self._lexicon = Lexicon.load()
        self._opening = threading.Lock()
        self._loading = threading.Lock()
        self._embedder: Embedder | None = None
        self._gate = SafetyGate(settings.safety.region, self._model, partial(open_gate_model, settings))
        self._judge = Judge(self.may_quote, self._is_overdue)
        self._parts: Opened | None = None

    # --- the way of a question -----------------------------------------------------------------------

    def triage(self, text: str, history: Sequence[Turn] = ()) -> SafetyVerdict:
        """What the safety gate says of a message and its conversation: the rules, then a second look by vector.

        Needs no index; where the model cannot be opened the rules judge alone.
        """
        return self._gate.triage(text, history)

    def standalone(self, question: str, history: Sequence[Turn]) -> Standalone:
        """A message of a conversation as a question by itself: what `ask` searches for."""
        parts = self._open()
        with parts.live.acquire() as index:
            return self._follow(question, history, parts, index)

    def _follow(self, question: str, history: Sequence[Turn], parts: Opened, index: PassageIndex) -> Standalone:
        return standalone(question, history, self._lexicon, Generality(parts.questions, index))

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Reply:
        """One reply: a cited answer, an abstention, or a safety card.

        Triage reads the whole message first, whatever its length. Raises `QuestionError` for an empty or
        too long message, and the index's own errors when there is nothing to answer from.
        """
        timings: dict[str, float] = {}
        with timed(timings, "triage"):
            verdict = self.triage(question, history)
        if verdict.redirects:
            return self._redirected(question, verdict, timings)
        check_question(question, self.settings.server.max_question_chars)
        question = readable(question)
        parts = self._open()
        with parts.live.acquire() as index:
            with timed(timings, "understand"):
                follow_up = self._follow(question, history, parts, index)
                query = self._understand(follow_up.text, index, follow_up.context)
            also = f"also searched for: {', '.join(query.terms)}" if query.terms else ""
            notes = tuple(note for note in (follow_up.note, *query.notes, also) if note)
            asked = parts_of(query.text, self._names_in)
            with timed(timings, "compose"):
                made, note = self._made(parts, index, timings, query, asked, verdict)
            interpreted = query.text if query.notes else follow_up.text
            replying = Replying(
                question, interpreted, query, history, verdict, self.settings.safety.region, index, timings
            )
            notes = (*notes, *filter(None, (note,)))
            composed, hits = made.answer, made.hits
            if isinstance(composed, NoAnswer):
                dense = self.settings.retrieval.dense
                return replying.abstained(made, composed, notes, self._warnings(query, quoted=""), by_vector=dense)
            with timed(timings, "review"):
                check_citations(composed, index, may_quote=self.may_quote)
                quoted = " ".join(sentence.text for sentence in composed.sentences)
                conflicts = conflicts_of(composed, hits, index, self._judge)
                denied = [conflict.fact_id for conflict in conflicts if conflict.fact_id]
                warnings = self._warnings(query, quoted=quoted, article=composed.citations[0].title, denied=denied)
            shown = composed
            # what warns, redirects and abstains has gone by the quotations alone; what was approved stays as approved
            if parts.rewording is not None and composed.approval is None:
                with timed(timings, "llm"):
                    reworded = parts.rewording.reword(query.text, composed)
                check_citations(reworded.answer, index, may_quote=self.may_quote)
                shown, notes = reworded.answer, (*notes, reworded.note)
            return replying.answered(made, shown, notes, warnings, conflicts)

    def search(self, query: str, k: int = 10, history: Sequence[Turn] = ()) -> tuple[Hit, ...]:
        """The best `k` passages, ranks from 1; an empty result means that nothing matched."""
        return self.looked_up(query, k, history)[1]

    def looked_up(
        self, query: str, k: int = 10, history: Sequence[Turn] = ()
    ) -> tuple[InterpretedQuery, tuple[Hit, ...]]:
        """As `search`, with the question as it was read."""
        check_question(query, self.settings.server.max_question_chars)
        parts = self._open()
        with parts.live.acquire() as index:
            said = self._follow(readable(query), history, parts, index)
            read = self._understand(said.text, index, said.context)
            return read, parts.retriever.search(read, index, k)

    def review_quotes(self, question: str, quotes: Sequence[Citation]) -> Beside:
        """What must go with `quotes` that a person picked, by what is asked (may be empty) and what they are about."""
        parts = self._open()
        with parts.live.acquire() as index:
            return Quoting(
                index,
                self._judge,
                understand=lambda text: self._understand(readable(text), index),
                search=lambda query: parts.passages.search(query, index, ANSWER_DEPTH),
                warn=self._warnings,
            ).beside(question, quotes)

    def approved_like(self, question: str, n: int = 3) -> tuple[Match, ...]:
        """The approved answers whose questions are nearest to `question`: those that would be given first."""
        check_question(question, self.settings.server.max_question_chars)
        parts = self._open()
        with parts.live.acquire() as index:
            query = self._understand(readable(question), index)
            return parts.approved.nearest(query, parts_of(query.text, self._names_in), n)

    def approved_faults(self, approved: ApprovedAnswer) -> tuple[tuple[ApprovedQuote, Fault], ...]:
        """Every quote of an approved answer that may not be given today, and why: with one, none of it is given."""
        with self._open().live.acquire() as index:
            return self._standing(index).faults(approved)

    # --- the library ---------------------------------------------------------------------------------

    def document(self, article_id: str) -> Document:
        """An article exactly as indexed. Raises `ArticleNotFoundError`."""
        with self._open().live.acquire() as index:
            return index.document(ArticleId(article_id))

    def titles(self) -> Mapping[ArticleId, str]:
        """Every article of the live index that may be shown, by id."""
        with self._open().live.acquire() as index:
            return dict(index.titles())

    def signed_reviews(self) -> Mapping[ArticleId, SignedReview]:
        """The reviews that were signed at the desk: they hold where they fit the article's words."""
        with self._open().live.acquire() as index:
            return index.signed

    def places(self) -> tuple[Place, ...]:
        """Where every passage of the live index stands, without its text."""
        with self._open().live.acquire() as index:
            return index.places()

    def manifest(self) -> Manifest:
        """What the live build was made from and with."""
        with self._open().live.acquire() as index:
            return index.manifest

    def examples(self, n: int = 4) -> tuple[str, ...]:
        """Questions that this corpus answers, from different articles."""
        with self._open().live.acquire() as index:
            return example_questions(index, n)

    def today(self) -> date:
        """The day that review dates are compared with."""
        return self._today()

    def review_state(self, document: Document) -> ReviewState:
        return review_state(document.review, self._today(), self.settings.safety.expired_after_days)

    def may_quote(self, document: Document) -> bool:
        """Whether the article's review has not expired."""
        return self.review_state(document) is not ReviewState.EXPIRED

    # --- what people leave behind ----------------------------------------------------------------------

    def leave_feedback(
        self,
        reply: Mapping[str, Any],
        *,
        helpful: bool,
        reason: FeedbackReason | None = None,
        consented: bool = False,
        feedback_id: str = "",
    ) -> str:
        """Keep what a person says of `reply` (its documented JSON), durably; returns the feedback's id.

        The question is kept only where the person `consented`. With a `feedback_id` of the surface's making a
        second click or a retry adds nothing. Raises `StateError`.
        """
        question = str(reply.get("question") or "") if consented else ""
        feedback = Feedback(helpful=helpful, answer=reply, reason=reason, question=question or None)
        if feedback_id:
            feedback = replace(feedback, id=feedback_id)
        return FeedbackStore(state_root(self.settings)).add(feedback)

    # --- running -------------------------------------------------------------------------------------

    def index_info(self) -> IndexInfo:
        with self._open().live.acquire() as index:
            return index.info

    def ready(self) -> str | None:
        """None when a question can be answered now; else why not, with the remedy."""
        try:
            self.index_info()
        except MedqaError as error:
            return str(error)
        return None

    def warm(self) -> None:
        """Opens model and index and runs one query, so that the first person does not wait."""
        self.search("pain")

    def close(self) -> None:
        with self._opening:
            if self._parts is not None:
                self._parts.close()
                self._parts = None

    # --- inside --------------------------------------------------------------------------------------

    def _open(self) -> Opened:
        with self._opening:
            if self._parts is None:
                self._parts = self._compose()
            return self._parts

    def _model(self) -> Embedder:
        """The embedding model, opened once: the safety gate needs it without an index."""
        with self._loading:
            if self._embedder is None:
                if current_build(self.settings.index_dir) is not None:
                    # opening a model is native work that leaves the interpreter free for seconds of imports
                    threading.Thread(target=load_libraries, daemon=True).start()
                self._embedder = open_settings_embedder(self.settings)
            return self._embedder

    def _compose(self) -> Opened:
        if current_build(self.settings.index_dir) is None:
            raise IndexMissingError(f"There is no index in {self.settings.index_dir}.")
        return open_parts(self.settings, self._model(), self._lexicon, self._judge)

    def _understand(self, question: str, index: PassageIndex, context: str = "") -> InterpretedQuery:
        if not self.settings.retrieval.understanding:
            return InterpretedQuery(original=question, text=question, context=context)
        searched = understand(context, self._lexicon, index.knows).searched if context else ""
        return replace(understand(question, self._lexicon, index.knows), context=searched)

    def _made(
        self,
        parts: Opened,
        index: PassageIndex,
        timings: MutableMapping[str, float],
        query: InterpretedQuery,
        asked: Sequence[Part],
        verdict: SafetyVerdict,
    ) -> tuple[Composed, str]:
        """What is to be said, with a note for the trace: an approved answer, else one composed of passages."""
        note = ""
        if verdict.intent not in PERSONAL:  # who asks for a dose of their own is answered with care, not by rote
            approved, note = parts.approved.answer(query, asked, lambda: self._standing(index))
            if approved is not None:
                return Composed(approved, ()), note
        return self._composing(parts, index, timings).answer(query, asked, index), note

    def _standing(self, index: PassageIndex) -> Standing:
        return Standing(index, self._today(), self._judge)

    def _composing(self, parts: Opened, index: PassageIndex, timings: MutableMapping[str, float]) -> Composing:
        def judge(query: InterpretedQuery, hits: tuple[Hit, ...], answer: Answer) -> Answer | NoAnswer:
            if parts.answerability is None:
                return answer
            return parts.answerability.judged(query, hits, answer, self.settings.retrieval.sure_from)

        return Composing(
            parts.composer,
            search=lambda query: parts.passages.search(query, index, ANSWER_DEPTH, timings),
            understand=lambda text: self._understand(text, index),
            judge=judge,
        )

    def _names_in(self, text: str) -> list[str]:
        return [m.name for m in self._lexicon.mentions(text) if m.kind != "class"]

    def _disclaimer(self) -> str:
        return disclaimer(self.settings.safety.region)

    def _redirected(self, question: str, verdict: SafetyVerdict, timings: MutableMapping[str, float]) -> Redirected:
        return Redirected(
            question=readable(question),
            interpreted_question=readable(question),
            safety=verdict,
            disclaimer=self._disclaimer(),
            trace=Trace(dict(timings)),
        )

    def _is_overdue(self, document: Document) -> bool:
        return self.review_state(document) in (ReviewState.OVERDUE, ReviewState.EXPIRED)

    def _warnings(
        self, query: InterpretedQuery, quoted: str, article: str = "", denied: Sequence[str] = ()
    ) -> tuple[SafetyWarning, ...]:
        """For the medicines of the question; where it names none ("can I take it ..."), of the article that answers."""
        medicines = query.medicines or tuple(m.name for m in self._lexicon.medicines_in(article))
        intents = intents_of(query.text)
        return must_mention(intents=intents, medicines=medicines, text=query.text, quoted=quoted, denied=denied)
