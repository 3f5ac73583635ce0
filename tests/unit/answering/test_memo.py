import numpy as np

from medqa.answering.memo import VectorMemo
from medqa.testing import WordEmbedder


class Counting(WordEmbedder):
    encoded = 0

    def encode(self, texts, progress=None):  # type: ignore[no-untyped-def]
        self.encoded += len(texts)
        return super().encode(texts, progress)


def test_a_text_is_encoded_once_and_the_order_is_kept() -> None:
    embedder = Counting()
    memo = VectorMemo(embedder)
    texts = ["call 911", "take it slowly", "call 911"]
    first = memo.encode(texts)
    np.testing.assert_array_equal(first, memo.encode(texts))
    np.testing.assert_array_equal(first[0], WordEmbedder().encode(["call 911"])[0])
    np.testing.assert_array_equal(first[0], first[2])
    assert embedder.encoded == 2


def test_it_forgets_what_was_not_used_for_longest() -> None:
    embedder = Counting()
    memo = VectorMemo(embedder, max_texts=2)
    for text in ("a", "b", "a", "c", "a"):
        memo.encode([text])
    assert embedder.encoded == 3
    memo.encode(["b"])
    assert embedder.encoded == 4


def test_a_text_that_is_too_long_is_cut() -> None:
    assert np.isfinite(VectorMemo(WordEmbedder()).encode(["pain " * 400])).all()
