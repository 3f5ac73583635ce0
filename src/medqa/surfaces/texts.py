"""The words of the interface, read once from `texts.toml` and checked: a missing or unknown one is refused.

`texts.es.toml` has them in Spanish.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

Language = Literal["en", "es"]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PageTexts(_Section):
    title: str
    description: str
    name: str
    tagline: str
    library_link: str
    clear: str
    other_language: str


class FrontTexts(_Section):
    loading: str
    no_script: str
    to_library: str


class WelcomeTexts(_Section):
    heading: str
    scope: str
    limits: str
    privacy: str
    privacy_kept: str
    not_ready: str
    articles_language: str


class InputTexts(_Section):
    label: str
    placeholder: str
    send: str
    sending: str
    waiting: str
    slow: str
    lost: str
    back: str
    again: str


class AnswerTexts(_Section):
    speaker: str
    read_as: str
    not_meant: str
    warnings: str
    warning_source: str
    sources_one: str
    sources_many: str
    quotes_one: str
    quotes_many: str
    open_source: str
    source_word: str
    reviewed: str
    not_reviewed: str
    overdue: str
    next: str
    folded: str
    opens_new_tab: str
    partly: str
    approved: str
    reworded: str
    conflict: str
    given_on: str


class ToolTexts(_Section):
    helpful_question: str
    helpful: str
    unhelpful: str
    copy_answer: str
    copied: str
    not_copied: str
    print: str
    download: str


class FeedbackTexts(_Section):
    title: str
    reason: str
    reasons: dict[str, str]
    kept: str
    consent: str
    send: str
    cancel: str
    choose: str
    thanks: str
    failed: str
    stale: str


class AbstainedTexts(_Section):
    speaker: str
    nearest: str


class CardTexts(_Section):
    emergency: str
    crisis: str
    poison: str
    urgent: str
    notice: str
    call: str
    text: str
    text_word: str
    got_help: str


class ErrorTexts(_Section):
    speaker: str
    empty: str
    too_long: str
    not_ready: str
    ours: str


class ArticleTexts(_Section):
    skip: str
    ways: str
    back: str
    library: str
    contents: str
    in_english: str
    quote_note: str
    quote_go: str
    quote_changed: str
    demonstration: str
    facts: str
    not_reviewed: str
    reviewed: str
    reviewed_by: str
    written: str
    due: str
    overdue: str
    expired: str
    grade: str
    sources: str
    seen_on: str
    no_sources: str
    unverified: str
    unverified_note: str
    original: str
    related: str
    to_top: str


class LibraryTexts(_Section):
    title: str
    lead: str
    in_english: str
    other: str
    kinds: dict[str, str]
    count_articles: str
    count_reviewed: str
    count_overdue: str
    search_label: str
    search_hint: str
    search_button: str
    narrow: str
    kind_label: str
    all_kinds: str
    topic_label: str
    all_topics: str
    review_label: str
    any_review: str
    reviewed: str
    unreviewed: str
    overdue: str
    expired: str
    found_one: str
    found_many: str
    clear: str
    matches: str
    near: str
    none: str
    pages: str
    page_of: str
    previous: str
    next: str


class MissingTexts(_Section):
    title: str
    lead: str


class Texts(_Section):
    """All texts by section; the same names as in `texts.toml`."""

    page: PageTexts
    front: FrontTexts
    welcome: WelcomeTexts
    input: InputTexts
    answer: AnswerTexts
    tools: ToolTexts
    feedback: FeedbackTexts
    abstained: AbstainedTexts
    card: CardTexts
    error: ErrorTexts
    article: ArticleTexts
    library: LibraryTexts
    missing: MissingTexts
    unready: MissingTexts
    emergency: dict[str, str]


@cache
def load_texts(language: Language = "en") -> Texts:
    """The shipped texts in that language."""
    words = _read("texts.toml")
    if language != "en":
        for section, texts in _read(f"texts.{language}.toml").items():
            words[section] |= texts
    return Texts.model_validate(words)


def _read(name: str) -> dict[str, dict[str, Any]]:
    return tomllib.loads(files("medqa.surfaces").joinpath(name).read_text(encoding="utf-8"))
