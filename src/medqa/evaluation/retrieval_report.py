"""The report of a retrieval measurement: figures, charts, tables, and the worst questions with what was found."""

from __future__ import annotations

import math

from medqa.evaluation.abstention import Abstention, Point
from medqa.evaluation.charts import Mark, Series, curve, histogram, shares_with_intervals, waterfall
from medqa.evaluation.compare import Change, Comparison
from medqa.evaluation.gold import Level
from medqa.evaluation.questions import Question
from medqa.evaluation.report import Case, Cases, Chart, Item, Report, Table, Tile, Tone, change_table, interval
from medqa.evaluation.retrieval import RetrievalResult, unit_of
from medqa.types import Hit

WORST = 20
SHOWN_HITS = 5
HEADLINE = "nDCG@10"


def retrieval_report(result: RetrievalResult, comparison: Comparison | None = None) -> Report:
    main = f"{result.main.value}:"
    headline = _headline(result)
    changes = [change_table(comparison, main)] if comparison else []
    change = comparison.changes.get(f"{main}{headline}") if comparison else None
    return Report(
        title="How well questions find their answers",
        lead=_lead(result),
        stamp=result.stamp.to_json(),
        tiles=_tiles(result),
        charts=tuple(_charts(result, headline, change)),
        tables=tuple(
            [*changes, _measures(result), *_tags(result), *_abstaining(result.abstention)]
            + ([_moved(result, change)] if change else [])
            + [_every_question(result, headline)]
        ),
        cases=tuple(_cases(result, headline)),
    )


def _headline(result: RetrievalResult) -> str:
    names = list(result.values[result.main])
    return HEADLINE if HEADLINE in names else names[0]


def _lead(result: RetrievalResult) -> str:
    stamp = result.stamp
    where = f" over {stamp.articles:,} articles in {stamp.chunks:,} passages" if stamp.build_id else ""
    files = ", ".join(stamp.questions) or "a TREC file"
    counts = f"{len(result.questions)} questions ({result.scored} with an answer to find)"
    return f"{counts} of {files}{where}. {stamp.measured_at[:10]}."


def _tiles(result: RetrievalResult) -> tuple[Tile, ...]:
    wanted = [n for n in (HEADLINE, "Success@3", "R@10", "RR") if n in result.estimates[result.main]]
    tiles = [
        Tile(f"{name}, {result.main.value}", f"{e.value:.3f}", f"{e.low:.3f} to {e.high:.3f}")
        for name in wanted
        for e in [result.estimates[result.main][name]]
    ]
    if result.abstention:
        caught, false = result.abstention.observed.caught, result.abstention.observed.false
        tiles.append(Tile("rightly unanswered", f"{caught.value:.0%}", f"{caught.low:.0%} to {caught.high:.0%}"))
        tiles.append(Tile("falsely unanswered", f"{false.value:.0%}", f"{false.low:.0%} to {false.high:.0%}"))
    if result.latency.n:
        tiles.append(
            Tile("one search", f"{result.latency.p50:.1f} ms", f"95 of 100 within {result.latency.p95:.1f} ms")
        )
    return tuple(tiles)


