"""Each check finds what it is for, names a remedy, and raises nothing."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from medqa import doctor
from medqa.config import EmbeddingSettings, ServerSettings, Settings
from medqa.doctor import CHECKS, Finding, Severity, examine_all
from medqa.embedding.model_files import open_model_files
from medqa.engine import index_corpus
from medqa.errors import StateError

ARTICLE = """---
id: {id}
title: {title}
written_on: 2019-01-01
reviewed_on: {reviewed}
review_due_on: {due}
reviewed_by: {by}
---

## What is {title}?

{title} is a word in a test. It means nothing.
"""


def found(check: str, settings: Settings) -> list[Finding]:
    return list(CHECKS[check](settings))


def settings_in(folder: Path, **more: object) -> Settings:
    return Settings(corpus_paths=(folder / "corpus",), index_dir=folder / "index", **more)  # type: ignore[arg-type]


def write(folder: Path, name: str, *, reviewed: str, due: str, by: str) -> None:
    (folder / "corpus").mkdir(exist_ok=True)
    text = ARTICLE.format(id=name, title=name.title(), reviewed=reviewed, due=due, by=by)
    (folder / "corpus" / f"{name}.md").write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Three articles, one in each state of review that no clock can change, and their index."""
    folder = tmp_path_factory.mktemp("doctor")
    write(folder, "signed", reviewed="2020-01-01", due="9000-01-01", by="Dr. Test")
    write(folder, "late", reviewed="2020-01-01", due="2021-01-01", by="Dr. Test")
    write(folder, "unsigned", reviewed="", due="", by="")
    settings = settings_in(folder)
    index_corpus(settings)
    return settings


def test_a_sound_installation_has_no_error(built: Settings) -> None:
    findings = examine_all(built)
    assert [f for f in findings if f.severity is Severity.ERROR] == []
    assert list(dict.fromkeys(f.check for f in findings)) == list(CHECKS)


def test_every_trouble_names_a_remedy(tmp_path: Path) -> None:
    troubled = [f for f in examine_all(settings_in(tmp_path)) if f.severity in (Severity.WARNING, Severity.ERROR)]
    assert troubled
    assert [f for f in troubled if not f.remedy] == []


def test_a_missing_index_and_a_missing_corpus_are_errors(tmp_path: Path) -> None:
    findings = {f.check: f for f in examine_all(settings_in(tmp_path))}
    assert findings["index"].severity is Severity.ERROR
    assert "medqa index" in findings["index"].remedy
    assert findings["corpus"].severity is Severity.ERROR
    assert findings["reviews"].severity is Severity.INFO


def test_the_index_is_counted(built: Settings) -> None:
    (finding,) = found("index", built)
    assert finding.severity is Severity.OK
    assert "3 articles" in finding.message


def copy_of(settings: Settings, folder: Path) -> Settings:
    """The same articles and index in a folder that a test may change."""
    shutil.copytree(settings.corpus_paths[0], folder / "corpus")
    shutil.copytree(settings.index_dir, folder / "index")
    return settings_in(folder)


def test_a_damaged_index_is_an_error(built: Settings, tmp_path: Path) -> None:
    settings = copy_of(built, tmp_path)
    (manifest,) = settings.index_dir.glob("builds/*/manifest.json")
    manifest.write_bytes(manifest.read_bytes()[:-40])
    (finding,) = [f for f in examine_all(settings) if f.check == "index"]
    assert finding.severity is Severity.ERROR
    assert "medqa index" in finding.remedy


def test_an_edited_article_and_an_unreadable_one_are_found(built: Settings, tmp_path: Path) -> None:
    settings = copy_of(built, tmp_path)
    assert [f.severity for f in found("corpus", settings)] == [Severity.OK]
    write(tmp_path, "another", reviewed="", due="", by="")
    (tmp_path / "corpus" / "empty.md").write_text("", encoding="utf-8")
    broken, changed = found("corpus", settings)
    assert (broken.severity, "empty.md" in broken.message) == (Severity.ERROR, True)
    assert (changed.severity, "1 added" in changed.message) == (Severity.WARNING, True)


