import pytest
from hypothesis import given
from hypothesis import strategies as st

from medqa.errors import InvariantError
from medqa.retrieval.fusion import beside, minmax_fuse, minmax_normalise, rrf_fuse
from medqa.types import ChunkId


def ranking(**scores: float) -> list[tuple[ChunkId, float]]:
    return sorted(((ChunkId(name), score) for name, score in scores.items()), key=lambda item: -item[1])


def test_min_max_worked_by_hand() -> None:
    dense = ranking(a=0.8, b=0.6, c=0.4)  # normalised: a 1, b .5, c 0
    lexical = ranking(b=12.0, d=2.0)  # normalised: b 1, d 0
    # a = .7 * 1 = .7 ; b = .7 * .5 + .3 * 1 = .65 ; c = 0 ; d = 0
    fused = dict(minmax_fuse([dense, lexical], [0.7, 0.3]))
    assert fused == pytest.approx({"a": 0.7, "b": 0.65, "c": 0.0, "d": 0.0})


def test_reciprocal_rank_fusion_worked_by_hand() -> None:
    dense = ranking(a=0.8, b=0.6)
    lexical = ranking(b=12.0, c=2.0)
    fused = rrf_fuse([dense, lexical], k=60)
    assert [name for name, _ in fused] == ["b", "a", "c"]
    assert dict(fused) == pytest.approx({"a": 1 / 61, "b": 1 / 62 + 1 / 61, "c": 1 / 62})


def test_a_ranking_of_equal_scores_normalises_to_one() -> None:
    assert minmax_normalise(ranking(a=3.0, b=3.0)) == {"a": 1.0, "b": 1.0}
    assert minmax_normalise([]) == {}


def test_a_missing_weight_is_refused() -> None:
    with pytest.raises(InvariantError):
        minmax_fuse([ranking(a=1.0), ranking(b=1.0)], [1.0])


rankings = st.lists(
    st.dictionaries(st.sampled_from("abcdefgh"), st.floats(-1, 50), max_size=8).map(lambda d: ranking(**d)),
    min_size=1,
    max_size=4,
)


@given(rankings)
def test_equal_weights_ignore_the_order_of_the_rankings(some: list[list[tuple[ChunkId, float]]]) -> None:
    weights = [1.0] * len(some)
    for fuse in (minmax_fuse, rrf_fuse):
        assert dict(fuse(some, weights)) == pytest.approx(dict(fuse(some[::-1], weights)))


@given(rankings)
def test_every_passage_comes_out_once_and_best_first(some: list[list[tuple[ChunkId, float]]]) -> None:
    for fused in (minmax_fuse(some, [1.0] * len(some)), rrf_fuse(some)):
        names = [name for name, _ in fused]
        assert len(names) == len(set(names))
        assert set(names) == {name for one in some for name, _ in one}
        assert [score for _, score in fused] == sorted((score for _, score in fused), reverse=True)


def test_two_wordings_of_a_question_share_a_scale() -> None:
    own, other = ranking(a=10.0, b=6.0), ranking(c=20.0, b=5.0)
    assert beside(own, other, 0.5) == ranking(c=13.0, a=7.5, b=5.5)
    assert beside(own, (), 0.5) == own
    assert beside((), other, 0.5) == other


@given(rankings)
def test_a_wording_beside_itself_changes_nothing(some: list[list[tuple[ChunkId, float]]]) -> None:
    for ranking in some:
        ordered = sorted(ranking, key=lambda item: (-item[1], item[0]))
        assert [p for p, _ in beside(ordered, ordered, 0.0)] == [p for p, _ in ordered]