def _charts(result: RetrievalResult, headline: str, change: Change | None) -> list[Chart]:
    main = result.main
    charts = []
    if result.by_tag and headline in next(iter(result.by_tag.values())):
        rows = [(f"{tag} ({row[headline].n})", row[headline]) for tag, row in result.by_tag.items()]
        charts.append(
            Chart(
                f"{headline} by tag",
                shares_with_intervals(rows, says=_said([(name, f"{e.value:.2f}") for name, e in rows])),
                f"At {main.value} level, with 95% intervals and the number of questions.",
            )
        )
    values = tuple(result.values[main][headline].values())
    charts.append(
        Chart(
            f"{headline} of each question",
            histogram([Series("questions", values)], bins=10, says=f"{headline} of {len(values)} questions"),
            "How many questions lie where. Those at the left end are listed below.",
        )
    )
    if change:
        charts.append(
            Chart(
                "Wins and losses against the baseline",
                waterfall(
                    list(change.gains.values()),
                    says=f"{len(change.won)} questions got better, {len(change.lost)} worse, {change.same} stayed",
                ),
                f"{headline}: {len(change.won)} better, {len(change.lost)} worse, {change.same} the same; "
                f"mean {change.difference.value:+.3f}.",
            )
        )
    if result.abstention:
        charts += _abstention_charts(result.abstention)
    if result.latency.n:
        times = tuple(s.ms for s in result.searched.values() if not s.error)
        charts.append(
            Chart(
                "Milliseconds of a search",
                histogram([Series("searches", times)], unit=" ms", says=f"milliseconds of {len(times)} searches"),
                f"Half within {result.latency.p50:.1f} ms, 95 of 100 within {result.latency.p95:.1f} ms.",
            )
        )
    return charts


def _abstention_charts(found: Abstention) -> list[Chart]:
    yes = tuple(c.evidence for c in found.cases if c.answerable and math.isfinite(c.evidence))
    no = tuple(c.evidence for c in found.cases if not c.answerable and math.isfinite(c.evidence))
    here = found.observed
    return [
        Chart(
            "Risk over coverage",
            curve(
                found.curve,
                [Mark(here.coverage, here.risk, "as configured")],
                says=f"risk over coverage, area {found.aurc:.3f}",
                x="share of questions answered",
                y="risk",
            ),
            "Risk: the share of answered questions that have no answer, or none among the first three sections. "
            f"Area {found.aurc:.3f}.",
        ),
        Chart(
            "Evidence",
            histogram(
                [Series("answerable", yes), Series("unanswerable", no, "two")],
                says=f"evidence of {len(yes)} answerable and {len(no)} unanswerable questions",
            ),
            f"What the pipeline thinks of its best sentence. A pair is in the right order {found.auc:.1%} of the time.",
        ),
    ]


def _measures(result: RetrievalResult) -> Table:
    names = list(result.estimates[result.main])
    rows = tuple((name, *(interval(result.estimates[level][name]) for level in result.levels)) for name in names)
    return Table("All figures", ("", *(level.value for level in result.levels)), rows, "Means with 95% intervals.")


def _tags(result: RetrievalResult) -> list[Table]:
    if not result.by_tag:
        return []
    names = list(next(iter(result.by_tag.values())))
    rows = tuple(
        (tag, str(row[names[0]].n), *(interval(row[name]) for name in names)) for tag, row in result.by_tag.items()
    )
    return [Table("By tag", ("tag", "questions", *names), rows, f"At {result.main.value} level.")]


def _abstaining(found: Abstention | None) -> list[Table]:
    if found is None:
        return []
    named = [("as configured", found.observed)]
    named += [(f"below {p.threshold:.3f}", p) for p in found.given if p.threshold is not None]
    named += [
        (f"below {p.threshold:.3f}: at most {limit:.0%} false", p)
        for limit, p in found.chosen.items()
        if p.threshold is not None and math.isfinite(p.threshold)
    ]
    head = ("left unanswered", "falsely (answerable)", "rightly (unanswerable)", "coverage", "risk")
    return [Table("Knowing when not to answer", head, tuple(_point(name, p) for name, p in named))]


def _point(name: str, point: Point) -> tuple[str, ...]:
    return (name, interval(point.false), interval(point.caught), f"{point.coverage:.2f}", f"{point.risk:.2f}")


def _moved(result: RetrievalResult, change: Change) -> Table:
    texts = {q.id: q.text for q in result.questions}
    now = result.values[result.main][change.name.partition(":")[2]]
    rows = [
        (
            question,
            word,
            f"{now[question] - change.gains[question]:.3f}",
            f"{now[question]:.3f}",
            _short(texts[question]),
        )
        for word, moved in (("worse", change.lost), ("better", change.won))
        for question in moved
    ]
    head = ("question", "", "before", "now", "text")
    return Table(
        f"Questions whose {change.name.partition(':')[2]} changed ({len(rows)})", head, tuple(rows), folded=True
    )


