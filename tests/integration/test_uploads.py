"""An article uploaded at the desk: what it would change, who may keep it, and what a build makes of it."""

from __future__ import annotations

import base64
import io
import re
import time
import zipfile
from collections.abc import Iterator
from datetime import date
from html import unescape
from pathlib import Path

import httpx
import pytest

from medqa.audit.apart import Read, read_apart
from medqa.engine import index_corpus
from medqa.errors import InputFileError
from medqa.state import AuditTrail, UploadStore
from medqa.types import ArticleId
from tests.desk import Desk, desk, text_of

SENTENCE = "A purple ribbon on the pump card shows that baclofen is in it."


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk(tmp_path_factory.mktemp("uploads")) as made:
        made.engine._today = lambda: date(2027, 3, 4)  # a day after the articles were written
        yield made


def baclofen(own: Desk) -> str:
    return (own.folder / "corpus" / "baclofen.md").read_text(encoding="utf-8")


def edited(own: Desk) -> str:
    """With a section more."""
    return baclofen(own).replace(
        "\n## ", f"\n## What does the purple ribbon on the pump card mean?\n\n{SENTENCE}\n\n## ", 1
    )


def send(own: Desk, who: str, name: str, data: bytes, **fields: str) -> httpx.Response:
    content = base64.urlsafe_b64encode(data).decode()
    with own.client(who) as client:
        return client.post("/staff/upload", data={"name": name, "content": content, "act": "look", **fields})


def kept(own: Desk, text: str, name: str = "baclofen.md") -> None:
    page = text_of(send(own, "ada", name, text.encode()))
    (sum_,) = re.findall(r'name="sum" value="([0-9a-f]+)"', page)
    assert send(own, "ada", name, text.encode(), act="keep", sum=sum_).status_code == 303


def test_the_whole_way_from_a_file_to_an_answer_and_back(own: Desk) -> None:
    page = unescape(text_of(send(own, "sam", "baclofen.md", edited(own).encode())))
    assert "What changes in “Baclofen”" in page
    assert "<ins>" in page
    assert SENTENCE in page
    assert UploadStore(own.folder / "index").list() == (), "to look keeps nothing"
    assert "Keep it for the next build" not in page, "that is for admins"
    kept(own, edited(own))
    assert own.engine.document("baclofen").text.find(SENTENCE) == -1, "served is what is built"
    report = index_corpus(own.engine.settings)
    assert report.replaced == ("baclofen",)
    assert "baclofen" in report.edited
    assert not report.problems
    assert index_corpus(own.engine.settings).changed is False
    best = own.engine.search("what does the purple ribbon on the pump card mean")[0]
    assert SENTENCE in best.chunk.text
    with own.client("ada") as ada:
        assert "baclofen.md" in text_of(ada.get("/staff/upload"))
        back = ada.post("/staff/upload", data={"act": "take-back", "article": "baclofen", "reason": "a trial"})
        assert back.status_code == 303
    index_corpus(own.engine.settings)
    assert SENTENCE not in own.engine.document("baclofen").text
    acts = [entry.action for entry in AuditTrail(own.folder / "index").entries(limit=2)]
    assert acts == ["upload taken back", "article uploaded"]


def test_a_new_article_comes_and_goes_with_its_upload(own: Desk) -> None:
    text = re.sub(r"^id: .*$", "id: ribbon", edited(own), flags=re.MULTILINE)
    text = re.sub(r"^title: .*$", "title: Ribbons", text, flags=re.MULTILINE)
    assert "A new article: “Ribbons”" in text_of(send(own, "ada", "any name.md", text.encode()))
    kept(own, text)
    assert index_corpus(own.engine.settings).added == ("ribbon",)
    assert own.engine.document("ribbon").title == "Ribbons"
    UploadStore(own.folder / "index").take_back(own.engine.document("ribbon").id, reason="a trial", by="ada")
    assert index_corpus(own.engine.settings).removed == ("ribbon",)


