"""Reading a question: misspelt names set right, brand names joined by the generic name.

Every change is noted in words ("bacoflen read as baclofen"), so that the person can see and correct it.
"""

from __future__ import annotations

from collections.abc import Callable

from medqa.knowledge.folding import words
from medqa.knowledge.lay import lay_terms
from medqa.knowledge.lexicon import Lexicon, Mention
from medqa.types import InterpretedQuery, Span

LONGEST_ABBREVIATION = 5
TERSE = 6
"""Words of a question in which an abbreviation carries most of what is asked; in longer ones the rest finds its way."""
LAY_CHARS = 300
"""Longer messages say most things twice; what is added to them drowns the question."""


def understand(question: str, lexicon: Lexicon, knows: Callable[[str], bool]) -> InterpretedQuery:
    """`question` as it is searched for. The text is unchanged where nothing was recognised.

    A word that the library uses (`knows`) is never corrected: "hypotonia" is not "hypertonia" misspelt where
    an article is about hypotonia.
    """
    mentions = lexicon.mentions(question)
    changes: list[tuple[Span, str]] = []
    notes: list[str] = []
    for mention in mentions:
        if mention.how == "typo":
            changes.append((mention.span, mention.name))
            notes.append(f"{mention.surface} read as {mention.name}")
        elif mention.kind == "medicine" and mention.how == "brand" and mention.name not in question.casefold():
            changes.append((mention.span, f"{mention.surface} ({mention.name})"))
            notes.append(f"{mention.surface} is a brand name of {mention.name}")
        elif _is_short_for(mention, question):
            changes.append((mention.span, f"{mention.surface} ({mention.name})"))
            notes.append(f"{mention.surface} read as {mention.name}")
    taken = [mention.span for mention in mentions]
    for word in words(question):
        if any(span.start < word.span.end and word.span.start < span.end for span in taken):
            continue
        written = word.span.of(question)
        correction = lexicon.correct(written)
        if correction is not None and (correction.distance == 0 or not knows(written)):
            changes.append((word.span, correction.replacement))
            notes.append(f"{correction.word} read as {correction.replacement}")
    text = _replaced(question, changes)
    lay = lay_terms(question) if len(question) <= LAY_CHARS else ()
    found = mentions if not changes else lexicon.mentions(text)
    return InterpretedQuery(
        original=question,
        text=text,
        notes=tuple(dict.fromkeys(notes)),
        medicines=tuple(dict.fromkeys(m.name for m in found if m.kind == "medicine")),
        conditions=tuple(dict.fromkeys(m.name for m in found if m.kind == "condition")),
        terms=tuple(term for _, term in lay),
    )


def _is_short_for(mention: Mention, question: str) -> bool:
    """Whether a short question has letters that stand for a name, in their order, and the name nowhere: "crps"."""
    letters = mention.surface.casefold()
    if len(question.split()) > TERSE:
        return False
    if not (1 < len(letters) <= LONGEST_ABBREVIATION and letters.isalpha()) or letters in mention.name.split():
        return False
    rest = iter(mention.name)
    return mention.name not in question.casefold() and all(letter in rest for letter in letters)


def _replaced(text: str, changes: list[tuple[Span, str]]) -> str:
    for span, replacement in sorted(changes, reverse=True):
        text = text[: span.start] + replacement + text[span.end :]
    return text
