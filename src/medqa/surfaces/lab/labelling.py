"""Label: what answers a question and how well, in a person's own judgement; two people's agreement."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response

from medqa.engine import Engine
from medqa.engine.paths import state_root
from medqa.engine.readable import check_question
from medqa.errors import ArticleNotFoundError
from medqa.evaluation.gold import sections_of
from medqa.evaluation.kept_labels import (
    MOST_GRADE,
    Agreement,
    GoldQuote,
    JudgedPassage,
    KeptLabels,
    LabelledQuestion,
    agreement,
    label_id,
)
from medqa.state import CaseStore, Role
from medqa.surfaces.markup import still_says
from medqa.surfaces.rooms.forms import Form, form_of
from medqa.surfaces.rooms.shell import attachment, person_of, room_page, room_router, see_other
from medqa.surfaces.staff.quotes import Ref, ref_from, ref_of
from medqa.types import Document, Span

SHOWN = 15
MOST_OPEN = 40
MOST_FACTS = 20
MOST_FIELD_CHARS = 400


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage to judge. `rank` is that of the search, 0 where only another labeller judged it; `grade` and `gold`
    (one quote a line) are what the form says."""

    ref: Ref
    title: str
    section: str
    text: str
    rank: int
    grade: str
    gold: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A question with what its labeller said of it so far."""

    question: str
    passages: tuple[Passage, ...]
    unanswerable: bool
    key_facts: str
    tags: str
    note: str
    saved: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A question that somebody else labelled, or that the support desk made a test case of."""

    question: str
    why: str


def label_routes(engine: Engine) -> APIRouter:
    """``/lab/label``; ``/lab/label/NAME.jsonl`` is what a person labelled, as a question set."""
    routes = room_router(Role.TESTER)
    kept = KeptLabels(state_root(engine.settings))
    cases = CaseStore(state_root(engine.settings))

    def overview(request: Request) -> HTMLResponse:
        me = person_of(request).name
        everybody = {author: kept.of(author) for author in kept.authors()}
        return room_page(
            request,
            "lab/label.html",
            sheet=None,
            mine=everybody.get(me, ((), ()))[0],
            waiting=waiting_for(me, {name: labels for name, (labels, _) in everybody.items()}, cases),
            authors=[(name, len(labels), broken) for name, (labels, broken) in everybody.items()],
            agreements=agreements({name: labels for name, (labels, _) in everybody.items()}),
        )

    def shown(request: Request, form: Form, problems: tuple[str, ...] = ()) -> HTMLResponse:
        sheet = sheet_for(engine, kept, person_of(request).name, form, typed=bool(problems))
        return room_page(
            request, "lab/label.html", status=422 if problems else 200, sheet=sheet, problems=problems, most=MOST_GRADE
        )

    def save(request: Request, form: Form) -> Response:
        label, problems = label_from(engine, form, person_of(request).name)
        if problems:
            return shown(request, form, problems)
        kept.save(label)
        return see_other("/lab/label")

    @routes.get("/lab/label")
    def first(request: Request) -> HTMLResponse:
        return overview(request)

    @routes.post("/lab/label")
    async def asked(request: Request) -> HTMLResponse:
        return await run_in_threadpool(shown, request, await form_of(request))

    @routes.post("/lab/label/save")
    async def saved(request: Request) -> Response:
        return await run_in_threadpool(save, request, await form_of(request))

    @routes.post("/lab/label/remove")
    async def removed(request: Request) -> Response:
        form = await form_of(request)
        await run_in_threadpool(kept.remove, person_of(request).name, form.get("id"))
        return see_other("/lab/label")

    @routes.get("/lab/label/{author}.jsonl")
    def as_set(author: str) -> Response:
        return attachment(kept.jsonl(author), "application/x-ndjson", kept.path(author).name)

    return routes


def sheet_for(engine: Engine, kept: KeptLabels, author: str, form: Form, *, typed: bool) -> Sheet:
    """The passages that a search finds and those that anybody judged for this question, so that two people judge the
    same; filled in from `form` if that is what was `typed`, else from what the author saved.

    Raises `QuestionError` for a question that cannot be searched for.
    """
    question = form.get("question")
    _, hits = engine.looked_up(question, SHOWN)
    refs = {ref_of(hit.chunk.document_id, hit.chunk.span, hit.chunk.text): hit.rank for hit in hits}
    same = [label for name in kept.authors() for label in kept.of(name)[0] if label.id == label_id(question)]
    for passage in (passage for label in same for passage in label.judged):
        refs.setdefault(Ref(passage.article_id, passage.start, passage.end, passage.checksum), 0)
    mine = next((label for label in same if label.author == author), None)
    if typed or mine is None:
        grades = {str(ref): form.get(f"grade:{ref}") for ref in refs}
        gold = {str(ref): form.text(f"gold:{ref}") for ref in refs}
    else:
        grades, gold = _graded(mine)
    passages = []
    for ref, rank in refs.items():
        document = _document(engine, ref)
        if document is not None:
            span = Span(ref.start, ref.end)
            heading = next((section.heading for section in sections_of(document, span)), "")
            filled = grades.get(str(ref), ""), gold.get(str(ref), "")
            passages.append(Passage(ref, document.title, heading, span.of(document.text), rank, *filled))
    if typed or mine is None:
        return Sheet(
            question,
            tuple(passages),
            unanswerable=bool(form.get("unanswerable")),
            key_facts=form.text("key_facts"),
            tags=form.get("tags"),
            note=form.get("note"),
            saved=mine.date if mine else "",
        )
    return Sheet(
        question,
        tuple(passages),
        unanswerable=not mine.answerable,
        key_facts="\n".join(mine.key_facts),
        tags=", ".join(mine.tags),
        note=mine.note,
        saved=mine.date,
    )


