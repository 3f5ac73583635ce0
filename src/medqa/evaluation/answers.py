"""How good the answers are: do they say what they must, is every quote exact and from a fit place, are they short?"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from medqa.engine import Engine
from medqa.errors import MedqaError
from medqa.evaluation.asking import Asked, ask_all, kind_of
from medqa.evaluation.gold import Labels, Level, refuse_broken, resolve
from medqa.evaluation.intervals import Estimate, mean_interval
from medqa.evaluation.questions import Question, QuestionSet
from medqa.evaluation.retrieval import Latency, latency_of
from medqa.evaluation.stamp import Stamp, stamp
from medqa.knowledge.reading_grade import measure as measure_reading
from medqa.types import Answered, Citation, Document

REPEAT = 3
"""Length in words of the runs that redundancy counts."""
_WORD = re.compile(r"\w+")

MEASURES: Mapping[str, str] = {
    "answered": "answerable questions that got an answer",
    "key-facts": "key facts that the answer states; none where there is no answer",
    "all-key-facts": "answerable questions whose answer states every key fact",
    "gold-cited": "answerable questions whose answer cites a section that answers",
    "first-cited": "answerable questions whose answer first cites a section that answers",
    "citation-precision": "citations of an answer that are from a section that may be cited",
    "must-not": "answers that say what must not be said",
    "quotes-exact": "citations that stand to the letter where they say",
    "from-quotes": "sentences of an answer that are one of the quotes they cite",
    "redundancy": f"runs of {REPEAT} words of an answer that it has said before",
    "caught": "unanswerable questions that were not answered",
}
"""Every share with its meaning, in the order in which they are shown."""
LESS_IS_BETTER = frozenset({"must-not", "redundancy"})


@dataclass(frozen=True, slots=True)
class Marked:
    """One question with its reply and what it is worth: shares by the names of `MEASURES`, where they apply.

    `words` and `grade` (Flesch-Kincaid) are of the answer; `missing` are the key facts that it does not state,
    `forbidden` what it must not say and does; `cited` says of each cited (article id, section id) whether it may be.
    """

    question: Question
    asked: Asked
    kind: str
    values: Mapping[str, float]
    words: int | None = None
    grade: float | None = None
    missing: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    cited: Mapping[tuple[str, str], bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AnswersResult:
    """`estimates` over the questions that each measure applies to; `by_tag` likewise for each tag.

    `words` and `grades` are medians and 90th percentiles over the answers.
    """

    stamp: Stamp
    marked: tuple[Marked, ...]
    labels: Labels
    estimates: Mapping[str, Estimate]
    by_tag: Mapping[str, Mapping[str, Estimate]]
    words: tuple[float, float]
    grades: tuple[float, float]
    kinds: Mapping[str, int]
    latency: Latency

    @property
    def failed(self) -> tuple[Marked, ...]:
        return tuple(m for m in self.marked if m.asked.error)


def evaluate_answers(
    engine: Engine,
    questions: QuestionSet,
    *,
    skip_broken: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> AnswersResult:
    """Ask every question and mark the reply.

    Raises `InputFileError` when labels do not fit the indexed articles (unless `skip_broken`), and the index's
    own errors. A question that is refused counts as unanswered.
    """
    manifest = engine.manifest()
    labels = resolve(questions.questions, engine.places(), engine.document)
    if not skip_broken:
        refuse_broken(labels.broken)
    left_out = {broken.question_id for broken in labels.broken}
    kept = [q for q in questions.questions if q.id not in left_out]
    engine.warm()
    asked = ask_all(engine, kept, progress)
    sections = labels.grades[Level.SECTION]
    marked = [mark(q, a, sections[q.id], engine.document) for q, a in zip(kept, asked, strict=True)]
    return summed_up(
        marked, labels, stamp(engine.settings, manifest, questions=dict(questions.files), field=questions.field)
    )


def mark(
    question: Question, asked: Asked, sections: Mapping[str, int], document_of: Callable[[str], Document]
) -> Marked:
    """What one reply is worth. `sections` are those that hold the gold, with their grades."""
    kind = kind_of(asked)
    reply = asked.reply
    if not isinstance(reply, Answered):
        absent = {"answered", *(("key-facts", "all-key-facts") if question.key_facts else ())}
        absent |= {"gold-cited", "first-cited"}
        nothing = dict.fromkeys(sorted(absent), 0.0) if question.answerable else {"caught": 1.0}
        return Marked(question, asked, kind, nothing, missing=question.key_facts if question.answerable else ())
    answer = reply.answer
    text = " ".join(f"{s.context or ''} {s.text}".strip() for s in answer.sentences)
    places = [_docid(c, document_of) for c in answer.citations]
    gold = {docid for docid, grade in sections.items() if grade > 0}
    fit = gold | set(question.may_cite)
    missing = tuple(fact for fact in question.key_facts if not _says(fact, text))
    forbidden = tuple(fact for fact in question.must_not if _says(fact, text))
    values: dict[str, float] = {
        "quotes-exact": _mean([_is_exact(c, document_of) for c in answer.citations]),
        "from-quotes": _mean([_is_quote(s.text, [c.quote for c in s.citations]) for s in answer.sentences]),
        "redundancy": redundancy([s.text for s in answer.sentences]),
    }
    if question.must_not:
        values["must-not"] = float(bool(forbidden))
    if not question.answerable:
        values["caught"] = 0.0
    else:
        values["answered"] = 1.0
        if question.key_facts:
            values["key-facts"] = 1.0 - len(missing) / len(question.key_facts)
            values["all-key-facts"] = float(not missing)
        if fit:
            values["gold-cited"] = float(any(place in gold for place in places))
            values["first-cited"] = float(places[0] in gold)
            values["citation-precision"] = _mean([place in fit for place in places])
    sentences = [s.text for s in answer.sentences]
    return Marked(
        question=question,
        asked=asked,
        kind=kind,
        values=values,
        words=sum(len(s.split()) for s in sentences),
        grade=measure_reading(sentences).grade,
        missing=missing,
        forbidden=forbidden,
        cited={(c.document_id, c.section_id): place in fit for c, place in zip(answer.citations, places, strict=True)},
    )


def summed_up(marked: Sequence[Marked], labels: Labels, measured: Stamp) -> AnswersResult:
    kinds: dict[str, int] = defaultdict(int)
    for m in marked:
        kinds[m.kind] += 1
    return AnswersResult(
        stamp=measured,
        marked=tuple(marked),
        labels=labels,
        estimates=_estimates(marked),
        by_tag=_by_tag(marked),
        words=_spread([float(m.words) for m in marked if m.words is not None]),
        grades=_spread([m.grade for m in marked if m.grade is not None]),
        kinds=dict(kinds),
        latency=latency_of([m.asked.ms for m in marked if not m.asked.error]),
    )


def redundancy(sentences: Sequence[str]) -> float:
    """The share of runs of `REPEAT` words, within sentences, that occurred before in the answer."""
    seen: set[tuple[str, ...]] = set()
    runs = repeated = 0
    for sentence in sentences:
        words = [word.casefold() for word in _WORD.findall(sentence)]
        for start in range(len(words) - REPEAT + 1):
            run = tuple(words[start : start + REPEAT])
            runs += 1
            repeated += run in seen
            seen.add(run)
    return repeated / runs if runs else 0.0


def _estimates(marked: Sequence[Marked]) -> dict[str, Estimate]:
    found = {name: mean_interval(m.values[name] for m in marked if name in m.values) for name in MEASURES}
    return {name: estimate for name, estimate in found.items() if estimate.n}


def _by_tag(marked: Sequence[Marked]) -> dict[str, dict[str, Estimate]]:
    groups: dict[str, list[Marked]] = defaultdict(list)
    for m in marked:
        for tag in m.question.tags:
            groups[tag].append(m)
    return {tag: _estimates(group) for tag, group in sorted(groups.items(), key=lambda g: (-len(g[1]), g[0]))}


def _docid(citation: Citation, document_of: Callable[[str], Document]) -> str:
    return document_of(citation.document_id).section(citation.section_id).docid


def _is_exact(citation: Citation, document_of: Callable[[str], Document]) -> bool:
    try:
        return citation.span.of(document_of(citation.document_id).text) == citation.quote
    except MedqaError:
        return False


def _is_quote(sentence: str, quotes: Sequence[str]) -> bool:
    return any(" ".join(sentence.split()) == " ".join(quote.split()) for quote in quotes)


def _says(fact: str, text: str) -> bool:
    return re.search(fact, text, re.IGNORECASE) is not None


def _mean(marks: Sequence[bool]) -> float:
    return sum(marks) / len(marks) if marks else 0.0


def _spread(values: Sequence[float]) -> tuple[float, float]:
    import numpy as np

    if not values:
        return 0.0, 0.0
    p50, p90 = np.percentile(values, [50, 90])
    return float(p50), float(p90)
