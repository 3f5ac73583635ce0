"""Runs: units in order of their best passage, scores that fall with the rank."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medqa.errors import InputFileError
from medqa.surfaces.trec import Unit, docid, ranked_units, run_lines
from medqa.types import ArticleId, Chunk, ChunkId, Hit, HitScores, SectionId, Span


def hit(rank: int, score: float, article: str, section: str) -> Hit:
    chunk = Chunk(
        id=ChunkId(f"{article}:{rank}-{rank + 1}"),
        document_id=ArticleId(article),
        section_id=SectionId(section),
        section_docid=f"{article}#{section}",
        span=Span(rank, rank + 1),
        headings=(article,),
        text="x",
    )
    return Hit(chunk, article, rank, score, "dense", HitScores())


def searching(hits: list[Hit], asked: list[int] | None = None) -> Callable[[int], list[Hit]]:
    def search(n: int) -> list[Hit]:
        if asked is not None:
            asked.append(n)
        return hits[:n]

    return search


FOUND = [
    hit(1, 0.9, "a", "uses"),
    hit(2, 0.8, "a", "uses"),
    hit(3, 0.7, "a", "risks"),
    hit(4, 0.6, "b", "uses"),
    hit(5, 0.5, "a", "risks"),
    hit(6, 0.4, "c", "uses"),
]


def test_docid_names_the_unit_across_the_corpus() -> None:
    assert [docid(FOUND[2], unit) for unit in Unit] == ["a", "a#risks", "a:3-4"]


def test_units_come_in_order_of_their_best_passage() -> None:
    assert ranked_units(searching(FOUND), Unit.SECTION, 10) == [
        ("a#uses", 0.9),
        ("a#risks", 0.7),
        ("b#uses", 0.6),
        ("c#uses", 0.4),
    ]
    assert ranked_units(searching(FOUND), Unit.ARTICLE, 10) == [("a", 0.9), ("b", 0.6), ("c", 0.4)]


def test_more_passages_are_asked_for_until_k_units_are_there() -> None:
    asked: list[int] = []
    assert ranked_units(searching(FOUND, asked), Unit.ARTICLE, 2) == [("a", 0.9), ("b", 0.6)]
    assert asked == [2, 4]


def test_asking_ends_when_nothing_new_comes() -> None:
    asked: list[int] = []
    assert len(ranked_units(searching(FOUND, asked), Unit.ARTICLE, 5)) == 3
    assert asked == [5, 10, 20]


def test_a_line_has_the_six_fields() -> None:
    assert run_lines("q1", [("a#uses", 0.75)]) == ["q1 Q0 a#uses 1 0.750000 medqa"]
    assert run_lines(7, [("a", 1.0)])[0].startswith("7 Q0 a 1 ")


def test_a_score_above_the_one_before_is_lowered() -> None:
    scores = [float(line.split()[4]) for line in run_lines("q", [("a", 0.5), ("b", 0.9), ("c", 0.1)])]
    assert scores[0] == 0.5
    assert 0.4999 < scores[1] < 0.5
    assert scores[2] == 0.1


@given(st.lists(st.floats(-40, 40), min_size=1, max_size=200))
def test_scores_fall_strictly_also_in_single_precision(scores: list[float]) -> None:
    lines = run_lines("q", [(f"d{n}", score) for n, score in enumerate(scores)])
    # trec_eval reads scores into C floats
    written = [np.float32(line.split()[4]) for line in lines]
    assert [int(line.split()[3]) for line in lines] == list(range(1, len(scores) + 1))
    assert all(later < earlier for earlier, later in itertools.pairwise(written))
    assert all(math.isfinite(score) for score in written)


@pytest.mark.parametrize("bad", ["", "two words", "tab\there"])
def test_an_id_with_a_space_is_refused(bad: str) -> None:
    with pytest.raises(InputFileError, match="TREC"):
        run_lines(bad, [("a", 1.0)])