def _every_question(result: RetrievalResult, headline: str) -> Table:
    values = result.values[result.main]
    rows = []
    for question in result.questions:
        value = values[headline].get(question.id)
        asked = result.asked.get(question.id)
        kind = (
            next((c.kind for c in result.abstention.cases if c.question_id == question.id), "")
            if result.abstention
            else ""
        )
        first = _first_right(result, question.id)
        rows.append(
            (
                question.id,
                "–" if value is None else f"{value:.3f}",
                "–" if first is None else str(first),
                kind if asked else "–",
                ", ".join(question.tags),
                _short(question.text),
            )
        )
    head = ("question", headline, f"first right {result.main.value}", "reply", "tags", "text")
    return Table(f"Every question ({len(rows)})", head, tuple(rows), folded=True)


def _first_right(result: RetrievalResult, question: str) -> int | None:
    grades = result.labels.grades[result.main][question]
    ranks = (n for n, (unit, _) in enumerate(result.runs[result.main][question], 1) if grades.get(unit, 0) > 0)
    return next(ranks, None)


def _cases(result: RetrievalResult, headline: str) -> list[Cases]:
    values = result.values[result.main][headline]
    by_id = {q.id: q for q in result.questions}
    worst = sorted((q for q in values if values[q] < 1.0), key=lambda q: (values[q], q))[:WORST]
    groups = [
        Cases(
            f"The {len(worst)} worst questions",
            tuple(_case(result, by_id[q], f"{headline} {values[q]:.3f}") for q in worst),
            f"By {headline} at {result.main.value} level. Green: right; yellow: another place of the right article; "
            "red: neither.",
        )
    ]
    if result.abstention:
        wrong = sorted(
            (c for c in result.abstention.cases if not c.answerable and c.kind == "answered"),
            key=lambda c: -c.evidence,
        )
        groups.append(
            Cases(
                "Answered though the articles do not answer",
                tuple(_case(result, by_id[c.question_id], f"evidence {c.evidence:.3f}") for c in wrong[:WORST]),
                f"{len(wrong)} questions, the surest first.",
            )
        )
    return groups


def _case(result: RetrievalResult, question: Question, note: str) -> Case:
    searched = result.searched.get(question.id)
    first = _first_right(result, question.id)
    where = f"; the first right {result.main.value} is number {first}" if first else ""
    wanted = [Item(f"{g.article_id} › {g.section_id or ''}", g.quote, note=f"grade {g.grade}") for g in question.gold]
    wanted += [Item(docid, "", note=f"grade {grade}") for docid, grade in question.relevant.items() if grade > 0]
    hits = searched.hits[:SHOWN_HITS] if searched else ()
    return Case(
        id=question.id,
        text=question.text,
        tags=question.tags,
        note=(searched.error if searched and searched.error else note + (where if question.answerable else "")),
        wanted=tuple(wanted),
        found=tuple(_item(result, question.id, hit) for hit in hits),
    )


def _item(result: RetrievalResult, question: str, hit: Hit) -> Item:
    grades = {level: result.labels.grades[level][question].get(unit_of(hit, level), 0) for level in result.levels}
    right = grades.get(Level.PASSAGE, 0) or grades.get(Level.SECTION, 0)
    near = grades.get(Level.ARTICLE, 0)
    answerable = any(result.labels.grades[level][question] for level in result.levels)
    tone: Tone = "right" if right else "near" if near else "wrong" if answerable else ""
    path = " › ".join(hit.chunk.headings) or hit.title
    return Item(path, hit.chunk.text, tone=tone, note=f"{hit.chunk.section_docid}, {hit.scorer} {hit.score:.3f}")


def _said(pairs: list[tuple[str, str]]) -> str:
    return "; ".join(f"{name}: {value}" for name, value in pairs)


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 90 else f"{flat[:89]}…"
