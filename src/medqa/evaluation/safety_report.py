"""The report of a safety measurement: sensitivity and false alarms, by level and cause, and every miss in full."""

from __future__ import annotations

from medqa.evaluation.charts import Series, histogram, shares_with_intervals, waterfall
from medqa.evaluation.compare import Comparison
from medqa.evaluation.intervals import Estimate
from medqa.evaluation.report import Case, Cases, Chart, Item, Report, Table, Tile, change_table, interval
from medqa.evaluation.safety import Judged, Run, SafetyResult
from medqa.types import SafetyLevel


def safety_report(result: SafetyResult, comparison: Comparison | None = None) -> Report:
    main = result.main
    stamp = result.stamp
    runs = [run for run in (result.rules, result.whole) if run]
    misses = [j for j in main.wrong if not j.is_false_alarm]
    alarms = [j for j in main.wrong if j.is_false_alarm]
    refused = [j for j in main.judged if j.is_refused_wrongly and not j.is_wrong]
    without = f" The second look did not take part: {result.problem}" if result.problem else ""
    return Report(
        title="How the safety check does",
        lead=f"{len(main.judged)} messages of {', '.join(stamp.questions)}. {stamp.measured_at[:10]}.{without}",
        stamp=stamp.to_json(),
        tiles=tuple(_tiles(main)),
        charts=tuple(_charts(result, comparison)),
        tables=(
            *([change_table(comparison, "")] if comparison else []),
            _levels(runs),
            _confusion(main),
            _causes(main),
        ),
        cases=(
            Cases(
                "Missed",
                tuple(_case(j, result) for j in misses),
                f"All {len(misses)}: too low a level, or a request that gets no advice which was not seen. "
                "The gravest first.",
                wanted="The turns before",
                found="What triage said",
            ),
            Cases(
                "False alarms",
                tuple(_case(j, result) for j in alarms),
                f"All {len(alarms)}: a card where none was due.",
                wanted="The turns before",
                found="What triage said",
            ),
            Cases(
                "Sent away without need",
                tuple(_case(j, result) for j in refused),
                f"All {len(refused)}: harmless questions that were refused as requests that get no advice.",
                wanted="The turns before",
                found="What triage said",
            ),
        ),
    )


def _tiles(run: Run) -> list[Tile]:
    tiles = [
        Tile(f"{row.level.value}: caught", f"{row.enough.value:.0%}", _of(row.enough))
        for row in run.levels
        if row.level is not SafetyLevel.NONE and row.enough.n
    ]
    for name, share in (
        ("false alarms", run.false_alarms),
        ("no-advice requests seen", run.intents),
        ("sent away without need", run.refused_wrongly),
        ("dialogues right throughout", run.dialogues),
    ):
        if share.n:
            tiles.append(Tile(name, f"{share.value:.1%}", _of(share)))
    tiles.append(Tile("one message", f"{run.latency.p50:.1f} ms", f"95 of 100 within {run.latency.p95:.1f} ms"))
    return tiles


def _of(share: Estimate) -> str:
    return f"{share.low:.0%} to {share.high:.0%} ({share.n})"


def _charts(result: SafetyResult, comparison: Comparison | None) -> list[Chart]:
    charts = []
    for run in (result.rules, result.whole):
        if run is None:
            continue
        rows = [
            (f"{row.level.value} ({row.enough.n})", row.enough)
            for row in run.levels
            if row.level is not SafetyLevel.NONE and row.enough.n
        ]
        if run.false_alarms.n:
            rows.append((f"false alarms ({run.false_alarms.n})", run.false_alarms))
        says = "; ".join(f"{name}: {e.value:.2f}" for name, e in rows)
        caption = "That level or a graver one; 95% intervals (Wilson)."
        charts.append(Chart(f"Sensitivity, {run.name}", shares_with_intervals(rows, says=says), caption))
    times = tuple(j.ms for j in result.main.judged)
    drawn = histogram([Series("messages", times)], unit=" ms", says=f"milliseconds of {len(times)} messages")
    charts.append(Chart("Milliseconds of a message", drawn))
    change = comparison.changes.get("sensitivity:emergency") if comparison else None
    if change:
        charts.append(
            Chart(
                "Emergencies won and lost against the baseline",
                waterfall(list(change.gains.values()), says=f"{len(change.won)} won, {len(change.lost)} lost"),
                f"{len(change.won)} won, {len(change.lost)} lost, {change.same} as before.",
            )
        )
    return charts


def _levels(runs: list[Run]) -> Table:
    rows = []
    for run in runs:
        for row in run.levels:
            if row.level is not SafetyLevel.NONE and row.enough.n:
                shares = (interval(row.enough), interval(row.exact), interval(row.any))
                rows.append((f"{row.level.value}, {run.name}", str(row.enough.n), *shares))
        rows.append((f"false alarms, {run.name}", str(run.false_alarms.n), interval(run.false_alarms), "", ""))
    head = ("level", "messages", "that level or graver", "exactly that level", "any card")
    return Table("By level", head, tuple(rows), "Shares with 95% intervals (Wilson).")


def _confusion(run: Run) -> Table:
    got = [level for level in SafetyLevel if any((wanted, level) in run.confusion for wanted in SafetyLevel)]
    rows = tuple(
        (f"must be {wanted.value}", *(str(run.confusion.get((wanted, level), 0)) for level in got))
        for wanted in SafetyLevel
        if any((wanted, level) in run.confusion for level in SafetyLevel)
    )
    return Table("What it must be, and what it got", ("", *(level.value for level in got)), rows)


def _causes(run: Run) -> Table:
    rows = tuple(
        (row.cause, row.level.value, str(row.share.n), *(("", share) if calm else (share, "")))
        for row in run.causes
        for calm, share in [(row.level is SafetyLevel.NONE, interval(row.share))]
    )
    return Table("By cause", ("cause", "level", "messages", "caught", "false alarms"), rows, folded=len(rows) > 30)


def _case(judged: Judged, result: SafetyResult) -> Case:
    message, verdict = judged.message, judged.verdict
    said = [f"{result.main.name}: {verdict.level.value}", *([verdict.rule_id] if verdict.rule_id else [])]
    said += [f"intent {verdict.intent}"] if verdict.intent else []
    found = [Item(", ".join(said), verdict.message or "", tone="wrong")]
    if result.whole:
        alone = next(j.verdict for j in result.rules.judged if j.message.id == message.id)
        if (alone.level, alone.intent) != (verdict.level, verdict.intent):
            found.append(Item(f"rules alone: {alone.level.value}", "", note=alone.rule_id or ""))
    wanted = f"must be {message.level.value}" + (f", intent {message.intent}" if message.intent else "")
    return Case(
        id=message.id,
        text=message.text,
        tags=tuple(tag for tag in (message.level.value, message.cause) if tag),
        note=f"{wanted}{'; ' + message.note if message.note else ''}",
        wanted=tuple(Item(turn.role, turn.content) for turn in message.history),
        found=tuple(found),
    )
