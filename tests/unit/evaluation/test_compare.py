"""Baselines survive their file, differences are tested as pairs, gates say what broke."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medqa.errors import InputFileError
from medqa.evaluation.compare import change, compare
from medqa.evaluation.gates import judge, parse_gates
from medqa.evaluation.intervals import Estimate, mean_interval
from medqa.evaluation.scorecard import Figure, Scorecard, read_scorecard, write_scorecard

STAMP = {"measured_at": "2026-11-22", "questions": {"a": "1"}, "settings": {"x": 1}, "field": "question"}


def figure(*values: float, less: bool = False) -> Figure:
    items = {f"q{n}": value for n, value in enumerate(values, start=1)}
    return Figure(mean_interval(values), items, less)


def card(**figures: Figure) -> Scorecard:
    return Scorecard("retrieval", STAMP, {name.replace("_", ":"): f for name, f in figures.items()}, "section:")


def kept(scorecard: Scorecard, folder: Path) -> Scorecard:
    out = io.StringIO()
    write_scorecard(out, scorecard)
    (folder / "baseline.json").write_text(out.getvalue(), encoding="utf-8")
    return read_scorecard(folder / "baseline.json")


@given(st.lists(st.floats(0, 1), min_size=1, max_size=9), st.booleans())
@settings(max_examples=25, deadline=None)
def test_a_baseline_comes_back(tmp_path_factory: pytest.TempPathFactory, values: list[float], less: bool) -> None:
    written = card(section_AP=figure(*values, less=less), ms_p50=Figure(Estimate(9.5, 9.5, 9.5, 3), {}, True))
    found = kept(written, tmp_path_factory.mktemp("card"))
    assert (found.kind, found.stamp, found.main) == (written.kind, written.stamp, written.main)
    assert found.figures["section:AP"].items == pytest.approx(written.figures["section:AP"].items, rel=1e-5)
    assert found.figures["section:AP"].less_is_better is less
    for unchanged in compare(found, written).changes.values():
        assert (unchanged.won, unchanged.lost, unchanged.p_permutation) == ((), (), 1.0)


def test_wins_and_losses_are_named_the_greatest_first() -> None:
    found = change("AP", figure(0.5, 0.5, 0.5, 0.5), figure(0.5, 0.9, 0.1, 0.4))
    assert (found.won, found.lost, found.same) == (("q2",), ("q3", "q4"), 1)
    assert found.difference.value == pytest.approx(-0.025)
    fewer = change("ms", figure(5, 5, less=True), figure(3, 9, less=True))
    assert (fewer.won, fewer.lost) == (("q1",), ("q2",))


def test_the_permutation_test_by_hand() -> None:
    # five questions, each better by .1: of the 32 sign patterns 2 are as extreme, so p = 2 / 32
    found = change("AP", figure(*[0.1] * 5), figure(*[0.2] * 5))
    assert found.p_permutation == pytest.approx(2 / 32)
    # seven up and one down by the same amount: 2 * (1 + 8) of the 256 patterns are as extreme
    mixed = change("AP", figure(*[0.5] * 8), figure(*[0.6] * 7, 0.4))
    assert mixed.p_permutation == pytest.approx(18 / 256)
    # t = mean / (s / sqrt n) = .075 / (.0707 / 2.828) = 3 with 7 degrees of freedom
    assert mixed.p_t == pytest.approx(0.0199, abs=1e-3)


def test_only_common_questions_are_compared(tmp_path: Path) -> None:
    before = card(section_AP=Figure(mean_interval([1.0, 0.0]), {"q1": 1.0, "gone": 0.0}))
    found = compare(before, card(section_AP=figure(1.0, 0.5))).changes["section:AP"]
    assert (found.before, found.now, found.difference.n) == (1.0, 1.0, 1)
    with pytest.raises(InputFileError, match="no question in common"):
        compare(card(section_AP=Figure(mean_interval([1.0]), {"other": 1.0})), card(section_AP=figure(1.0)))
    with pytest.raises(InputFileError, match="measures answers, not retrieval"):
        compare(Scorecard("answers", STAMP, {}), card(section_AP=figure(1.0)))


def test_what_else_differs_is_said() -> None:
    other = Scorecard("retrieval", {**STAMP, "settings": {"x": 2}, "corpus_sha256": "c"}, card(a_b=figure(1)).figures)
    assert compare(other, card(a_b=figure(1))).cautions == (
        "the articles are not the same",
        "the settings are not the same",
    )


def test_a_file_that_is_no_baseline_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"format": 1, "kind": "retrieval"}', encoding="utf-8")
    with pytest.raises(InputFileError, match=r"not a baseline: main: .*--write-baseline"):
        read_scorecard(tmp_path / "x.json")
    with pytest.raises(InputFileError, match="cannot be read"):
        read_scorecard(tmp_path / "none.json")


def test_gates_have_two_sides() -> None:
    now = card(section_AP=figure(1.0, 0.0), abstention_false=figure(0.0, 1.0, less=True))
    texts = ["AP=0.5", "section:AP=0.51", "abstention:false=0.5", "abstention:false=0.4"]
    verdicts = judge(parse_gates(texts, now, has_baseline=False), now, None)
    assert [v.passed for v in verdicts] == [True, False, True, False]
    assert [v.broken for v in verdicts] == [(), ("q2",), (), ("q2",)]
    assert str(verdicts[1]) == "gate missed: section:AP 0.5000, wanted >= 0.5100; look at: q2"
    assert str(verdicts[2]) == "gate passed: abstention:false 0.5000, wanted <= 0.5000"


def test_a_gate_on_the_baseline_forgives_chance_and_nothing_else() -> None:
    before = card(section_AP=figure(*[0.9] * 20))
    slightly = card(section_AP=figure(0.8, *[0.9] * 19))
    clearly = card(section_AP=figure(*[0.7] * 12, *[0.9] * 8))
    better = card(section_AP=figure(*[1.0] * 20))
    for now, passed in ((slightly, True), (clearly, False), (better, True)):
        (verdict,) = judge(parse_gates(["AP=baseline"], now, has_baseline=True), now, compare(before, now))
        assert verdict.passed is passed
        assert bool(verdict.broken) is not passed


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("AP", "there is no figure"),
        ("beauty=1", "there is no figure 'beauty'"),
        ("AP=good", "is not a number"),
        ("AP=baseline", "needs a --baseline"),
    ],
)
def test_a_gate_on_nothing_is_refused(text: str, cause: str) -> None:
    with pytest.raises(InputFileError, match=cause):
        parse_gates([text], card(section_AP=figure(1.0)), has_baseline=False)
