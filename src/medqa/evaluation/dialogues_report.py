"""A measurement of conversations as plain values, as a scorecard, and as a report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from medqa.evaluation.compare import Comparison
from medqa.evaluation.dialogues import LESS_IS_BETTER, MEASURES, DialoguesResult, MarkedTurn
from medqa.evaluation.report import Case, Cases, Item, Report, Table, Tile, change_table, interval
from medqa.evaluation.retrieval_json import estimate_to_json
from medqa.evaluation.scorecard import Figure, Scorecard

WORST = 60


def dialogues_to_json(result: DialoguesResult) -> dict[str, Any]:
    return {
        "kind": "conversations",
        "stamp": result.stamp.to_json(),
        "conversations": result.dialogues,
        "turns": len(result.marked),
        "measures": {name: estimate_to_json(e) for name, e in result.estimates.items()},
        "tags": {tag: {n: estimate_to_json(e) for n, e in row.items()} for tag, row in result.by_tag.items()},
        "per_turn": [
            {
                "id": turn.id,
                "user": turn.user,
                "standalone": turn.standalone,
                "interpreted_question": turn.read,
                "note": turn.note,
                "values": dict(turn.values),
            }
            for turn in result.marked
        ],
    }


def dialogues_card(result: DialoguesResult) -> Scorecard:
    return Scorecard(
        "answers",
        result.stamp.to_json(),
        {
            name: Figure(
                estimate,
                {turn.id: turn.values[name] for turn in result.marked if name in turn.values},
                less_is_better=name in LESS_IS_BETTER,
            )
            for name, estimate in result.estimates.items()
        },
    )


def lost(result: DialoguesResult) -> list[MarkedTurn]:
    """Follow-ups that find nothing, where the question in full does."""
    return [turn for turn in result.marked if turn.values.get("difference", 0.0) > 0]


def inherited(result: DialoguesResult) -> list[MarkedTurn]:
    """Turns of their own that were given a subject."""
    return [turn for turn in result.marked if turn.values.get("no-inheritance") == 0.0]


def dialogues_report(result: DialoguesResult, comparison: Comparison | None = None) -> Report:
    stamp = result.stamp
    return Report(
        title="How well a conversation keeps its thread",
        lead=f"{result.dialogues} conversations of {', '.join(stamp.questions)}, {len(result.marked)} turns after the "
        f"first. {stamp.measured_at[:10]}.",
        stamp=stamp.to_json(),
        tiles=tuple(
            Tile(name, f"{e.value:.1%}", f"{e.low:.0%} to {e.high:.0%} ({e.n})") for name, e in result.estimates.items()
        ),
        charts=(),
        tables=(
            *([change_table(comparison, "")] if comparison else []),
            Table(
                "All figures",
                ("share of", "", "over"),
                tuple((MEASURES[n], interval(e), str(e.n)) for n, e in result.estimates.items()),
                "Shares with 95% intervals.",
            ),
        ),
        cases=(
            _cases("Lost in the conversation", lost(result)),
            _cases("Given a subject it does not have", inherited(result)),
        ),
    )


def _cases(title: str, turns: Sequence[MarkedTurn]) -> Cases:
    shown = [
        Case(
            turn.id,
            turn.user,
            tags=turn.tags,
            wanted=(Item("in full", turn.standalone),),
            found=(Item("read as", turn.read, note=turn.note),),
        )
        for turn in turns[:WORST]
    ]
    return Cases(title, tuple(shown), f"{len(turns)} in all", "What was meant", "How it was read")
