"""How the text reads: its grade, the length of sentences and paragraphs, words that need an explanation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from medqa.audit.articles import Article
from medqa.audit.findings import Finding
from medqa.audit.rules import read_table
from medqa.errors import ConfigError
from medqa.knowledge.folding import fold
from medqa.knowledge.lexicon import Lexicon
from medqa.knowledge.reading_grade import TextSize, count_words, measure
from medqa.types import BlockKind, Section

_WORD = re.compile(r"[^\W\d_]+")
_EXPLAINS = (
    r"(?:\(|,? (?:or|also called|also known as|that is|which is|which means|meaning)\b|[—–:]|"
    r" (?:means?|is|are) (?:when|a|an|the|any|very|too|another|medicines?|pain|when)\b)"
)


@dataclass(frozen=True, slots=True)
class Jargon:
    """A technical word. `plain`: what to write; `explained`: wordings beside it that count as an explanation."""

    term: str
    plain: str
    pattern: re.Pattern[str]
    explained: re.Pattern[str]


def check(article: Article) -> Iterator[Finding]:
    """Grades, long sentences and paragraphs, jargon."""
    yield from _grades(article)
    yield from _lengths(article)
    yield from _jargon(article)


def names_in(article: Article) -> frozenset[str]:
    """The words of the medicines' names in the article, lower case."""
    mentions = Lexicon.load().medicines_in(article.document.text)
    return frozenset(word.lower() for mention in mentions for word in _WORD.findall(mention.surface))


def size_of(article: Article, names: frozenset[str] = frozenset()) -> TextSize:
    """The body, without its headings, in counts."""
    text = article.document.text
    return measure((span.of(text) for _, _, span in article.sentences()), names)


def section_sizes(article: Article, names: frozenset[str]) -> Iterator[tuple[Section, TextSize]]:
    """Each section that is long enough to be graded by itself, in counts."""
    text = article.document.text
    for section in article.document.sections:
        size = measure(_sentences(section, text), names)
        if size.words >= article.book.limits.grade_min_words:
            yield section, size


def _sentences(section: Section, text: str) -> Iterable[str]:
    return (span.of(text) for block in section.blocks for span in block.sentences)


def _grades(article: Article) -> Iterator[Finding]:
    limits, names = article.book.limits, names_in(article)
    whole = size_of(article, names).grade
    if whole is not None and whole > limits.grade_article:
        yield article.find("grade-article", f"Grade {whole:.1f}; {limits.grade_article:g} or lower is wanted.")
    for section, size in section_sizes(article, names):
        if size.grade is not None and size.grade > limits.grade_section:
            message = f"Grade {size.grade:.1f} over {size.words} words; {limits.grade_section:g} or lower is wanted."
            yield article.find("grade-section", message, section=section)


def _lengths(article: Article) -> Iterator[Finding]:
    limits, text = article.book.limits, article.document.text
    for section, _, sentence in article.sentences():
        words = count_words(sentence.of(text))
        if words > limits.sentence_words:
            message = f"{words} words; {limits.sentence_words} are enough."
            yield article.find("long-sentence", message, section=section, span=sentence)
    for section in article.document.sections:
        for block in section.blocks:
            if block.kind is not BlockKind.PARAGRAPH:
                continue
            words, sentences = count_words(block.span.of(text)), len(block.sentences)
            if words > limits.paragraph_words or sentences > limits.paragraph_sentences:
                message = (
                    f"{words} words in {sentences} sentences; {limits.paragraph_words} words or "
                    f"{limits.paragraph_sentences} sentences are enough."
                )
                yield article.find("long-paragraph", message, section=section, span=block.span)


def _jargon(article: Article) -> Iterator[Finding]:
    """One finding a word: where it first stands, if it is explained nowhere."""
    text = article.document.text
    sentences = [(section, span, fold(span.of(text))) for section, _, span in article.sentences()]
    for jargon in jargon_list():
        used = [(section, span) for section, span, folded in sentences if jargon.pattern.search(folded)]
        if used and not any(jargon.explained.search(folded) for _, _, folded in sentences):
            section, span = used[0]
            message = f"“{jargon.term}”: say “{jargon.plain}”, or explain it once."
            yield article.find("jargon", message, section=section, span=span)


@cache
def jargon_list() -> tuple[Jargon, ...]:
    """The words of ``jargon.toml``. Raises `ConfigError` for one that cannot be used."""
    found = []
    for row in read_table("jargon.toml")["jargon"]:
        try:
            word = row.get("pattern", rf"\b{re.escape(fold(row['term']))}s?\b")
            beside = "|".join(row["explained"])
            after = rf"(?:{word}){_EXPLAINS}"
            before = rf"(?:called|known as|named|term is|\() ?[\"“]?(?:\w+ ){{0,2}}(?:{word})"
            together = rf"(?:{word}).{{0,120}}(?:{beside})|(?:{beside}).{{0,120}}(?:{word})"
            found.append(
                Jargon(row["term"], row["plain"], re.compile(word), re.compile(f"{after}|{before}|{together}"))
            )
        except (KeyError, re.error) as error:
            raise ConfigError(f"A word in jargon.toml is malformed: {row.get('term')!r}, {error!r}.") from error
    return tuple(found)