def test_only_what_was_shown_is_kept_and_only_by_admins(own: Desk) -> None:
    shown = text_of(send(own, "ada", "baclofen.md", edited(own).encode()))
    (sum_,) = re.findall(r'name="sum" value="([0-9a-f]+)"', shown)
    other = edited(own).replace("purple", "green").encode()
    assert send(own, "ada", "baclofen.md", other, act="keep", sum=sum_).status_code == 409
    assert send(own, "sam", "baclofen.md", edited(own).encode(), act="keep", sum=sum_).status_code == 409
    assert send(own, "tess", "baclofen.md", edited(own).encode(), act="keep", sum=sum_).status_code == 403
    assert send(own, "", "baclofen.md", edited(own).encode(), act="keep", sum=sum_).status_code == 401
    assert UploadStore(own.folder / "index").list() == ()


def _bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("word/document.xml", b"<a>" + b" " * 80_000_000 + b"</a>")
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("a.exe", b"MZ", "Files of this kind are not taken"),
        ("a.jsonl", b"{}", "Files of this kind are not taken"),
        ("a.md", b"  \n ", "There is no article"),
        ("a.md", b"---\nid: [\n---\nText.", "cannot be kept"),
        ("bomb.docx", _bomb(), "cannot be"),
        ("a.docx", b"PK\x03\x04nothing", "cannot be kept"),
        ("a.pdf", b"%PDF-1.7 \x00\xff", "cannot be kept"),
        ("a.md", b"\x00\x01\x02\x00" * 99, "cannot be kept"),
        ("a.md", b"x" * 5_000_001, "more than 5 MB"),
    ],
)
def test_what_is_no_article_is_refused_by_name(own: Desk, name: str, data: bytes, why: str) -> None:
    answer = send(own, "ada", name, data)
    assert why in answer.text
    assert "Keep it for the next build" not in answer.text


def test_hostile_names_and_scripts_do_no_harm(own: Desk) -> None:
    html = b"<h1>Ribbons</h1><h2>What?</h2><p>Words <script>alert(1)</script><img src=x onerror=alert(2)></p>"
    page = text_of(send(own, "ada", "../../etc/..\\passwd.html", html))
    assert "<script>alert" not in page
    assert "onerror=alert(2)>" not in page
    assert re.findall(r'name="name" value="([^"]*)"', page) in ([], ["passwd.html"])
    with own.client("ada") as ada:
        broken = ada.post("/staff/upload", data={"name": "a.md", "content": "%%%", "act": "look"})
        assert "damaged" in broken.text
        pasted = ada.post("/staff/upload", data={"text": edited(own), "act": "look"})
        assert "What changes in “Baclofen”" in unescape(pasted.text)


def slow(*_: object) -> Read:
    time.sleep(60)
    return Read("a.md", None)


def greedy(*_: object) -> Read:
    return Read("a.md", None, (str(len(bytearray(6 << 30))),))


def test_a_reader_that_hangs_or_eats_memory_is_ended() -> None:
    with pytest.raises(InputFileError, match="too long"):
        read_apart("a.md", b"x", max_bytes=9, today=date(2026, 1, 1), expired_after_days=1, longest_s=6, read=slow)
    with pytest.raises(InputFileError, match="too much memory"):
        read_apart("a.md", b"x", max_bytes=9, today=date(2026, 1, 1), expired_after_days=1, read=greedy)


def test_what_is_kept_is_written_out_anew_whatever_became_of_the_folder(tmp_path: Path) -> None:
    store = UploadStore(tmp_path)
    assert store.write_out() is None
    store.keep(ArticleId("heat"), "heat.md", b"one", by="ada")
    store.keep(ArticleId("heat"), "warm.txt", b"two", by="ada")
    folder = store.write_out()
    assert folder is not None
    (folder / "heat" / "warm.txt").write_bytes(b"changed by hand")
    (folder / "stray").mkdir()
    (folder / "notes.txt").write_text("put here by hand")
    assert store.write_out() == folder
    assert {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.*")} == {
        "heat/warm.txt": b"two"
    }