def label_from(engine: Engine, form: Form, author: str) -> tuple[LabelledQuestion, tuple[str, ...]]:
    """What the form says, and what keeps it from being saved, in words.

    Raises `QuestionError` for a question that could not be asked.
    """
    question = form.get("question")
    check_question(question, engine.settings.server.max_question_chars)
    problems: list[str] = []
    judged: list[JudgedPassage] = []
    gold: list[GoldQuote] = []
    for ref in filter(None, map(ref_from, dict.fromkeys(form.all("passage")))):
        written, quotes = form.get(f"grade:{ref}"), _lines(form.text(f"gold:{ref}"))
        if not written and not quotes:
            continue
        document = _document(engine, ref)
        if document is None:
            problems.append(f"The article {ref.article_id} has changed since this page was made; judge it anew.")
            continue
        if written not in map(str, range(MOST_GRADE + 1)) or (quotes and written == "0"):
            problems.append(f"In “{document.title}” words are marked as gold, but the passage is not graded relevant.")
            continue
        place = {"article_id": ref.article_id, "start": ref.start, "end": ref.end}
        judged.append(JudgedPassage(**place, checksum=ref.checksum, grade=int(written)))
        if written != "0":
            gold += _gold_of(document, ref, quotes, int(written), problems)
    answerable = not form.get("unanswerable")
    facts = _lines(form.text("key_facts"))[:MOST_FACTS]
    if answerable and not gold:
        problems.append("Grade at least one passage as relevant, or say that the library has no answer.")
    if not answerable and gold:
        problems.append("The question is marked as having no answer, but passages are graded as relevant.")
    problems += _facts_unsaid(facts, gold)
    return LabelledQuestion(
        id=label_id(question),
        question=question,
        tags=tuple(dict.fromkeys(tag.strip() for tag in form.get("tags").split(",") if tag.strip())),
        answerable=answerable,
        gold=tuple(gold),
        key_facts=facts,
        note=form.get("note")[:MOST_FIELD_CHARS],
        author=author,
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        judged=tuple(judged),
    ), tuple(problems)


def waiting_for(me: str, labels: dict[str, tuple[LabelledQuestion, ...]], cases: CaseStore) -> tuple[Waiting, ...]:
    """What I have not labelled yet: the desk's test cases, then what others labelled. Their grades stay unsaid."""
    done = {label.id for label in labels.get(me, ())}
    found = [Waiting(str(case.line["question"]), "a test case of the support desk") for case in cases.list()]
    found += [
        Waiting(one.question, f"labelled by {who}") for who, their in labels.items() if who != me for one in their
    ]
    first = {label_id(one.question): one for one in reversed(found)}
    return tuple(one for key, one in reversed(first.items()) if key not in done)[:MOST_OPEN]


def agreements(labels: dict[str, tuple[LabelledQuestion, ...]]) -> tuple[Agreement, ...]:
    """Of every two people who labelled a question in common."""
    found = (agreement((a, b), labels[a], labels[b]) for a, b in combinations(sorted(labels), 2))
    return tuple(one for one in found if one.questions)


def _graded(label: LabelledQuestion) -> tuple[dict[str, str], dict[str, str]]:
    """Grades and quotes by passage, as the form holds them. A passage that is gold as a whole has no quotes."""
    grades, gold = {}, {}
    for p in label.judged:
        ref = str(Ref(p.article_id, p.start, p.end, p.checksum))
        grades[ref] = str(p.grade)
        inside = [
            " ".join(g.quote.split())
            for g in label.gold
            if g.article_id == p.article_id
            and p.start <= g.start
            and g.end <= p.end
            and (g.start, g.end) != (p.start, p.end)
        ]
        gold[ref] = "\n".join(inside)
    return grades, gold


def _document(engine: Engine, ref: Ref) -> Document | None:
    """The article if it still says there what was judged."""
    try:
        document = engine.document(ref.article_id)
    except ArticleNotFoundError:
        return None
    return document if still_says(document.text, Span(ref.start, ref.end), ref.checksum) else None


def _gold_of(
    document: Document, ref: Ref, quotes: tuple[str, ...], grade: int, problems: list[str]
) -> Iterable[GoldQuote]:
    """The quotes as they stand in the passage, whatever their white space; the whole passage where none are given."""
    passage = Span(ref.start, ref.end)
    spans = [] if quotes else [passage]
    for quote in quotes:
        match = re.search(r"\s+".join(map(re.escape, quote.split())), passage.of(document.text))
        if match is None:
            problems.append(f"“{quote}” does not stand in that passage of “{document.title}”, letter by letter.")
        else:
            spans.append(Span(ref.start + match.start(), ref.start + match.end()))
    for span in spans:
        section = next(iter(sections_of(document, span)), None)
        yield GoldQuote(
            article_id=ref.article_id,
            section_id=section.id if section else "",
            quote=span.of(document.text),
            start=span.start,
            end=span.end,
            grade=grade,
        )


def _facts_unsaid(facts: Iterable[str], gold: list[GoldQuote]) -> list[str]:
    """Key facts that are no pattern, or that nothing marked as gold says: no answer could ever state those."""
    problems = []
    for fact in facts:
        try:
            said = any(re.search(fact, quote.quote, re.IGNORECASE) for quote in gold)
        except re.error as error:
            problems.append(f"The key fact “{fact}” is not a regular expression: {error}.")
        else:
            if not said:
                problems.append(f"Nothing that is marked as gold says the key fact “{fact}”.")
    return problems


def _lines(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line.strip() for line in text.split("\n") if line.strip()))
