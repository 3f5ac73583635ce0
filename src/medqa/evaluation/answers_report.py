"""The report of a measurement of answers: shares, lengths, and the answers that fell short in full."""

from __future__ import annotations

from medqa.evaluation.answers import MEASURES, AnswersResult, Marked
from medqa.evaluation.charts import Series, histogram, shares_with_intervals, waterfall
from medqa.evaluation.compare import Comparison
from medqa.evaluation.report import Case, Cases, Chart, Item, Report, Table, Tile, Tone, change_table, interval
from medqa.types import Answered

WORST = 40
TAG_MEASURES = ("answered", "key-facts", "gold-cited", "citation-precision", "caught")


def answers_report(result: AnswersResult, comparison: Comparison | None = None) -> Report:
    stamp = result.stamp
    where = f"over {stamp.articles:,} articles in {stamp.chunks:,} passages"
    short = [m for m in result.marked if m.question.answerable and (m.kind != "answered" or m.missing)]
    silent = [m for m in short if m.kind != "answered"]
    lacking = sorted((m for m in short if m.kind == "answered"), key=lambda m: m.values.get("key-facts", 1.0))
    wrong = [m for m in result.marked if not m.question.answerable and m.kind == "answered"]
    forbidden = [m for m in result.marked if m.forbidden]
    return Report(
        title="How good the answers are",
        lead=f"{len(result.marked)} questions of {', '.join(stamp.questions)} {where}. {stamp.measured_at[:10]}.",
        stamp=stamp.to_json(),
        tiles=_tiles(result),
        charts=_charts(result, comparison),
        tables=(
            *([change_table(comparison, "")] if comparison else []),
            Table(
                "All figures",
                ("share of", "", "over"),
                tuple((MEASURES[n], interval(e), str(e.n)) for n, e in result.estimates.items()),
                "Means with 95% intervals, and over how many questions or answers.",
            ),
            _tags(result),
        ),
        cases=(
            _cases("Says what it must not", forbidden),
            _cases("Key facts are missing", lacking),
            _cases("Not answered, though the articles answer", silent),
            _cases("Answered, though the articles do not answer", wrong),
        ),
    )


def _tiles(result: AnswersResult) -> tuple[Tile, ...]:
    names = ("key-facts", "gold-cited", "citation-precision", "quotes-exact", "answered", "caught", "must-not")
    tiles = [
        Tile(name, f"{e.value:.1%}", f"{e.low:.0%} to {e.high:.0%} ({e.n})")
        for name in names
        if (e := result.estimates.get(name)) is not None
    ]
    tiles.append(Tile("words", f"{result.words[0]:.0f}", f"median; 9 of 10 within {result.words[1]:.0f}"))
    tiles.append(Tile("reading grade", f"{result.grades[0]:.1f}", f"median; 9 of 10 within {result.grades[1]:.1f}"))
    tiles.append(Tile("one reply", f"{result.latency.p50:.0f} ms", f"95 of 100 within {result.latency.p95:.0f} ms"))
    return tuple(tiles)


def _charts(result: AnswersResult, comparison: Comparison | None) -> tuple[Chart, ...]:
    charts = []
    for name in ("key-facts", "gold-cited"):
        rows = [(f"{tag} ({row[name].n})", row[name]) for tag, row in result.by_tag.items() if name in row]
        if rows:
            says = "; ".join(f"{tag}: {e.value:.2f}" for tag, e in rows)
            charts.append(
                Chart(f"{name} by tag", shares_with_intervals(rows, says=says), f"Share of {MEASURES[name]}.")
            )
    words = tuple(float(m.words) for m in result.marked if m.words is not None)
    charts.append(Chart("Words of an answer", histogram([Series("answers", words)], says="words of the answers")))
    grades = tuple(m.grade for m in result.marked if m.grade is not None)
    charts.append(Chart("Reading grade", histogram([Series("answers", grades)], says="reading grades of the answers")))
    change = comparison.changes.get("key-facts") if comparison else None
    if change:
        svg = waterfall(list(change.gains.values()), says=f"{len(change.won)} better, {len(change.lost)} worse")
        charts.append(Chart("Key facts won and lost against the baseline", svg))
    return tuple(charts)


def _tags(result: AnswersResult) -> Table:
    rows = tuple(
        (tag, *(interval(row[name]) if name in row else "" for name in TAG_MEASURES))
        for tag, row in result.by_tag.items()
    )
    return Table("By tag", ("tag", *TAG_MEASURES), rows)


def _cases(title: str, marked: list[Marked]) -> Cases:
    caption = f"{len(marked)} questions" + (f", the first {WORST} of them" if len(marked) > WORST else "") + "."
    return Cases(title, tuple(map(_case, marked[:WORST])), caption, found="What was answered")


def _case(marked: Marked) -> Case:
    question, reply = marked.question, marked.asked.reply
    notes = [marked.kind, *(f"lacks /{fact}/" for fact in marked.missing), *(f"says /{f}/" for f in marked.forbidden)]
    found: list[Item] = []
    if isinstance(reply, Answered):
        for sentence in reply.answer.sentences:
            cited = sentence.citations[0]
            fit = marked.cited[cited.document_id, cited.section_id]
            tone: Tone = "right" if fit else "wrong" if question.answerable else ""
            found.append(Item(f"{cited.title} › {cited.section}", sentence.text, tone=tone))
    elif reply is not None:
        found = [Item(hit.title, hit.chunk.text, note=f"found, rank {hit.rank}") for hit in reply.trace.hits[:3]]
    wanted = [Item(f"{g.article_id} › {g.section_id or ''}", g.quote, note=f"grade {g.grade}") for g in question.gold]
    return Case(question.id, question.text, question.tags, "; ".join(notes), tuple(wanted), tuple(found))
