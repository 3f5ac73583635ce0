"""The difference that an upload's page shows: nothing of either text is lost, and each section is told of."""

from __future__ import annotations

import time

from hypothesis import assume, given
from hypothesis import strategies as st

from medqa.corpus.formats import read_articles
from medqa.surfaces.staff.difference import CONTEXT, MOST_WORDS, Changed, Piece, changes, words
from medqa.types import Document

SHORT = st.lists(st.sampled_from(["rest", "warmth", "not", "10", "mg", "–", "é"]), max_size=CONTEXT).map(" ".join)


def article(*sections: tuple[str, str]) -> Document:
    text = "---\ntitle: Heat\n---\n\n" + "\n\n".join(f"## {heading}\n\n{body}" for heading, body in sections)
    (made,) = read_articles(text.encode(), "heat.md", max_bytes=1_000_000)
    assert isinstance(made, Document)
    return made


@given(SHORT, SHORT)
def test_without_the_insertions_it_is_the_old_text_and_without_the_deletions_the_new_one(old: str, new: str) -> None:
    assume(old != new)  # a section that is the same is not compared
    pieces = words(old, new)
    assert any(piece.op for piece in pieces)
    assert "".join(piece.text for piece in pieces if piece.op != "ins") == old
    assert "".join(piece.text for piece in pieces if piece.op != "del") == new


def test_one_word_is_marked_and_no_more() -> None:
    assert words("Take it with food.", "Take it without food.") == (
        Piece("", "Take it "),
        Piece("del", "with"),
        Piece("ins", "without"),
        Piece("", " food."),
    )


def test_a_long_stretch_that_is_the_same_gives_way_in_its_middle() -> None:
    same = " ".join(f"word{number}" for number in range(200))
    pieces = words(f"one {same} two", f"a {same} b")
    assert [piece.op for piece in pieces] == ["del", "ins", "", "del", "ins"]
    assert " … " in pieces[2].text
    assert len(pieces[2].text) < len(same) / 2


def test_a_section_of_too_many_words_is_taken_out_and_put_in_whole() -> None:
    old, new = "warm " * MOST_WORDS, "cold " * MOST_WORDS
    assert words(old, new) == (Piece("del", old), Piece("ins", new))


def test_what_is_put_in_before_or_behind_stands_beside_what_was_there() -> None:
    assert words("It warms.", "It warms. It burns.") == (Piece("", "It warms."), Piece("ins", " It burns."))
    assert words("It warms.", "Now: It warms.") == (Piece("ins", "Now: "), Piece("", "It warms."))


def test_words_that_keep_coming_back_take_no_time() -> None:
    started = time.process_time()
    words("a " * 990, "a b " * 490)
    assert time.process_time() - started < 10  # 30 and more without the bound


def test_an_article_of_many_long_sections_is_compared_up_to_a_bound() -> None:
    long = [f"word{n}" for n in range(900)]
    before = article(*((f"Part {n}", " ".join(long)) for n in range(15)))
    now = article(*((f"Part {n}", " ".join([*long[:400], "mild", *long[401:]])) for n in range(15)))
    ops = [[piece.op for piece in one.pieces] for one in changes(before, now)]
    assert ops[0] == ["", "del", "ins", ""]
    assert ops[-1] == ["del", "ins"], "taken out and put in"


def test_sections_are_added_removed_changed_or_the_same() -> None:
    before = article(("Uses", "It warms."), ("Risks", "It burns."), ("Once", "It is gone."))
    now = article(("Uses", "It warms."), ("Risks", "It can burn."), ("Later", "It is new."))
    found = [(one.heading, one.sort) for one in changes(before, now)]
    assert found == [("Uses", "same"), ("Risks", "changed"), ("Later", "added"), ("Once", "removed")]
    assert [one.sort for one in changes(None, now)] == ["added"] * 3
    assert changes(now, now) == tuple(Changed(one.heading, "same") for one in now.sections)
    twice = article(("Uses", "One."), ("Uses", "Two."))
    assert [one.sort for one in changes(twice, article(("Uses", "One.")))] == ["same", "removed"]
