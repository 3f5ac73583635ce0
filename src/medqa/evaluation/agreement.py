"""How far two labellers agree beyond what chance alone would give: Cohen's kappa, plain and weighted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence


def cohen_kappa(pairs: Sequence[tuple[int, int]]) -> float | None:
    """Kappa of two people who each put the same things into classes; `pairs` holds the two classes of each thing.

    ``kappa = (p_o - p_e) / (1 - p_e)``: 1 is full agreement, 0 what chance gives, below 0 is less than chance. None
    where chance alone would agree always (everything in one class) or there is nothing: then it is not defined.

    J. Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 20 (1960)
    37-46.
    """
    return _kappa(pairs, lambda a, b: float(a != b))


def weighted_kappa(pairs: Sequence[tuple[int, int]]) -> float | None:
    """Kappa of grades, where a disagreement counts with the square of its distance: 0 against 2 four times 0 against 1.

    ``1 - sum(w * observed) / sum(w * expected)`` with ``w = (a - b) ** 2``; None as for `cohen_kappa`.

    J. Cohen, "Weighted kappa", Psychological Bulletin 70 (1968) 213-220.
    """
    return _kappa(pairs, lambda a, b: float((a - b) ** 2))


def _kappa(pairs: Sequence[tuple[int, int]], weight: Callable[[int, int], float]) -> float | None:
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    expected = sum(weight(a, b) * n * m for a, n in first.items() for b, m in second.items())
    if not expected:
        return None
    return 1 - len(pairs) * sum(weight(a, b) for a, b in pairs) / expected
