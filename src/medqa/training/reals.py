"""Questions that people really asked, with the sections that answer them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from medqa.errors import TrainingError
from medqa.training.pairs import Pair
from medqa.training.sections import TrainingCorpus


@dataclass(frozen=True, slots=True)
class RealQuestion:
    """`wordings` of one question, the sections (numbers in the corpus) that answer it, best grade first."""

    wordings: tuple[str, ...]
    sections: tuple[int, ...]


def read_questions(path: Path, corpus: TrainingCorpus) -> list[RealQuestion]:
    """Lines with `question`, perhaps `summary` (the same in one clear line), and `relevant` (section -> grade).

    Only sections of the best grade that a question has count; questions without one in `corpus` are left out.
    Raises `TrainingError` naming the line that cannot be read.
    """
    numbers = {section.docid: number for number, section in enumerate(corpus.sections)}
    found: list[RealQuestion] = []
    for line_number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            wordings = tuple(dict.fromkeys(str(row[key]) for key in ("question", "summary") if row.get(key)))
            relevant: Mapping[str, int] = row["relevant"]
            best = max(relevant.values(), default=0)
            sections = tuple(numbers[s] for s, grade in relevant.items() if grade == best and s in numbers)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise TrainingError(
                f"{path}:{line_number} is no training question: {error!r}",
                remedy='A line looks like {"question": "...", "relevant": {"article#section": 2}}.',
            ) from error
        if wordings and sections:
            found.append(RealQuestion(wordings, sections))
    return found


def real_pair(real: RealQuestion, corpus: TrainingCorpus, random: Random) -> Pair:
    """One of its wordings with a passage of one of its sections."""
    section = random.choice(real.sections)
    passages: Sequence[int] = corpus.sections[section].passages
    row = passages[0] if random.random() < 0.5 else random.choice(passages)
    return Pair(random.choice(real.wordings), corpus.passages[row], section, row)
