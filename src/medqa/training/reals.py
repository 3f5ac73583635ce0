"""Questions that people really asked, with the sections that answer them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from medqa.errors import TrainingError
from medqa.training.sections import TrainingCorpus


@dataclass(frozen=True, slots=True)
class RealQuestion:
    """`wordings` of one question; `target` maps sections (numbers in the corpus) to shares that add up to 1."""

    wordings: tuple[str, ...]
    target: Mapping[int, float]


def read_questions(path: Path, corpus: TrainingCorpus) -> list[RealQuestion]:
    """Lines with `question`, perhaps `summary` (the same in one clear line), and `relevant` (section -> grade).

    A section's share grows as the gain of nDCG does, 2^grade - 1 (Burges et al. 2005, section 6). Questions without
    a section in `corpus` are left out. Raises `TrainingError` naming the line that cannot be read.
    """
    numbers = {section.docid: number for number, section in enumerate(corpus.sections)}
    found: list[RealQuestion] = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise TrainingError(f"The questions {path} cannot be read: {error}") from error
    for line_number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            wordings = tuple(dict.fromkeys(str(row[key]) for key in ("question", "summary") if row.get(key)))
            grades: Mapping[str, int] = row["relevant"]
            gains = {numbers[s]: 2.0 ** int(grade) - 1 for s, grade in grades.items() if s in numbers}
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
            raise TrainingError(
                f"{path}:{line_number} is no training question: {error!r}",
                remedy='A line looks like {"question": "...", "relevant": {"article#section": 2}}.',
            ) from error
        total = sum(gain for gain in gains.values() if gain > 0)
        if wordings and total > 0:
            found.append(RealQuestion(wordings, {s: gain / total for s, gain in gains.items() if gain > 0}))
    return found
