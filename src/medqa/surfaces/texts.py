"""The words of the interface, read once from `texts.toml` and checked: a missing or unknown one is refused."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PageTexts(_Section):
    title: str
    name: str
    tagline: str
    library_link: str
    new_chat: str
    privacy: str


class WelcomeTexts(_Section):
    heading: str
    scope: str
    limits: str
    not_ready: str


class InputTexts(_Section):
    label: str
    placeholder: str
    send: str
    waiting: str


class AnswerTexts(_Section):
    speaker: str
    read_as: str
    note: str
    warnings: str
    warning_source: str
    sources_one: str
    sources_many: str
    open_source: str
    source_word: str
    next: str
    folded: str
    opens_new_tab: str


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
    other: str
    kinds: dict[str, str]
    count_articles: str
    count_reviewed: str
    count_overdue: str
    search_label: str
    search_hint: str
    search_button: str
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
    welcome: WelcomeTexts
    input: InputTexts
    answer: AnswerTexts
    abstained: AbstainedTexts
    card: CardTexts
    error: ErrorTexts
    article: ArticleTexts
    library: LibraryTexts
    missing: MissingTexts
    unready: MissingTexts
    emergency: dict[str, str]


@cache
def load_texts() -> Texts:
    """The shipped English texts."""
    source = files("medqa.surfaces").joinpath("texts.toml").read_text(encoding="utf-8")
    return Texts.model_validate(tomllib.loads(source))
