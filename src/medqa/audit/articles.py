"""What a check is given: an article, what it is about, and how a finding about it is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from medqa.audit.findings import Finding, Severity
from medqa.audit.rules import RuleBook
from medqa.corpus.markup import Markup
from medqa.knowledge.facts import Fact
from medqa.knowledge.folding import fold
from medqa.knowledge.lexicon import Lexicon
from medqa.types import Block, Document, Section, Span

KINDS = ("medicine", "condition", "treatment", "safety", "living")
MIN_MENTIONS = 3
"""A title names many things; an article is about the medicine that its text keeps naming."""


@dataclass(frozen=True, slots=True)
class Article:
    """A document with what the checks have in common.

    `kind` is the front matter's, or ``medicine`` where title and text say so; `medicines` are the generic names it is
    about, `classes` the classes of medicines that its title names.
    """

    document: Document
    markup: Markup
    kind: str
    medicines: tuple[str, ...]
    classes: tuple[str, ...]
    book: RuleBook
    today: date

    @property
    def declared(self) -> bool:
        """Whether the article itself says what kind it is."""
        return self.document.kind in KINDS

    def sentences(self) -> Iterator[tuple[Section, Block, Span]]:
        """Every sentence of the body, in order."""
        for section in self.document.sections:
            for block in section.blocks:
                for sentence in block.sentences:
                    yield section, block, sentence

    def find(
        self,
        rule_id: str,
        message: str,
        *,
        section: Section | None = None,
        span: Span | None = None,
        line: int | None = None,
        fact: Fact | None = None,
    ) -> Finding:
        """A finding of the rule about this article. A `fact` brings its own reason and source."""
        rule = self.book.rules[rule_id]
        lowered = rule.sourced and bool(self.document.sources)
        return Finding(
            rule_id=rule.id,
            severity=Severity.WARNING if lowered else rule.severity,
            group=rule.group,
            message=message,
            reason=fact.why if fact else rule.reason,
            action=rule.action,
            source=fact.source if fact else rule.source,
            source_url=fact.source_url if fact else rule.source_url,
            path=self.document.source_path,
            article_id=self.document.id,
            title=self.document.title,
            section_id=section.id if section else None,
            section=section.heading if section else "",
            span=span,
            sentence=span.of(self.document.text) if span else "",
            line=line,
            fact_id=fact.id if fact else "",
        )


def make_article(document: Document, markup: Markup, book: RuleBook, today: date) -> Article:
    """The article as the checks see it."""
    lexicon = Lexicon.load()
    in_title = lexicon.mentions(document.title)
    titled = [m.name for m in in_title if m.kind == "medicine"]
    classes = tuple(dict.fromkeys(m.name for m in in_title if m.kind == "class"))
    own = [lexicon.generic_of(name) or name for name in document.medicines]
    # "Baclofen withdrawal" is a subject of its own in the lexicon, and still names baclofen
    title = fold(document.title)
    medicines = [*titled, *(name for name in own if fold(name) in title)]
    kind = document.kind
    if document.kind == "medicine":
        # an article on codeine also lists what codeine is sold with; it is about the medicines that lead to it
        medicines = [name for name in own if _leads_to(name, document)] or own or titled
    elif document.kind not in KINDS:
        counts = Counter(m.name for m in lexicon.medicines_in(document.text))
        medicines = [name for name in titled if counts[name] >= MIN_MENTIONS]
        kind = "medicine" if medicines else ""
    return Article(
        document=document,
        markup=markup,
        kind=kind,
        medicines=tuple(dict.fromkeys(medicines)),
        classes=classes,
        book=book,
        today=today,
    )


def _leads_to(name: str, document: Document) -> bool:
    """Whether the lexicon sends a reader from this medicine here, or the title names it."""
    known = Lexicon.load().medicines.get(name)
    return (known is not None and known.article == document.id) or fold(name) in fold(document.title)
