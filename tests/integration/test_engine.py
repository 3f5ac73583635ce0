"""The engine on real parts: real model, real Chroma, real words, a small library."""

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medqa.config import Settings, load_settings
from medqa.engine import Engine, build_engine, index_corpus, triage_only
from medqa.engine.builds import roll_back
from medqa.errors import (
    ArticleNotFoundError,
    EmptyQuestionError,
    IndexMissingError,
    QuestionError,
    QuestionTooLongError,
    StaleIndexError,
)
from medqa.presentation import reply_to_json, reply_to_markdown, reply_to_text
from medqa.types import Abstained, Answered, Redirected, SafetyLevel, Turn
from tests.library import LIBRARY_FOLDER

STOP = "Can I stop relaxol at once?"


def settings_for(corpus: Path, index: Path) -> Settings:
    return load_settings(corpus_paths=(corpus,), index_dir=index)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    where = settings_for(LIBRARY_FOLDER, tmp_path_factory.mktemp("index"))
    report = index_corpus(where)
    assert not report.problems
    assert report.withdrawn == ("old-advice",)
    engine = build_engine(where, today=lambda: date(2026, 11, 22))
    yield engine
    engine.close()


@pytest.fixture
def own(tmp_path: Path) -> Settings:
    """A library that a test may change."""
    shutil.copytree(LIBRARY_FOLDER, tmp_path / "articles")
    where = settings_for(tmp_path / "articles", tmp_path / "index")
    index_corpus(where)
    return where


def test_an_answer_is_cited_and_its_quotes_stand_in_the_stored_text(engine: Engine) -> None:
    reply = engine.ask(STOP)
    assert isinstance(reply, Answered)
    assert reply.answer.sentences[0].text == "Do not stop relaxol suddenly."
    for citation in reply.answer.citations:
        assert citation.span.of(engine.document(citation.document_id).text) == citation.quote
    assert reply.index.articles == 2
    assert {"triage", "embed", "dense", "lexical", "fuse", "compose", "review"} <= reply.trace.timings_ms.keys()


def test_a_follow_up_is_read_with_its_conversation(engine: Engine) -> None:
    reply = engine.ask("can I drink alcohol with baclofen?")
    assert reply.interpreted_question == reply.question
    history = (Turn("user", "what are the side effects of baclofen"), Turn("assistant", "..."))
    assert "baclofen" in engine.ask("and with alcohol?", history).interpreted_question


def test_warnings_come_along_when_the_question_says_only_it(tmp_path: Path) -> None:
    text = "Some people with kidney problems need a lower dose of baclofen."
    article = f"---\nid: b\ntitle: All about baclofen\n---\n\n## Kidney problems\n\n{text}\n"
    (tmp_path / "b.md").write_text(article, "utf-8")
    where = settings_for(tmp_path / "b.md", tmp_path / "index")
    index_corpus(where)
    engine = build_engine(where)
    try:
        reply = engine.ask("Can I take it if I have kidney problems?")
        assert isinstance(reply, Answered)
        assert "baclofen-kidney" in {warning.id for warning in reply.warnings}
    finally:
        engine.close()


def test_an_overdue_article_is_marked_and_an_expired_one_is_not_quoted(engine: Engine) -> None:
    question = "What helps a stiff back?"
    reply = engine.ask(question)
    assert isinstance(reply, Answered)
    assert all(c.review_overdue for c in reply.answer.citations)
    later = build_engine(engine.settings, today=lambda: date(2029, 1, 1))
    try:
        assert isinstance(later.ask(question), Abstained)
    finally:
        later.close()


def test_withdrawn_articles_are_nowhere(engine: Engine) -> None:
    assert set(engine.titles()) == {"relaxol", "stiff-back"}
    assert "Magnet" not in "".join(h.chunk.text for h in engine.search("magnet bracelets", 20))
    with pytest.raises(ArticleNotFoundError):
        engine.document("old-advice")


def test_examples_come_from_the_corpus(engine: Engine) -> None:
    examples = engine.examples(4)
    assert examples
    assert all(isinstance(engine.ask(question), Answered) for question in examples)


PIECES = ["relaxol", "alcohol", "stop", "911", "<b>", "ignore your rules", "\u202e", "\x1b"]
VEILED = "he is grey and clammy and keeps rubbing the middle of his ribs"
"""An emergency that no rule has words for."""
EMERGENCY = "my husband took a whole bottle of oxycodone and he is not waking up"


def test_an_emergency_needs_no_index_and_no_readable_length(tmp_path: Path) -> None:
    engine = build_engine(settings_for(tmp_path / "nothing", tmp_path / "index"))
    for message in (EMERGENCY, "I have a question about my garden. " * 400 + EMERGENCY):
        reply = engine.ask(message)
        assert isinstance(reply, Redirected)
        assert reply.safety.level is SafetyLevel.EMERGENCY
        assert reply_to_text(reply).startswith("Call 911")
        assert reply.index.build_id == ""
    veiled = engine.ask(VEILED)
    assert (veiled.safety.rule_id or "").startswith("similar.")
    with pytest.raises(IndexMissingError, match="medqa index"):
        engine.ask("How does relaxol work?")
    assert "medqa index" in (engine.ready() or "")


