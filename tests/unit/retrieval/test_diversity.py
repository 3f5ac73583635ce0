from hypothesis import given
from hypothesis import strategies as st

from medqa.retrieval.diversity import spread, without_repeats


def test_the_same_words_are_kept_once() -> None:
    kept = without_repeats(["Take it with food.", "take it, with food", "Take it."], lambda text: text)
    assert kept == ["Take it with food.", "Take it."]


def test_one_article_cannot_fill_the_head() -> None:
    order = spread(["a1", "a2", "a3", "b1", "a4", "c1"], lambda item: item[0], per_group=2, head=4)
    assert order == ["a1", "a2", "b1", "c1", "a3", "a4"]


def test_a_single_article_keeps_its_order() -> None:
    assert spread(["a1", "a2", "a3"], lambda item: item[0], per_group=1, head=3) == ["a1", "a2", "a3"]


@given(st.lists(st.sampled_from("abc")), st.integers(1, 3), st.integers(0, 12))
def test_nothing_is_dropped(groups: list[str], per_group: int, head: int) -> None:
    items = [f"{group}{number}" for number, group in enumerate(groups)]
    order = spread(items, lambda item: item[0], per_group=per_group, head=head)
    assert sorted(order) == sorted(items)
    for group in "abc":
        assert [item for item in order if item[0] == group] == [item for item in items if item[0] == group]
