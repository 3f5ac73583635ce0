"""Labels that people make in the lab: a file of JSON Lines for each of them, beside the state file.

A line is a question as `questions.read_questions` reads it, so that a file is a question set as it stands. Three fields
are added: `author`, `date`, and `judged`, every passage that the person looked at with its grade, 0 included: a set
needs only what is relevant, but to see whether two people agree one needs both.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock
from pydantic import BaseModel, ConfigDict, Field

from medqa.errors import InputFileError
from medqa.evaluation.agreement import cohen_kappa, weighted_kappa
from medqa.evaluation.questions import read_questions
from medqa.knowledge.folding import fold

LABELS = Path("state") / "labels"
MOST_GRADE = 2
_WAIT_S = 30.0


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class JudgedPassage(_Line):
    """A passage with its grade: 0 not relevant, 1 helps, 2 answers. `checksum` is of its text: the article and the
    checksum name it, and not its place, so that a change elsewhere in the article leaves it what it is."""

    article_id: str
    start: int
    end: int
    checksum: str
    grade: int = Field(ge=0, le=MOST_GRADE)

    @property
    def key(self) -> tuple[str, str]:
        return self.article_id, self.checksum


class GoldQuote(_Line):
    """What answers, letter by letter; `start` and `end` count code points of the stored article."""

    article_id: str
    section_id: str
    quote: str = Field(min_length=1)
    start: int
    end: int
    grade: int = Field(ge=1, le=MOST_GRADE)


class LabelledQuestion(_Line):
    """One question as one person labelled it. `date` is ISO 8601."""

    id: str
    question: str = Field(min_length=1)
    tags: tuple[str, ...] = ()
    answerable: bool = True
    gold: tuple[GoldQuote, ...] = ()
    key_facts: tuple[str, ...] = ()
    note: str = ""
    author: str
    date: str
    judged: tuple[JudgedPassage, ...] = ()


@dataclass(frozen=True, slots=True)
class Differing:
    """A passage that two people graded otherwise."""

    question: str
    passage: JudgedPassage
    grades: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of the passages that both graded for the same question, `n` in all. `relevance` is kappa of "relevant or not",
    `grade` that of the grades weighted by the square of their distance; None where kappa is not defined. `same` is the
    share with the same grade. `answerable` names questions that one of them holds to be unanswerable.
    """

    authors: tuple[str, str]
    questions: int
    n: int
    same: float
    relevance: float | None
    grade: float | None
    differing: tuple[Differing, ...]
    answerable: tuple[str, ...]


class KeptLabels:
    """The labels below an index folder. Safe from several threads and processes."""

    def __init__(self, root: Path) -> None:
        self._folder = root / LABELS

    def authors(self) -> tuple[str, ...]:
        return tuple(sorted(path.stem for path in self._folder.glob("*.jsonl"))) if self._folder.is_dir() else ()

    def path(self, author: str) -> Path:
        """The author's file. Raises `InputFileError` for a name that could be a path elsewhere."""
        if not author or author != Path(author).name or author.startswith("."):
            raise InputFileError(f"{author!r} has no labels.", remedy="Choose one of the list.")
        return self._folder / f"{author}.jsonl"

    def of(self, author: str) -> tuple[tuple[LabelledQuestion, ...], tuple[int, ...]]:
        """What the author labelled, in order, and the numbers of lines that cannot be read."""
        labels, broken = [], []
        for number, line in enumerate(self._lines(author), start=1):
            try:
                labels.append(LabelledQuestion.model_validate_json(line))
            except ValueError:
                broken.append(number)
        return tuple(labels), tuple(broken)

    def save(self, label: LabelledQuestion) -> None:
        """Put `label` in place of what its author said of that question before; lines that cannot be read stay.

        Raises `InputFileError` for what the evaluation would refuse (an answerable question without gold, a key fact
        that is no regular expression); then nothing has changed.
        """
        line = json.dumps(label.model_dump(mode="json"), ensure_ascii=False)
        self._replace(label.author, label.id, [line])

    def remove(self, author: str, label_id: str) -> None:
        """Forget one question of the author; of none nothing happens."""
        self._replace(author, label_id, [])

    def jsonl(self, author: str) -> str:
        """The author's file as it stands."""
        return "".join(f"{line}\n" for line in self._lines(author))

    def _replace(self, author: str, label_id: str, lines: Sequence[str]) -> None:
        path = self.path(author)
        self._folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self._folder / ".lock", timeout=_WAIT_S):
            kept = [line for line in self._lines(author) if _id_of(line) != label_id]
            part = path.with_suffix(".part")
            part.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")
            if lines:
                read_questions([part])  # what the evaluation refuses is not kept
            with part.open("a", encoding="utf-8", newline="\n") as file:
                file.writelines(f"{line}\n" for line in kept)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)

    def _lines(self, author: str) -> list[str]:
        try:
            text = self.path(author).read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return []
        except OSError as error:
            raise InputFileError(f"The labels of {author} cannot be read: {error.strerror}.") from error
        return [line for line in text.split("\n") if line.strip()]


def label_id(question: str) -> str:
    """The same for a question that differs in case, accents or white space alone, whoever labels it."""
    return f"label-{hashlib.sha256(' '.join(fold(question).split()).encode()).hexdigest()[:12]}"


def agreement(authors: tuple[str, str], one: Iterable[LabelledQuestion], two: Iterable[LabelledQuestion]) -> Agreement:
    """How far two people agree, over the questions and passages that both judged."""
    theirs = {label.id: label for label in two}
    both = [(label, theirs[label.id]) for label in one if label.id in theirs]
    pairs: list[tuple[int, int]] = []
    differing: list[Differing] = []
    for mine, other in both:
        grades = {passage.key: passage.grade for passage in other.judged}
        for passage in mine.judged:
            if passage.key not in grades:
                continue
            pair = (passage.grade, grades[passage.key])
            pairs.append(pair)
            if pair[0] != pair[1]:
                differing.append(Differing(mine.question, passage, pair))
    return Agreement(
        authors=authors,
        questions=len(both),
        n=len(pairs),
        same=sum(a == b for a, b in pairs) / len(pairs) if pairs else 0.0,
        relevance=cohen_kappa([(int(a > 0), int(b > 0)) for a, b in pairs]),
        grade=weighted_kappa(pairs),
        differing=tuple(differing),
        answerable=tuple(mine.question for mine, other in both if mine.answerable != other.answerable),
    )


def _id_of(line: str) -> str:
    try:
        return LabelledQuestion.model_validate_json(line).id
    except ValueError:
        return ""
