"""How hard an article is to read, by the same count as in the audit."""

from __future__ import annotations

from datetime import date

from medqa.audit.articles import make_article
from medqa.audit.language import names_in, size_of
from medqa.audit.rules import load_rules
from medqa.corpus.markup import Markup
from medqa.types import Document


def reading_grade(document: Document, today: date) -> int | None:
    """The Flesch-Kincaid grade of the body, names of medicines read as plain words; None for a very short text.

    Takes about 15 milliseconds.
    """
    article = make_article(document, Markup(), load_rules(), today)
    size = size_of(article, names_in(article))
    return None if size.words < article.book.limits.grade_min_words or size.grade is None else max(1, round(size.grade))
