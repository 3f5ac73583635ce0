"""Uploads of articles that are withdrawn, and of files whose names a folder would be searched past."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from datetime import date
from html import unescape

import pytest

from medqa.engine import index_corpus
from medqa.state import ArticleState, UploadStore
from medqa.types import ArticleId
from tests.desk import Desk, desk, text_of

HEAT = "---\nid: heat\ntitle: Heat\n---\n\n## What does warmth do?\n\nWarmth relaxes muscles.\n"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk(tmp_path_factory.mktemp("uploads")) as made:
        made.engine._today = lambda: date(2027, 3, 4)
        yield made


def look(own: Desk, name: str, text: str) -> str:
    content = base64.urlsafe_b64encode(text.encode()).decode()
    with own.client("ada") as ada:
        shown = ada.post("/staff/upload", data={"name": name, "content": content, "act": "look"})
        return unescape(text_of(shown))


def test_a_kept_file_is_read_whatever_its_name(own: Desk) -> None:
    store = UploadStore(own.folder / "index")
    store.keep(ArticleId("heat"), "readme.md", HEAT.encode(), by="ada")
    assert index_corpus(own.engine.settings).added == ("heat",)
    assert index_corpus(own.engine.settings).changed is False
    store.take_back(ArticleId("heat"), reason="a trial", by="ada")
    assert index_corpus(own.engine.settings).removed == ("heat",)
    assert "heat" not in own.engine.titles()


def test_it_is_said_that_an_article_was_withdrawn(own: Desk) -> None:
    corpus = own.folder / "corpus"
    sciatica = (corpus / "sciatica.md").read_text(encoding="utf-8")
    state = ArticleState(own.folder / "index")
    state.withdraw(ArticleId("sciatica"), reason="a doubt", by="sam")
    assert "The desk withdrew sciatica (a doubt)." in look(own, "sciatica.md", sciatica)
    UploadStore(own.folder / "index").keep(ArticleId("sciatica"), "sciatica.md", sciatica.encode() + b"\n", by="ada")
    index_corpus(own.engine.settings)
    assert "sciatica" not in own.engine.titles(), "an upload restores nothing"
    UploadStore(own.folder / "index").take_back(ArticleId("sciatica"), reason="a trial", by="ada")
    state.restore(ArticleId("sciatica"), reason="mended", by="sam")

    withdrawn = re.sub(r"^status: .*$", "status: withdrawn", sciatica, flags=re.MULTILINE)
    assert withdrawn != sciatica
    (corpus / "sciatica.md").write_text(withdrawn, encoding="utf-8")
    assert "sciatica" in index_corpus(own.engine.settings).withdrawn
    page = look(own, "sciatica.md", sciatica)
    assert "In the corpus sciatica is withdrawn. With this file it would be shown again." in page
    assert "In the corpus" not in look(own, "heat.md", HEAT)
