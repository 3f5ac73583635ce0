"""A first question set for any corpus: its headings as people would ask them, for an owner to correct.

Three styles take turns: the heading as it is, put in other words by rule (`drafts.toml`), and misspelt. The gold
is the first sentence under the heading, with its offsets, and the second at a lower grade. Drafted questions are
near the articles' own words: they show that a corpus can be searched, and no more, until somebody has worked on them.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from medqa.errors import CorpusError
from medqa.types import Document, Section, Span

STYLES = ("plain", "paraphrased", "misspelt")
NOTE = "drafted from a heading: read it, put it in a patient's words, add what else answers it"
MIN_WORD = 6
"""Shorter words are not misspelt: nobody would know them again."""


@dataclass(frozen=True, slots=True)
class Rephrase:
    pattern: re.Pattern[str]
    to: str


def draft_questions(documents: Iterable[Document], *, most: int, seed: int = 0) -> list[dict[str, Any]]:
    """At most `most` lines of a question set, spread evenly over the articles, the same for the same seed.

    Raises `CorpusError` when no article has a section with a heading and a sentence.
    """
    rng = random.Random(seed)  # noqa: S311  # which headings are drafted is no secret
    pools = [(d, _shuffled(_usable(d), rng)) for d in documents]
    pools = [(d, sections) for d, sections in pools if sections]
    if not pools:
        raise CorpusError("No article has a section with a heading and a sentence under it: nothing to draft from.")
    rng.shuffle(pools)
    unanswerable = rng.sample(_data()[1], min(len(_data()[1]), max(1, most // 10)))
    lines: list[dict[str, Any]] = []
    for n, (document, section) in enumerate(_in_turns(pools)):
        if len(lines) >= most - len(unanswerable):
            break
        style = STYLES[n % len(STYLES)]
        lines.append(_line(f"d{n + 1:03}", document, section, style, rng))
    lines += [
        {"id": f"u{n:03}", "question": text, "tags": ["off-topic"], "answerable": False, "gold": [], "note": "drafted"}
        for n, text in enumerate(unanswerable, start=1)
    ]
    return lines


def asked(section: Section, document: Document) -> str:
    """The heading as a question on its own: with the article's title where it does not name its subject."""
    heading = " ".join(section.heading.split())
    subject = re.split(r"[:(,]", document.title)[0].strip()
    known = (subject, *document.medicines, *document.conditions, *document.aliases)
    if any(name and name.casefold() in heading.casefold() for name in known):
        return heading
    return f"{subject}: {heading[0].lower()}{heading[1:]}"


def paraphrase(question: str, rules: Sequence[Rephrase] | None = None) -> str:
    """The question in other words, small letters, without its question mark."""
    plain = re.sub(r"\s+", " ", question.casefold()).strip(" ?.!")
    subject, colon, rest = plain.partition(": ")
    head, body = (f"{subject} ", rest) if colon else ("", plain)
    for rule in _data()[0] if rules is None else rules:
        match = rule.pattern.match(body)
        if match:
            return head + match.expand(rule.to)
    return head + body


def misspell(question: str, rng: random.Random) -> str:
    """One slip of the finger in the longest word: two letters swapped, one dropped or one doubled."""
    words = [m for m in re.finditer(r"[^\W\d_]+", question) if len(m.group()) >= MIN_WORD]
    if not words:
        return question
    word = max(words, key=lambda m: (len(m.group()), -m.start()))
    at = word.start() + rng.randrange(1, len(word.group()) - 2)
    a, b = question[at], question[at + 1]
    slip = rng.choice(("swap", "drop", "double"))
    if slip == "swap" and a != b:
        return question[:at] + b + a + question[at + 2 :]
    if slip == "drop":
        return question[:at] + question[at + 1 :]
    return question[:at] + a + question[at:]


def _line(id: str, document: Document, section: Section, style: str, rng: random.Random) -> dict[str, Any]:
    question = asked(section, document)
    if style == "paraphrased":
        question = paraphrase(question)
    elif style == "misspelt":
        question = misspell(question.casefold().strip(" ?"), rng)
    gold = [
        {
            "article_id": document.id,
            "section_id": section.id,
            "quote": span.of(document.text),
            "grade": grade,
            "start": span.start,
            "end": span.end,
        }
        for span, grade in zip(_sentences(section), (2, 1), strict=False)
    ]
    return {
        "id": id,
        "question": question,
        "tags": [style],
        "answerable": True,
        "gold": gold,
        "key_facts": [],
        "note": NOTE,
    }


def _usable(document: Document) -> list[Section]:
    return [s for s in document.sections if s.heading.strip() and _sentences(s)]


def _sentences(section: Section) -> list[Span]:
    return [span for block in section.blocks for span in block.sentences][:2]


def _shuffled(sections: list[Section], rng: random.Random) -> list[Section]:
    rng.shuffle(sections)
    return sections


def _in_turns(pools: Sequence[tuple[Document, list[Section]]]) -> Iterator[tuple[Document, Section]]:
    """One section of every article, then the next of every article, until all are used."""
    for depth in range(max(len(sections) for _, sections in pools)):
        for document, sections in pools:
            if depth < len(sections):
                yield document, sections[depth]


@cache
def _data() -> tuple[tuple[Rephrase, ...], tuple[str, ...]]:
    raw: Mapping[str, Any] = tomllib.loads(files("medqa.evaluation").joinpath("drafts.toml").read_text("utf-8"))
    rules = tuple(Rephrase(re.compile(r["from"], re.IGNORECASE), r["to"]) for r in raw["rephrase"])
    return rules, tuple(raw["unanswerable"]["questions"])