def test_reviews_are_counted(built: Settings) -> None:
    by_severity = {f.severity: f for f in found("reviews", built)}
    assert "1 of 3: late" in by_severity[Severity.WARNING].message
    assert "no longer quoted" in by_severity[Severity.WARNING].message
    assert by_severity[Severity.INFO].message.startswith("1 of 3 ")
    never = built.model_copy(update={"safety": built.safety.model_copy(update={"expired_after_days": 300_000})})
    (overdue,) = [f for f in found("reviews", never) if f.severity is Severity.WARNING]
    assert "shown as overdue" in overdue.message


def test_the_bundled_model_is_the_published_one(built: Settings) -> None:
    passages, questions, gate = found("model", built)
    assert passages.severity is questions.severity is gate.severity is Severity.OK
    assert "384 dimensions" in passages.message
    assert questions.message.startswith("adapted: ")
    assert gate.message.startswith("gate: ")


def test_a_model_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, embedding=EmbeddingSettings(model="no/such-model"))
    findings = {f.check: f for f in examine_all(settings)}
    assert findings["model"].severity is Severity.ERROR
    assert "no/such-model" in findings["model"].message


def test_the_quantised_model_works(built: Settings) -> None:
    findings = found("runtime", built)
    assert len(findings) == 3, "one for passages, one for questions, one for the safety check"
    for finding in findings:
        assert finding.severity is Severity.OK
        assert " ms" in finding.message


def test_a_quantised_model_that_was_not_made_is_a_warning(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, embedding=EmbeddingSettings(cache_dir=str(tmp_path / "cache")))
    for finding in found("runtime", settings):
        assert finding.severity is Severity.WARNING
        assert "medqa index" in finding.remedy
    assert not (tmp_path / "cache").exists(), "a check makes nothing"


def test_a_model_without_a_second_look_at_safety_is_a_warning(tmp_path: Path) -> None:
    (finding,) = found("second look", settings_in(tmp_path))
    assert finding.severity is Severity.OK
    other = tmp_path / "model"
    shutil.copytree(open_model_files("bundled").folder, other, copy_function=os.symlink)
    (other / "sentence_bert_config.json").unlink()
    (other / "sentence_bert_config.json").write_text('{"max_seq_length": 128, "do_lower_case": false}', "utf-8")
    (finding,) = found("second look", settings_in(tmp_path, embedding=EmbeddingSettings(model=str(other))))
    assert finding.severity is Severity.WARNING
    assert "rules judge alone" in finding.message
    assert "safety_vectors.py" in finding.remedy


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


def test_a_port_that_is_taken_is_a_warning(tmp_path: Path, taken_port: int) -> None:
    (finding,) = found("port", settings_in(tmp_path, server=ServerSettings(port=taken_port)))
    assert finding.severity is Severity.WARNING
    assert "--port" in finding.remedy
    (free,) = found("port", settings_in(tmp_path, server=ServerSettings(port=0)))
    assert free.severity is Severity.OK


def test_the_disk_is_looked_at_where_the_index_will_be(tmp_path: Path) -> None:
    settings = Settings(index_dir=tmp_path / "not" / "yet" / "there")
    (finding,) = found("disk", settings)
    assert str(tmp_path) in finding.message
    assert not (tmp_path / "not").exists()


def test_python_and_packages_fit(tmp_path: Path) -> None:
    assert [f.severity for f in found("python", settings_in(tmp_path))] == [Severity.OK]
    assert [f.severity for f in found("packages", settings_in(tmp_path))] == [Severity.OK]


def test_an_old_processor_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "cpuinfo"
    old.write_text("processor : 0\nflags\t\t: fpu sse sse2\n", encoding="utf-8")
    monkeypatch.setattr(doctor, "CPU_INFO", old)
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    (finding,) = found("processor", settings_in(tmp_path))
    assert finding.severity is Severity.WARNING


def test_what_goes_wrong_in_a_check_is_its_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Settings) -> Iterator[Finding]:
        raise StateError("The record is damaged.")
        yield

    def forbidden(_: Settings) -> Iterator[Finding]:
        raise PermissionError(13, "Permission denied", "index")
        yield

    monkeypatch.setattr(doctor, "CHECKS", {"withdrawals": broken, "disk": forbidden})
    record, disk = examine_all(settings_in(tmp_path))
    assert (record.check, record.severity, record.message) == ("withdrawals", Severity.ERROR, "The record is damaged.")
    assert "medqa doctor" in record.remedy or "backup" in record.remedy
    assert (disk.severity, "Permission denied" in disk.message) == (Severity.ERROR, True)
