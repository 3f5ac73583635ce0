"""How people ask for what the usual sections of an article answer (``asking.toml``): searched, never shown."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache

from medqa.errors import ConfigError
from medqa.knowledge.lexicon import read_data
from medqa.types import Document

_TITLE = "{x}"


def usual_questions(kind: str, section_id: str, title: str) -> tuple[str, ...]:
    """The questions of an article's `kind` for a section of this id, about `title`; empty for an unusual section."""
    return tuple(q.replace(_TITLE, title.lower()) for q in _questions().get(kind, {}).get(section_id, ()))


def questions_of(document: Document, section_id: str) -> tuple[str, ...]:
    """What a section of an article is known to answer: the usual questions of its kind, then the article's own."""
    usual = usual_questions(document.kind, section_id, document.title)
    own = (asked.question for asked in document.asked if asked.section_id == section_id)
    return tuple(dict.fromkeys((*usual, *own)))


@cache
def asking_signature() -> str:
    """Changes with the table: an index that was made with another has to be made anew."""
    return hashlib.sha256(repr(_questions()).encode()).hexdigest()[:12]


@cache
def _questions() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    kinds = read_data("asking.toml")
    for kind, sections in kinds.items():
        for section, questions in sections.items():
            if not questions or any(not q.strip() or q.count(_TITLE) != 1 for q in questions):
                raise ConfigError(f"asking.toml: each question of {kind}.{section} has to name {_TITLE} once.")
    return {
        kind: {section: tuple(questions) for section, questions in sections.items()} for kind, sections in kinds.items()
    }
