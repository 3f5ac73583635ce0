from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from medqa.audit.articles import make_article
from medqa.audit.language import names_in, size_of
from medqa.audit.rules import load_rules
from medqa.corpus.markup import Markup
from medqa.surfaces.reading_level import reading_grade
from tests.library import LIBRARY

DAY = date(2026, 1, 1)


def test_a_plain_article_has_the_grade_of_the_audit() -> None:
    relaxol = next(d for d in LIBRARY if d.id == "relaxol")
    article = make_article(relaxol, Markup(), load_rules(), DAY)
    assert reading_grade(relaxol, DAY) == pytest.approx(size_of(article, names_in(article)).grade, abs=0.5)


def test_a_few_words_have_no_grade() -> None:
    relaxol = next(d for d in LIBRARY if d.id == "relaxol")
    assert reading_grade(replace(relaxol, sections=relaxol.sections[:1]), DAY) is None
