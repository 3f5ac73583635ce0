"""The real app in this process with a few shipped articles, and people who sign in to it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from html import unescape
from pathlib import Path

import httpx
from fastapi import FastAPI
from fastapi.testclient import TestClient

from medqa.config import load_settings
from medqa.engine import Engine, build_engine, index_corpus
from medqa.state import People, Role
from medqa.surfaces.web import create_app
from tests.serving import ARTICLES, ROOT

PASSWORD = "four words in a row"
TODAY = date(2026, 3, 4)
QUESTION = "can i stop gabbentine suddenly"
NAMES = {"sam": Role.STAFF, "tess": Role.TESTER, "ada": Role.ADMIN}


@dataclass
class Desk:
    app: FastAPI
    engine: Engine
    folder: Path

    @contextmanager
    def client(self, name: str = "") -> Iterator[TestClient]:
        """A browser of its own, signed in as `name`; as nobody without one. Forms are sent as our pages send them."""
        client = TestClient(self.app, follow_redirects=False, headers={"origin": "http://testserver"})
        try:  # not as a context: that would start and stop the app's own parts each time
            if name:
                signed = client.post("/sign-in", data={"name": name, "password": PASSWORD})
                assert signed.status_code == 303, signed.text
            yield client
        finally:
            client.close()


@contextmanager
def desk(folder: Path) -> Iterator[Desk]:
    corpus = folder / "corpus"
    corpus.mkdir()
    for name in ARTICLES:
        (found,) = (ROOT / "corpus").rglob(f"{name}.md")
        shutil.copy(found, corpus)
    settings = load_settings(corpus_paths=(corpus,), index_dir=folder / "index", lab={"sets": folder / "evals"})
    index_corpus(settings)
    people = People(folder / "index")
    for name, role in NAMES.items():
        people.add(name, PASSWORD, [role], actor="test")
    engine = build_engine(settings, today=lambda: TODAY)
    try:
        yield Desk(create_app(engine, settings), engine, folder)
    finally:
        engine.close()


def text_of(answer: httpx.Response) -> str:
    assert answer.status_code == 200, (answer.status_code, answer.text[:500])
    return answer.text


def picked(html: str) -> list[str]:
    """The references of the passages that a list of results shows."""
    return re.findall(r'data-ref="([^"]+)"', html)


def area(html: str, name: str) -> str:
    """The text in a text area, as a browser would give it."""
    (found,) = re.findall(rf'<textarea id="{name}"[^>]*>\n?(.*?)</textarea>', html, re.DOTALL)
    return unescape(found)