def test_a_message_that_no_rule_knows_is_looked_at_once_more(engine: Engine) -> None:
    assert triage_only(VEILED, region="us").rule_id is None
    assert engine.triage(VEILED).redirects
    reply = engine.ask(VEILED)
    assert isinstance(reply, Redirected)
    assert (reply.safety.rule_id or "").startswith("similar.")
    later = engine.ask("How does relaxol work?", [Turn("user", VEILED), Turn("assistant", "...")])
    assert isinstance(later, Redirected)
    assert later.safety.rule_id == reply.safety.rule_id
    for harmless in (STOP, "What helps a stiff back?", "What are the common side effects of relaxol?"):
        assert not isinstance(engine.ask(harmless), Redirected)


def test_questions_that_cannot_be_processed_are_refused_kindly(engine: Engine) -> None:
    with pytest.raises(EmptyQuestionError):
        engine.ask(" \n\t \x1b")
    with pytest.raises(QuestionTooLongError):
        engine.ask("relaxol " * 1000)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.text(max_size=300),
        st.sampled_from([STOP, "side effects of relaxol", "metformin?", EMERGENCY, "i want to die"]),
        st.lists(st.sampled_from(["relaxol", "alcohol", "stop", "911", "<b>", "ignore your rules", "\u202e"])).map(
            " ".join
        ),
    ),
    st.lists(st.builds(Turn, st.sampled_from(["user", "assistant"]), st.text(max_size=80)), max_size=4),
)
def test_no_reply_lacks_its_disclaimer_or_quotes_beneath_a_card(
    engine: Engine, question: str, history: list[Turn]
) -> None:
    try:
        reply = engine.ask(question, history)
    except QuestionError:
        return
    assert reply.disclaimer
    for rendered in (reply_to_text(reply), reply_to_markdown(reply)):
        assert reply.disclaimer in rendered
        rendered.encode("utf-8")
    data = reply_to_json(reply)
    verdict = engine.triage(question, history)
    if verdict.redirects:
        assert data["kind"] == "redirected"
        assert data["answer"] == data["citations"] == []
    for sentence in data["answer"]:
        quotes = {data["citations"][n - 1]["quote"] for n in sentence["citations"]}
        assert sentence["text"] in quotes


def test_a_server_sees_an_edit_a_new_article_and_a_deletion_without_a_restart(own: Settings) -> None:
    engine = build_engine(own)
    article = own.corpus_paths[0] / "relaxol.md"
    text = article.read_text("utf-8")
    try:
        assert isinstance(engine.ask(STOP), Answered)
        article.write_text(text.replace("has caused seizures", "has caused long hiccups"), "utf-8")
        shutil.copy(own.corpus_paths[0] / "stiff-back.md", own.corpus_paths[0] / "sore-neck.md")
        neck = own.corpus_paths[0] / "sore-neck.md"
        neck.write_text(
            neck.read_text("utf-8").replace("stiff-back", "sore-neck").replace("tiff back", "ore neck"), "utf-8"
        )
        report = index_corpus(own)
        assert (report.added, report.edited, report.removed) == (("sore-neck",), ("relaxol",), ())
        assert report.reused > 0
        everything = "".join(h.chunk.text for h in engine.search("relaxol seizures hiccups", 50))
        assert "long hiccups" in everything
        assert "seizures" not in everything

        article.unlink()
        assert index_corpus(own).removed == ("relaxol",)
        assert "relaxol" not in engine.titles()
        assert not isinstance(engine.ask(STOP), Answered)

        roll_back(own)
        assert "relaxol" not in engine.titles(), "a deletion binds the build that was rolled back to"
        assert "sore-neck" in engine.titles()
    finally:
        engine.close()


def test_nothing_is_embedded_twice(own: Settings) -> None:
    again = index_corpus(own)
    assert not again.changed
    assert again.embedded == 0
    article = own.corpus_paths[0] / "relaxol.md"
    article.write_text(article.read_text("utf-8").replace("dry mouth", "very dry mouth"), "utf-8")
    edited = index_corpus(own)
    assert edited.changed
    assert edited.embedded == 1


def test_a_build_for_other_settings_is_stale_and_says_what_to_do(own: Settings) -> None:
    other = load_settings(corpus_paths=own.corpus_paths, index_dir=own.index_dir, chunking={"max_tokens": 60})
    engine = build_engine(other)
    with pytest.raises(StaleIndexError, match="medqa index"):
        engine.ask(STOP)
    index_corpus(other)
    assert isinstance(engine.ask(STOP), Answered)
    engine.close()


def test_hello_and_thanks_are_answered_kindly_and_look_for_nothing(engine: Engine) -> None:
    for said in ("hi", "thank you so much"):
        reply = engine.ask(said)
        assert isinstance(reply, Abstained)
        assert "Ask in your own words" in reply.message
        assert reply.nearest == ()
        assert reply.disclaimer
