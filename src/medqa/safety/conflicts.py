"""Where what an answer quotes and another source do not agree: another article, or the table of must-mention facts.

Only the passages that were found for the question are compared, so both sides answer it. A pair counts when both
sentences assert something that cannot both be true (`medqa.knowledge.assertions`) of the same subjects, without a word
that narrows one of them. Precision goes before recall: a false conflict unsettles people about sound articles.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from medqa.knowledge.assertions import Assertion, Gist, assertions_of, disagree, names_topic
from medqa.knowledge.claims import flag_claims
from medqa.knowledge.contradictions import contradicts
from medqa.knowledge.english import english_words
from medqa.knowledge.facts import Fact, all_facts
from medqa.knowledge.folding import fold
from medqa.knowledge.lexicon import Lexicon
from medqa.ports import PassageIndex
from medqa.types import Answer, Block, BlockKind, Citation, Conflict, Document, Hit, Section, Span

MAX_CONFLICTS = 3
MIN_NAME_CHARS = 4
MAX_NAME_STEMS = 6
"""Two statements may differ by the names of their subject, which have no more words."""
_NARROWING = re.compile(r"\b(?:not|no|never|avoid|unless|if|when|without|dont|cannot|stop|except)\b")
_WORD = re.compile(r"[^\W\d_]+")
DECIDES = (
    "These do not agree. The official label of the medicine decides, and your pharmacist knows it: "
    "ask before you act on either."
)


@dataclass(frozen=True, slots=True)
class Judge:
    """What is asked of an article: whether it may be quoted, and whether its review is overdue."""

    may_quote: Callable[[Document], bool]
    is_overdue: Callable[[Document], bool]


@dataclass(frozen=True, slots=True)
class _Statement:
    """A sentence where it stands."""

    document: Document
    section: Section
    span: Span

    @property
    def text(self) -> str:
        return self.span.of(self.document.text)

    @property
    def assertions(self) -> tuple[Assertion, ...]:
        return assertions_of(self.text)

    @property
    def subjects(self) -> frozenset[str]:
        """The names it speaks of: its own, else its heading's, else its title's."""
        for text in (self.text, self.section.heading, self.document.title):
            names = _names(text)
            if names:
                return names
        return frozenset(fold(name) for name in self.document.medicines[:1])

    def cite(self, judge: Judge) -> Citation:
        review = self.document.review
        return Citation(
            document_id=self.document.id,
            title=self.document.title,
            section_id=self.section.id,
            section=self.section.heading,
            span=self.span,
            quote=self.text,
            url=self.document.url,
            reviewed_on=review.reviewed_on,
            review_overdue=judge.is_overdue(self.document),
        )


def conflicts_of(answer: Answer, hits: Sequence[Hit], index: PassageIndex, judge: Judge) -> tuple[Conflict, ...]:
    """The conflicts of `answer`: with the table of facts, all of them; then with other articles among `hits`, at most
    three.

    A quote of the answer keeps its citation; a side that the answer does not quote is cited anew. What may not be
    quoted (an expired review, an absolute claim, a denial of a fact) is no side of a conflict.
    """
    quoted = [(citation, _in_quote(citation, index)) for citation in answer.citations]
    with_facts: list[Conflict] = []
    found: list[Conflict] = []
    for citation, statements in quoted:
        for statement in statements:
            with_facts += [_against_fact(citation, statement, fact) for fact in denied_facts(statement)]
    told = [pair for pair in quoted if not any(c.citations == (pair[0],) for c in with_facts)]
    seen: set[frozenset[tuple[str, int]]] = set()
    others = list(_found(hits, index, judge))
    for citation, statements in told:
        for statement in statements:
            for other in others:
                pair = frozenset({(statement.document.id, statement.span.start), (other.document.id, other.span.start)})
                if pair not in seen and _disagree(statement, other):
                    seen.add(pair)
                    found.append(_between(citation, _citation_of(other, answer, judge)))
    return (*dict.fromkeys(with_facts), *tuple(dict.fromkeys(found))[:MAX_CONFLICTS])


def denied_facts(statement: _Statement) -> tuple[Fact, ...]:
    """The must-mention facts that a statement denies."""
    lexicon = Lexicon.load()
    names = [name for name in statement.subjects if name in lexicon.medicines or name in lexicon.classes]
    found = contradicts(statement.text, [(name, *lexicon.classes_of(name)) for name in names])
    by_id = {fact.id: fact for fact in all_facts()}
    return tuple(by_id[one.fact_id] for one in found)


# --- the two kinds -----------------------------------------------------------------------------------------


def _disagree(one: _Statement, other: _Statement) -> bool:
    if one.document.id == other.document.id:
        return False
    pairs = [(a, b) for a in one.assertions for b in other.assertions if _at_odds(a, b)]
    if not pairs or not one.subjects or one.subjects != other.subjects:
        return False
    names = _surfaces(one) | _surfaces(other)
    if not any(disagree(a, b, names) for a, b in pairs):
        return False
    if _conditions(one.text) != _conditions(other.text):
        return False
    return not flag_claims(other.text) and not denied_facts(other)


def _at_odds(one: Assertion, other: Assertion) -> bool:
    """Whether two assertions could disagree: a look before the names are read, which takes longer."""
    if isinstance(one, Gist) and isinstance(other, Gist):
        return one.denies != other.denies and len(one.differs_by(other)) <= MAX_NAME_STEMS
    return disagree(one, other, ())


def _conditions(text: str) -> frozenset[str]:
    """What is treated, or who is: an effect on one condition says nothing of another."""
    return frozenset(m.name for m in Lexicon.load().conditions_in(text) if not names_topic(m.surface))


def _between(one: Citation, other: Citation) -> Conflict:
    text = f"“{_line(one.quote)}” ({one.title}) and “{_line(other.quote)}” ({other.title}). {DECIDES}"
    return Conflict(text, (one, other))


def _against_fact(citation: Citation, statement: _Statement, fact: Fact) -> Conflict:
    text = f"“{_line(statement.text)}” ({citation.title}) and “{fact.text}” ({fact.source}). {DECIDES}"
    return Conflict(text, (citation,), fact.id)


def _line(text: str) -> str:
    return " ".join(text.split())


def _citation_of(statement: _Statement, answer: Answer, judge: Judge) -> Citation:
    """The answer's own citation where it quotes this statement, else a new one."""
    for citation in answer.citations:
        if citation.document_id == statement.document.id and citation.span.covers(statement.span):
            return citation
    return statement.cite(judge)


