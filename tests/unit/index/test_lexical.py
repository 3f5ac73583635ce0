from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medqa.errors import DamagedIndexError
from medqa.index.lexical import K1, B, LexicalIndex, normalise, stems, write_words

# after stop words and stemming: 3, 4, 2, 3 and 1 words, 13 in all
PASSAGES = (
    "The side effects of baclofen",  # side effect baclofen
    "Baclofen and baclofen withdrawal, effects",  # baclofen baclofen withdraw effect
    "Spinal pump",  # spinal pump
    "A pump for the spasticity pain",  # pump spastic pain
    "Migraine",  # migrain
)


def _index(folder: Path, texts: Sequence[str] = PASSAGES) -> LexicalIndex:
    write_words(folder / "words", texts)
    return LexicalIndex(folder / "words", len(texts))


def test_stems_are_what_the_hand_count_below_uses() -> None:
    assert stems(PASSAGES) == [
        ["side", "effect", "baclofen"],
        ["baclofen", "baclofen", "withdraw", "effect"],
        ["spinal", "pump"],
        ["pump", "spastic", "pain"],
        ["migrain"],
    ]


def test_scores_are_the_formula_by_hand(tmp_path: Path) -> None:
    index = _index(tmp_path)
    mean = 13 / 5
    # "baclofen" is in 2 of 5 passages: ln(1 + (5 - 2 + .5) / (2 + .5)) = ln 2.4
    idf = math.log(2.4)
    once = idf * 1 / (1 + 1.5 * (0.25 + 0.75 * 3 / mean))
    twice = idf * 2 / (2 + 1.5 * (0.25 + 0.75 * 4 / mean))
    assert index.search("baclofen", 10) == [(1, pytest.approx(twice)), (0, pytest.approx(once))]
    # "migraine" is in 1 of 5: ln(1 + 4.5 / 1.5) = ln 4
    alone = math.log(4) * 1 / (1 + 1.5 * (0.25 + 0.75 * 1 / mean))
    assert index.search("migraines", 10) == [(4, pytest.approx(alone))]
    # words of a question add up, and one that is said twice counts twice
    assert dict(index.search("baclofen migraine migraine", 10))[4] == pytest.approx(2 * alone)


words = st.sampled_from(["dose", "pump", "pain", "spine", "nerve", "gel"])


@settings(deadline=None, max_examples=40)
@given(st.lists(st.lists(words, max_size=6), min_size=1, max_size=6), st.lists(words, min_size=1, max_size=4))
def test_scores_are_the_formula_for_any_passages(
    tmp_path_factory: pytest.TempPathFactory, passages: list[list[str]], question: list[str]
) -> None:
    index = _index(tmp_path_factory.mktemp("words"), [" ".join(passage) for passage in passages])
    total = sum(map(len, passages))
    expected = {}
    for n, passage in enumerate(passages):
        score = 0.0
        for word in question:
            df = sum(word in other for other in passages)
            tf = passage.count(word)
            if tf:
                idf = math.log(1 + (len(passages) - df + 0.5) / (df + 0.5))
                score += idf * tf / (tf + K1 * (1 - B + B * len(passage) * len(passages) / total))
        if score:
            expected[n] = pytest.approx(score, rel=1e-4)
    assert dict(index.search(" ".join(question), 100)) == expected


def test_unknown_words_stop_words_and_no_words_find_nothing(tmp_path: Path) -> None:
    index = _index(tmp_path)
    for text in ("zzz", "the of and", "", "?!", "a", "\u200b"):
        assert index.search(text, 10) == []


def test_a_corpus_without_words_finds_nothing(tmp_path: Path) -> None:
    assert _index(tmp_path, ["1 2", "the"]).search("the word", 5) == []


def test_ties_stand_in_the_order_of_the_build_also_at_the_border(tmp_path: Path) -> None:
    index = _index(tmp_path, ["nerve"] * 50 + ["pump nerve"])
    assert [n for n, _ in index.search("nerve", 7)] == list(range(7))


def test_hidden_passages_leave_their_places_to_others(tmp_path: Path) -> None:
    index = _index(tmp_path, ["nerve"] * 5)
    allowed = np.array([False, True, False, True, True])
    assert [n for n, _ in index.search("nerve", 2, allowed)] == [1, 3]


@pytest.mark.parametrize("text", ["ＭＩＧＲＡＩＮＥ", "mi\u00adgraine", "MIGRAINE\u200d", "migraine\u202e"])
def test_matching_sees_through_forms_and_invisible_characters(tmp_path: Path, text: str) -> None:
    assert [n for n, _ in _index(tmp_path).search(text, 3)] == [4]


@given(st.text())
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


def test_two_builds_of_the_same_texts_are_equal_to_the_byte(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_words(tmp_path / name, PASSAGES)
    for file in (tmp_path / "a").iterdir():
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes()


def test_no_file_is_a_pickle(tmp_path: Path) -> None:
    write_words(tmp_path / "words", PASSAGES)
    for file in (tmp_path / "words").iterdir():
        if file.suffix == ".npy":
            np.load(file, allow_pickle=False)
        else:
            assert file.suffix == ".json"


def test_many_threads_find_the_same(tmp_path: Path) -> None:
    index = _index(tmp_path)
    alone = index.search("baclofen pump effects", 5)
    with ThreadPoolExecutor(8) as pool:
        assert all(found == alone for found in pool.map(lambda _: index.search("baclofen pump effects", 5), range(500)))


def test_another_number_of_passages_is_damage(tmp_path: Path) -> None:
    write_words(tmp_path / "words", PASSAGES)
    with pytest.raises(DamagedIndexError, match="6 passages"):
        LexicalIndex(tmp_path / "words", 6)
    (tmp_path / "words" / "vocab.index.json").write_text("{")
    with pytest.raises(DamagedIndexError):
        LexicalIndex(tmp_path / "words", 5)
