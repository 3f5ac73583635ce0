"""What goes into a model and what comes out of it, checked and never assumed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from medqa.errors import EmbeddingError
from medqa.ports import Vectors

SHOWN_CHARS = 60


def refuse_surrogates(text: str) -> None:
    """Raises `EmbeddingError` for half of a UTF-16 pair, which no tokenizer can read."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise EmbeddingError(
            f"The text holds a lone surrogate at character {error.start} and cannot be embedded.",
            remedy="Save the article as UTF-8 again; half of a character is missing there.",
        ) from error


def shown(text: str) -> str:
    """The beginning of `text` for a message."""
    cut = text[:SHOWN_CHARS].encode("utf-8", "replace").decode()
    return repr(cut + ("..." if len(text) > SHOWN_CHARS else ""))


def unit_rows(raw: NDArray[np.floating], dim: int, texts: Sequence[str]) -> Vectors:
    """`raw` of shape (len(texts), dim) as float32 with rows of length 1.

    Raises `EmbeddingError` when the shape is another, or a row is zero or not finite.
    """
    if raw.shape != (len(texts), dim):
        raise EmbeddingError(f"The model gave an array of shape {raw.shape} where ({len(texts)}, {dim}) was due.")
    norms = np.linalg.norm(raw.astype(np.float64), axis=1)
    good = np.isfinite(norms) & (norms > 0)
    if not good.all():
        first = int(np.argmin(good))
        raise EmbeddingError(f"The model gave no usable vector for {shown(texts[first])}.")
    return np.ascontiguousarray(raw / norms[:, None], dtype=np.float32)
