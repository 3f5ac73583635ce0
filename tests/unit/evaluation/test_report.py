"""The report is one file that loads nothing, escapes everything, and draws what the figures say."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from medqa.evaluation.charts import Mark, Series, curve, histogram, shares_with_intervals, waterfall
from medqa.evaluation.compare import change
from medqa.evaluation.gates import Gate, Verdict
from medqa.evaluation.intervals import Estimate
from medqa.evaluation.report import Case, Cases, Chart, Item, Report, Table, Tile, interval, render
from medqa.evaluation.scorecard import Figure

NASTY = "<script>alert('x')</script> \"&"


def report(**parts: tuple[object, ...]) -> Report:
    empty: dict[str, tuple[object, ...]] = {"tiles": (), "charts": (), "tables": (), "cases": ()}
    return Report(title="A report", lead="What it is.", stamp={"a": {"b": 1}, "c": ""}, **{**empty, **parts})  # type: ignore[arg-type]


def drawn(svg: Markup) -> ElementTree.Element:
    return ElementTree.fromstring(str(svg))


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    page = render(report(charts=(Chart("c", histogram([Series("s", (1.0, 2.0))], says="s")),)))
    assert not re.search(r"<script|<link|<img|@import|url\(|https?://(?!www\.w3\.org)", page)
    assert "default-src 'none'" in page
    assert ".tiles" in page, "the style sheet is inside"


def test_every_text_is_escaped() -> None:
    item = Item(NASTY, NASTY, note=NASTY)
    page = render(
        report(
            tiles=(Tile(NASTY, NASTY, NASTY),),
            charts=(Chart(NASTY, shares_with_intervals([(NASTY, Estimate(0.5, 0.4, 0.6, 9))], says=NASTY), NASTY),),
            tables=(Table(NASTY, (NASTY,), ((NASTY,),), NASTY),),
            cases=(Cases(NASTY, (Case(NASTY, NASTY, (NASTY,), NASTY, (item,), (item,)),), NASTY),),
        ),
        [Verdict(Gate(NASTY, 1.0), False, 0.0, 1.0, (NASTY,), False)],
    )
    assert "<script" not in page
    assert "alert(&#39;x&#39;)" in page


def test_long_texts_are_folded_and_complete() -> None:
    text = "word " * 200
    page = render(report(cases=(Cases("c", (Case("q", "?", found=(Item("place", text),)),)),)))
    assert text in page
    assert "<details><summary>word" in page


def test_intervals_read_well() -> None:
    assert interval(Estimate(0.9124, 0.88, 0.94, 5)) == "0.912 [0.880, 0.940]"
    assert interval(Estimate(0, 0, 0, 0)) == "–"


def test_a_dot_stands_between_the_ends_of_its_interval() -> None:
    root = drawn(shares_with_intervals([("a", Estimate(0.5, 0.25, 1.0, 9))], says="a"))
    line = next(e for e in root if e.get("class") == "interval")
    dot = next(e for e in root if e.get("class") == "dot")
    left, right, at = (float(v or "nan") for v in (line.get("x1"), line.get("x2"), dot.get("cx")))
    assert (at - left) / (right - left) == pytest.approx(1 / 3, abs=0.01)


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=50))
@settings(max_examples=30)
def test_bars_of_a_histogram_stand_on_the_axis(values: list[float]) -> None:
    root = drawn(histogram([Series("s", tuple(values))], bins=7, says="s"))
    bars = [e for e in root if e.tag == "rect"]
    assert 1 <= len(bars) <= 7
    feet = {round(float(e.get("y") or 0) + float(e.get("height") or 0), 0) for e in bars}
    assert feet == {160.0}
    assert max(float(e.get("height") or 0) for e in bars) == 150.0


@given(st.lists(st.floats(-1, 1), max_size=40))
def test_a_waterfall_has_one_bar_for_each_that_moved(differences: list[float]) -> None:
    root = drawn(waterfall(differences, says="d"))
    won = [e for e in root if e.get("class") == "won"]
    lost = [e for e in root if e.get("class") == "lost"]
    assert len(won) == sum(d > 0 for d in differences)
    assert len(lost) == sum(d < 0 for d in differences)


def test_a_curve_names_its_mark() -> None:
    root = drawn(curve([(0.5, 0.0), (1.0, 0.5)], [Mark(0.5, 0.25, "here")], says="c", x="coverage", y="risk"))
    assert "here" in "".join(root.itertext())


def test_gains_say_by_how_much_each_question_did_better() -> None:
    before, now = ({"a": 1.0, "b": 0.5}, {"a": 0.25, "b": 1.0})
    estimate = Estimate(0, 0, 0, 2)
    assert change("x", Figure(estimate, before), Figure(estimate, now)).gains == {"a": -0.75, "b": 0.5}
