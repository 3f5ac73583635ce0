"""What found a passage, in the words of the desk and the lab."""

from __future__ import annotations

from medqa.presentation import stages_of
from medqa.types import Hit

STAGE_NAMES = {"dense": "meaning", "lexical": "words", "fused": "both", "rerank": "titles and headings"}


def found_by(hit: Hit) -> tuple[tuple[str, int, float], ...]:
    """(name, rank, score) of each stage that had the hit."""
    return tuple((STAGE_NAMES[name], stage.rank, stage.score) for name, stage in stages_of(hit).items() if stage)
