"""One question, one search, one article: the work behind the single commands."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from medqa.config import Settings
from medqa.engine import Engine, build_engine
from medqa.presentation import document_to_json, hit_to_json, reply_to_json
from medqa.surfaces.cli_files import print_json, read_history
from medqa.surfaces.cli_print import (
    print_document,
    print_hits,
    print_reply,
    print_titles,
)


def ask_one(settings: Settings, question: str, history: Path | None, *, as_json: bool) -> None:
    turns = read_history(history)
    with _engine(settings) as engine:
        reply = engine.ask(question, turns)
    if as_json:
        print_json(reply_to_json(reply))
    else:
        print_reply(reply)


def search_one(settings: Settings, query: str, k: int, *, as_json: bool) -> None:
    with _engine(settings) as engine:
        hits = engine.search(query, k)
    if as_json:
        print_json([hit_to_json(hit) for hit in hits])
    else:
        print_hits(hits)


def show_one(settings: Settings, article: str, *, as_json: bool) -> None:
    with _engine(settings) as engine:
        document = engine.document(article)
        state = engine.review_state(document).value
    if as_json:
        shown = document_to_json(document)
        print_json({**shown, "review": {**shown["review"], "state": state}})
    else:
        print_document(document, state)


def list_articles(settings: Settings, *, as_json: bool) -> None:
    with _engine(settings) as engine:
        titles = engine.titles()
    if as_json:
        print_json([{"id": article_id, "title": titles[article_id]} for article_id in sorted(titles)])
    else:
        print_titles(titles)


def serve_until_stopped(settings: Settings, *, refresh: bool) -> None:
    """The app, on a refreshed index or on the one that is there."""
    from medqa.surfaces import web

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    if refresh:
        web.run(settings)
        return
    with _engine(settings) as engine:
        web.serve(settings, engine)


@contextmanager
def _engine(settings: Settings) -> Iterator[Engine]:
    engine = build_engine(settings)
    try:
        yield engine
    finally:
        engine.close()
