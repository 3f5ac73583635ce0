"""What the report of a run tells of each question, whatever it measured: what was wanted, found and said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from medqa.evaluation.scorecard import Scorecard

Row = Mapping[str, Any]
LISTS = ("per_question", "per_turn", "messages")
"""Where the rows stand: retrieval and answers, conversations, safety."""
MOST_HITS = 5


@dataclass(frozen=True, slots=True)
class Side:
    """One question in one run: its `value` (empty without one), and what was found or said, as lines."""

    value: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Moved:
    """A question that did better or worse; `gain` above 0 is better. `gold` is what was wanted, as lines."""

    id: str
    question: str
    gain: float
    gold: tuple[str, ...]
    before: Side
    now: Side


def questions_of(report: Mapping[str, Any]) -> dict[str, Row]:
    """The row of each question by its id; empty where the report has none."""
    rows = next((report[name] for name in LISTS if report.get(name)), ())
    return {str(row["id"]): row for row in rows}


def text_of(row: Row) -> str:
    return str(next((row[name] for name in ("question", "user", "text") if row.get(name)), ""))


def gold_of(row: Row) -> tuple[str, ...]:
    """What should have come: labelled places, the question in full, the level of a message."""
    relevant = row.get("relevant", {})
    grades = relevant.get("section") or relevant.get("article") or {}
    lines = [f"{place} (grade {grade})" for place, grade in sorted(grades.items(), key=lambda pair: -pair[1])]
    if row.get("answerable") is False:
        lines.append("no answer: the library has none")
    if row.get("standalone"):
        lines.append(f"read as: {row['standalone']}")
    if row.get("level"):
        lines.append(_with(str(row["level"]), row.get("cause"), row.get("intent")))
    return tuple(lines)


def side_of(row: Row, card: Scorecard, figure: str, item: str) -> Side:
    value = card.figures[figure].items.get(item)
    return Side("" if value is None else f"{value:.3f}", tuple(_told(row)))


def tag_means(rows: Mapping[str, Row], old: Mapping[str, float], new: Mapping[str, float]) -> list[tuple[str, ...]]:
    """(tag, questions, mean before, mean now, difference) over the questions of each tag that have both values."""
    tags: dict[str, list[str]] = {}
    for item in old.keys() & new.keys() & rows.keys():
        row = rows[item]
        for tag in row.get("tags") or [name for name in (row.get("cause"),) if name]:
            tags.setdefault(str(tag), []).append(item)
    found: list[tuple[str, ...]] = []
    for tag, items in sorted(tags.items()):
        before, now = (sum(values[item] for item in items) / len(items) for values in (old, new))
        found.append((tag, str(len(items)), f"{before:.3f}", f"{now:.3f}", f"{now - before:+.3f}"))
    return found


def _told(row: Row) -> Iterator[str]:
    for hit in list(row.get("hits", ()))[:MOST_HITS]:
        grade = hit["grade"].get("section") or hit["grade"].get("article") or 0
        yield f"{hit['rank']}. {hit['section']}" + (f" (relevant, grade {grade})" if grade else "")
    if row.get("kind"):
        yield f"{row['kind']}"
    for sentence in (row.get("reply") or {}).get("answer") or ():
        yield sentence["text"] + "".join(f" [{number}]" for number in sentence["citations"])
    for name in ("missing", "forbidden"):
        if row.get(name):
            yield f"{name}: {'; '.join(row[name])}"
    if row.get("interpreted_question"):
        yield f"read as: {row['interpreted_question']}"
    got = row.get("got")
    if got:
        yield _with(got["level"], got["rule_id"], got["intent"])
    if row.get("error"):
        yield f"error: {row['error']}"


def _with(level: str, *more: str | None) -> str:
    named = ", ".join(word for word in more if word)
    return f"{level} ({named})" if named else level
