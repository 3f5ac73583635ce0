"""How the article is built: sections of its kind, headings, length, leftover HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from medqa.audit.articles import Article
from medqa.audit.findings import Finding
from medqa.audit.rules import read_table
from medqa.audit.sections import subjects_of, wanted_sections
from medqa.knowledge.folding import fold
from medqa.knowledge.reading_grade import count_words
from medqa.types import Section, Span

_HTML = re.compile(
    r"</?(?:a|b|big|blockquote|br|center|div|em|font|h[1-6]|hr|i|iframe|img|li|ol|p|script|small|span|strong|style|"
    r"sub|sup|table|tbody|td|th|thead|tr|u|ul)(?:\s[^<>]*)?/?>|&(?:[a-z]{2,8}|#\d{2,6}|#x[0-9a-f]{2,6});|<!--",
    re.IGNORECASE,
)


def check(article: Article) -> Iterator[Finding]:
    """Missing and empty sections, headings that say nothing, length, leftover HTML."""
    yield from _missing(article)
    yield from _headings(article)
    yield from _length(article)
    yield from _html(article)


def body_words(article: Article) -> int:
    """The words of the body, headings left out."""
    text = article.document.text
    return sum(count_words(block.span.of(text)) for section in article.document.sections for block in section.blocks)


def _missing(article: Article) -> Iterator[Finding]:
    there = {subject for section in article.document.sections for subject in subjects_of(section, article.kind)}
    for wanted in wanted_sections(article.kind):
        if wanted.id not in there and not wanted.optional:
            rule = "section-missing-danger" if wanted.danger else "section-missing"
            yield article.find(rule, f"No section “{wanted.name}” ({{#{wanted.id}}}).")


def _headings(article: Article) -> Iterator[Finding]:
    sections = article.document.sections
    for position, section in enumerate(sections):
        if section.heading_span is None:
            continue
        if not section.blocks and not _has_parts(sections, position):
            message = "Nothing stands below the heading."
            yield article.find("section-empty", message, section=section, span=section.heading_span)
        words = _bare(section.heading)
        if any(pattern.fullmatch(words) for pattern in _vague()):
            message = "The heading does not say what the section answers."
            yield article.find("heading-vague", message, section=section, span=section.heading_span)


def _has_parts(sections: tuple[Section, ...], position: int) -> bool:
    following = sections[position + 1 : position + 2]
    return any(section.level > sections[position].level for section in following)


def _length(article: Article) -> Iterator[Finding]:
    limits, words = article.book.limits, body_words(article)
    if not limits.words_min <= words <= limits.words_max:
        yield article.find(
            "length", f"{words:,} words in the body; {limits.words_min} to {limits.words_max:,} are wanted."
        )


def _html(article: Article) -> Iterator[Finding]:
    for tag in article.markup.tags:
        yield article.find("leftover-html", f"The file holds HTML: {tag.code}", line=tag.line)
    text = article.document.text
    for section in article.document.sections:
        lines = [block.span for block in section.blocks]
        for span in (*([section.heading_span] if section.heading_span else ()), *lines):
            match = _HTML.search(span.of(text))
            if match is not None:
                place = _sentence_around(section, span, span.start + match.start())
                yield article.find("leftover-html", f"The text shows {match.group()!r}.", section=section, span=place)


def _sentence_around(section: Section, span: Span, position: int) -> Span:
    sentences = [s for block in section.blocks for s in block.sentences]
    return next((s for s in sentences if s.start <= position < s.end), span)


def _bare(heading: str) -> str:
    return " ".join(re.findall(r"[\w'-]+", fold(heading)))


@cache
def _vague() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern) for pattern in read_table("headings.toml")["vague"])
