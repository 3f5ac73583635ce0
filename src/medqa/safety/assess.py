"""Reads one message by the rules: what is going on, what is only asked about, which advice is wanted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from medqa.safety.language import Language, language_of
from medqa.safety.patterns import Found, Hits, Pattern, matches
from medqa.safety.reading import Sentence, read
from medqa.safety.rules import Rule, RuleBook, rule_book
from medqa.safety.scopes import SentenceScopes, Standing, symptom_positions
from medqa.safety.settled import is_long_over, is_settled, is_through

VOID_REACH = 10
"""Words between a match and a wording that voids it. Farther away, in a long sentence, it voids nothing."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a message gave: signs and rules that hold, and the concepts that it names at all."""

    holds: frozenset[str] = frozenset()
    asked: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()

    def with_(self, other: Evidence) -> Evidence:
        return Evidence(self.holds | other.holds, self.asked | other.asked, self.named | other.named)


NO_EVIDENCE = Evidence()


@dataclass(frozen=True, slots=True)
class Assessment:
    """`findings` by level, most severe first, then what the message says itself, then in the order of the rules;
    `subjects`: asked about only; `released`: help was reached; `long_over`: what was told before is long past."""

    findings: tuple[Rule, ...]
    subjects: tuple[Rule, ...]
    intents: tuple[Rule, ...]
    language: Language
    released: bool
    long_over: bool
    evidence: Evidence
    sentences: tuple[Sentence, ...] = field(default=(), repr=False)


def assess(text: str, carried: Evidence = NO_EVIDENCE) -> Assessment:
    """`text` by itself, with what earlier messages of the conversation gave (`carried`)."""
    book = rule_book()
    sentences = read(text, book.mender, book.numbers)
    standing: dict[str, Standing] = {}
    named: set[str] = set()
    released = False
    for number, sentence in enumerate(sentences):
        hits = book.vocabulary.hits(sentence)
        if not hits:
            continue
        named.update(hits)
        _match_rules(book, number, sentence, hits, standing)
        released = released or _is_release(book, hits)
    if any(s is Standing.HAS for s in standing.values()) and is_settled(text):
        # told of as over: a subject now, with its line above the answer; thoughts of suicide are never settled so
        over = {rule.id for rule in book.rules if rule.level in ("emergency", "poison", "urgent", "sign")}
        standing = {rule_id: Standing.ASKS if rule_id in over else s for rule_id, s in standing.items()}
    evidence = Evidence(
        frozenset(rule_id for rule_id, s in standing.items() if s is Standing.HAS),
        frozenset(rule_id for rule_id, s in standing.items() if s is Standing.ASKS),
        frozenset(named),
    )
    findings, subjects, intents = _conclude(book, evidence.with_(carried), own=evidence)
    return Assessment(
        findings=findings,
        subjects=subjects,
        intents=intents,
        language=language_of(text, sentences, book.vocabulary.words()),
        released=released or is_through(text),
        long_over=is_long_over(text),
        evidence=evidence,
        sentences=sentences,
    )


def _match_rules(book: RuleBook, number: int, sentence: Sentence, hits: Hits, standing: dict[str, Standing]) -> None:
    index = _index(id(book))
    candidates = sorted({entry for name in hits for entry in index.get(name, ())})
    scopes: SentenceScopes | None = None
    for rule_number, pattern_number in candidates:
        rule = book.rules[rule_number]
        if standing.get(rule.id) is Standing.HAS:
            continue
        void: list[Found] | None = None
        inside: list[Found] = []
        for found in matches(rule.patterns[pattern_number], hits, number):
            if void is None:
                void = [v for pattern in rule.unless for v in matches(pattern, hits, number)]
                inside = [v for pattern in rule.within for v in matches(pattern, hits, number)]
            if any(v.start <= found.end + VOID_REACH and found.start <= v.end + VOID_REACH for v in void):
                continue
            if any(not v.own.isdisjoint(found.own) for v in inside):
                continue
            if scopes is None:
                scopes = SentenceScopes(sentence, hits, book.scopes, symptom_positions(hits, book.symptoms))
            is_subject = rule.level == "topic"
            result = scopes.standing(found, asking_counts=rule.asks or is_subject)
            if result is Standing.HAS:
                standing[rule.id] = result
                break
            if result is Standing.ASKS:
                standing[rule.id] = result


@cache
def _index(_book: int) -> Mapping[str, tuple[tuple[int, int], ...]]:
    """First element of a pattern -> the (rule, pattern) that begin with it."""
    index: dict[str, set[tuple[int, int]]] = {}
    for rule_number, rule in enumerate(rule_book().rules):
        for pattern_number, pattern in enumerate(rule.patterns):
            for name in pattern.elements[0]:
                index.setdefault(name, set()).add((rule_number, pattern_number))
    return {name: tuple(entries) for name, entries in index.items()}


def _is_release(book: RuleBook, hits: Hits) -> bool:
    def any_of(patterns: tuple[Pattern, ...]) -> bool:
        return any(True for pattern in patterns for _ in matches(pattern, hits, 0))

    return any_of(book.release) and not any_of(book.not_release)


def _conclude(
    book: RuleBook, evidence: Evidence, own: Evidence
) -> tuple[tuple[Rule, ...], tuple[Rule, ...], tuple[Rule, ...]]:
    findings: list[Rule] = []
    subjects: list[Rule] = []
    intents: list[Rule] = []
    for rule in book.rules:
        if rule.level == "sign":
            continue
        if rule.level in ("none", "topic"):
            if rule.id in own.holds:
                (intents if rule.level == "none" else subjects).append(rule)
            continue
        state = _state(rule, evidence)
        if state is Standing.HAS:
            findings.append(rule)
        elif state is Standing.ASKS and rule.topic and (rule.id in own.asked or rule.needs):
            subjects.append(rule)
    # of one level, what this message says itself leads: a medicine asked about before is no cause of it
    order = ("emergency", "crisis", "poison", "urgent")
    findings.sort(key=lambda rule: (order.index(rule.level), _state(rule, own) is not Standing.HAS))
    return tuple(findings), tuple(subjects), tuple(intents)


def _state(rule: Rule, evidence: Evidence) -> Standing | None:
    if rule.patterns:
        if rule.id not in evidence.holds and rule.id not in evidence.asked:
            return None
        asked = rule.id not in evidence.holds
    else:
        asked = False
    for group in rule.needs:
        members = [_need(need, evidence) for need in group]
        if Standing.HAS in members:
            continue
        if Standing.ASKS not in members:
            return None
        asked = True
    return Standing.ASKS if asked else Standing.HAS


def _need(need: str, evidence: Evidence) -> Standing | None:
    if need.startswith("sign."):
        if need in evidence.holds:
            return Standing.HAS
        return Standing.ASKS if need in evidence.asked else None
    name = need[1:] if need.startswith("@") else f"={need}"
    return Standing.HAS if name in evidence.named else None
