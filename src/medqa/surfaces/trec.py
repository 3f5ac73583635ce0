"""A ranking of passages as a TREC run: ``qid Q0 docid rank score tag``, one line a unit.

The format: https://trec.nist.gov/data/tracks/ (each track's guidelines), read by trec_eval and ir_measures.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum

from medqa.errors import InputFileError, InvariantError
from medqa.types import Hit

TAG = "medqa"
SCORE_STEP = 1e-6
"""Least distance between the scores of two ranks, relative to scores above 1."""


class Unit(StrEnum):
    """What is ranked: whole articles, their sections, or single passages."""

    ARTICLE = "article"
    SECTION = "section"
    CHUNK = "chunk"


def docid(hit: Hit, unit: Unit) -> str:
    """The name of the hit's unit across the corpus."""
    match unit:
        case Unit.ARTICLE:
            return hit.chunk.document_id
        case Unit.SECTION:
            return hit.chunk.section_docid
        case Unit.CHUNK:
            return hit.chunk.id


def ranked_units(search: Callable[[int], Sequence[Hit]], unit: Unit, k: int) -> list[tuple[str, float]]:
    """The first `k` units with the score of each one's best passage, in order of first appearance.

    `search` gives the best n passages; it is asked for more until `k` units are among them or asking for more
    brings nothing new.
    """
    fetch, known = k, -1
    while True:
        hits = search(fetch)
        units: dict[str, float] = {}
        for hit in hits:
            units.setdefault(docid(hit, unit), hit.score)
        if len(units) >= k or len(hits) == known:
            return list(units.items())[:k]
        fetch, known = fetch * 2, len(hits)


def run_lines(qid: str | int, units: Sequence[tuple[str, float]]) -> list[str]:
    """The lines of one question.

    Tools order a run by its scores, not by its ranks. Where the order is not that of the scores (articles are
    spread over the first ten), a score is lowered to just below the one before, so that both say the same.
    """
    name = _token(str(qid), "question id")
    lines = []
    ceiling = float("inf")
    for rank, (unit, score) in enumerate(units, start=1):
        shown = round(min(score, ceiling), 6)
        ceiling = shown - max(SCORE_STEP, abs(shown) * SCORE_STEP)
        lines.append(f"{name} Q0 {_token(unit, 'docid')} {rank} {shown:.6f} {TAG}")
    return lines


def _token(text: str, what: str) -> str:
    if not text or any(c.isspace() for c in text):
        message = f"A TREC run cannot hold the {what} {text!r}: it is empty or has a space in it."
        raise InputFileError(message) if what == "question id" else InvariantError(message)
    return text