# --- statements --------------------------------------------------------------------------------------------


def _in_quote(citation: Citation, index: PassageIndex) -> list[_Statement]:
    document = index.document(citation.document_id)
    section = document.section(citation.section_id)
    return [
        _Statement(document, section, span)
        for block in section.blocks
        for span in block.sentences
        if citation.span.covers(span) and _whole(block, span, document.text)
    ]


def _found(hits: Sequence[Hit], index: PassageIndex, judge: Judge) -> Iterator[_Statement]:
    """Every statement of the passages that may be quoted, once."""
    done: set[tuple[str, Span]] = set()
    for hit in hits:
        document = index.document(hit.chunk.document_id)
        if not judge.may_quote(document):
            continue
        section = document.section(hit.chunk.section_id)
        for block in section.blocks:
            for span in block.sentences:
                if hit.chunk.span.covers(span) and (document.id, span) not in done:
                    done.add((document.id, span))
                    if _whole(block, span, document.text):
                        yield _Statement(document, section, span)


def _whole(block: Block, span: Span, text: str) -> bool:
    """Whether the sentence says something by itself: an item under "do not take it if you" does not."""
    sentence = span.of(text)
    if sentence.endswith((":", "?")):
        return False
    if block.kind is not BlockKind.LIST_ITEM:
        return True
    lead_in = fold(block.lead_in.of(text)) if block.lead_in else ""
    return sentence.endswith((".", "!")) and not _NARROWING.search(lead_in)


@lru_cache(maxsize=8192)
def _names(text: str) -> frozenset[str]:
    """Medicines and classes that `text` names, and words that no dictionary has: names that no list knows."""
    mentions = Lexicon.load().mentions(text)
    names = {m.name for m in mentions if m.kind in ("medicine", "class")}
    known = {word for m in mentions for word in _WORD.findall(fold(m.surface))}
    unknown = {
        word
        for word in _WORD.findall(fold(text))
        if len(word) >= MIN_NAME_CHARS and word not in known and word not in english_words()
    }
    if names or unknown:
        return frozenset(names | unknown)
    return frozenset(m.name for m in mentions)  # a treatment or a condition


def _surfaces(statement: _Statement) -> frozenset[str]:
    """The subjects of a statement, also as it writes them."""
    subjects = statement.subjects
    written = {fold(m.surface) for m in Lexicon.load().mentions(statement.text) if m.name in subjects}
    return frozenset(written | subjects)
