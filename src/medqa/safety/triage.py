"""The gate before everything else: is this message an emergency, a crisis, a poisoning, urgent, or none of it?

Rules as data over folded words (`rules.toml`); no model, no index, no network. A second look (`second_look.py`) may
be handed in: it reads messages in which no rule finds anything, and what it says is a finding like any other. Every
turn is read with the conversation in view: a card stays in force until the person says that help has been reached.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from medqa.knowledge.lexicon import Lexicon
from medqa.safety.assess import NO_EVIDENCE, Assessment, Evidence, assess
from medqa.safety.cards import card, first_line, frame_text, intent_text, numbers, subject_line
from medqa.safety.foreign import danger_in
from medqa.safety.language import Language
from medqa.safety.rules import Rule, read_data, rule_book, similar_intent, similar_rule
from medqa.types import NO_SAFETY_CONCERN, SafetyLevel, SafetyVerdict, Turn

MAX_TURNS = 40
_WORDS = read_data("followups.toml")
_QUESTION_WORDS = frozenset(_WORDS["question_words"])
_ABOUT_SELF = frozenset(_WORDS["about_self"])


@dataclass(frozen=True, slots=True)
class _Story:
    """What the conversation so far left behind."""

    in_force: Rule | None = None
    crisis_seen: bool = False
    known: frozenset[str] = frozenset()
    evidence: Evidence = NO_EVIDENCE


class Look(Protocol):
    """A second look at messages in which the rules find nothing."""

    def level(self, text: str, read: Assessment) -> SafetyLevel:
        """The level of one message by itself; `read` is what the rules made of it."""
        ...

    def intent(self, text: str, read: Assessment) -> str | None:
        """The intent that gets no advice (`policy.toml`, [intents]), if it has one."""
        ...


def triage(text: str, history: Sequence[Turn] = (), *, region: str = "us", look: Look | None = None) -> SafetyVerdict:
    """The verdict on `text`, the newest message of a conversation whose earlier turns are `history`.

    By the rules alone, or by the rules and a second look (`look`), which may raise a level and never lowers one.
    Never raises for any text by the rules alone. Raises `ConfigError` for a region that is not known, and what the
    embedder of `look` raises. See `SafetyVerdict` for what `level`, `message`, `intent` and `redirect` say together.
    """
    numbers(region)
    story = _story(history, look)
    now = _looked_at(assess(text, story.evidence), text, story, look)
    now = _wanted(now, text, look)
    language: Language = "es" if now.language == "es" else "en"
    fresh = _fresh(now, story)
    top = fresh[0] if fresh else None
    if story.in_force is not None:
        if _ends(now, story.in_force):
            if now.released and not _asks(now, text):
                return _help_reached(story.crisis_seen, region, language)
            top = None
        elif _severity(top) < _severity(story.in_force):
            return _still(story.in_force, now, text, region, language)
    if top is not None:
        return _card_verdict(top, now, region, language)
    after_crisis = frame_text("after_crisis", region, language) if story.crisis_seen else ""
    return _calm(now, region, language, after_crisis)


def _fresh(now: Assessment, story: _Story) -> list[Rule]:
    """Without what only repeats the conversation: that is the card in force, not a new finding."""
    return [rule for rule in now.findings if rule.id not in story.known or rule.id in now.evidence.holds]


def _looked_at(now: Assessment, text: str, story: _Story, look: Look | None) -> Assessment:
    """`now` with words of danger in other languages, or what the second look finds, where the rules find nothing.

    Who tells that help has come tells of the danger too: that is no new one.
    """
    if _fresh(now, story) or (story.in_force is not None and (now.released or now.long_over)):
        return now
    rule = danger_in(text) if now.language == "unread" else None
    if rule is None and look is not None:
        level = look.level(text, now)
        rule = similar_rule(level) if level is not SafetyLevel.NONE else None
    if rule is None:
        return now
    evidence = replace(now.evidence, holds=now.evidence.holds | {rule.id})
    return replace(now, findings=(rule, *now.findings), evidence=evidence)


def _wanted(now: Assessment, text: str, look: Look | None) -> Assessment:
    """`now` with the intent that the second look finds, where the rules found neither a level nor an intent."""
    if look is None or now.findings or now.intents or now.released:
        return now
    intent = look.intent(text, now)
    return now if intent is None else replace(now, intents=(similar_intent(intent),))


def _story(history: Sequence[Turn], look: Look | None) -> _Story:
    story = _Story()
    for turn in [turn for turn in history if turn.role == "user"][-MAX_TURNS:]:
        read = _looked_at(assess(turn.content, story.evidence), turn.content, story, look)
        top = read.findings[0] if read.findings else None
        crisis = story.crisis_seen or any(rule.level == "crisis" for rule in read.findings)
        if story.in_force is not None and _ends(read, story.in_force):
            story = _Story(None, crisis)
            continue
        stronger = top if _severity(top) >= _severity(story.in_force) else story.in_force
        known = story.known | {rule.id for rule in read.findings}
        story = _Story(stronger, crisis, known, story.evidence.with_(read.evidence))
    return story


def _ends(read: Assessment, in_force: Rule) -> bool:
    """Whether a message ends the card: help was reached, or all was long ago (which ends no card of a crisis), and it
    tells of nothing graver than before."""
    over = read.released or (read.long_over and in_force.level != "crisis")
    worse = any(_severity(rule) > _severity(in_force) for rule in read.findings)
    fresh = any(rule.id in read.evidence.holds and rule.level in ("emergency", "crisis") for rule in read.findings)
    return over and not worse and not fresh


def _asks(now: Assessment, text: str) -> bool:
    """Whether a message that ends a card also asks something."""
    words = [word for sentence in now.sentences for word in sentence.tokens]
    return "?" in text or (bool(words) and words[0] in _QUESTION_WORDS) or bool(now.intents)


def _help_reached(after_crisis: bool, region: str, language: Language) -> SafetyVerdict:
    """A word to whoever has just told that help is there; after a crisis its line stays."""
    line = [frame_text("after_crisis", region, language)] if after_crisis else []
    message = "\n\n".join([frame_text("help_reached", region, language), *line])
    return SafetyVerdict(SafetyLevel.NONE, "help.reached", message, redirect=True)


def _severity(rule: Rule | None) -> int:
    return SafetyLevel(rule.level).severity if rule is not None else 0


def _card_verdict(top: Rule, now: Assessment, region: str, language: Language) -> SafetyVerdict:
    parts = [card(top, region, language)]
    second = _second(top, now)
    if second is not None:
        parts.append(f"{frame_text('also', region, language)} {first_line(second, region, language)}")
    parts.append(frame_text("until_help", region, language))
    return SafetyVerdict(SafetyLevel(top.level), top.id, "\n\n".join(parts))


def _second(top: Rule, now: Assessment) -> Rule | None:
    """The card that is shown beneath: the next level that also applies, crisis lines before others."""
    others = [rule for rule in now.findings if rule.level != top.level]
    if top.card == "overdose-harm" and not any(rule.level == "crisis" for rule in others):
        return next(rule for rule in _rules_of("crisis") if rule.id == "crisis.self-harm")
    return others[0] if others else None


def _rules_of(level: str) -> tuple[Rule, ...]:
    return tuple(rule for rule in rule_book().rules if rule.level == level)


def _still(in_force: Rule, now: Assessment, text: str, region: str, language: Language) -> SafetyVerdict:
    """A card in force. Only an urgent one lets a new question about something else through, with its line."""
    if in_force.level == "urgent" and _is_new_question(now, text):
        line = first_line(in_force, region, language)
        verdict = _calm(now, region, language, "")
        message = f"{line}\n\n{verdict.message}" if verdict.message else line
        return SafetyVerdict(SafetyLevel.NONE, in_force.id, message, verdict.intent, verdict.redirect)
    parts = [card(in_force, region, language), frame_text("still", region, language)]
    if now.findings and now.findings[0].level != in_force.level:
        parts.insert(1, f"{frame_text('also', region, language)} {first_line(now.findings[0], region, language)}")
    parts.append(frame_text("until_help", region, language))
    return SafetyVerdict(SafetyLevel(in_force.level), in_force.id, "\n\n".join(parts))


def _is_new_question(now: Assessment, text: str) -> bool:
    words = [word for sentence in now.sentences for word in sentence.tokens]
    return (
        bool(words)
        and words[0] in _QUESTION_WORDS
        and not _ABOUT_SELF.intersection(words)
        and bool(Lexicon.load().mentions(text))
    )


def _calm(now: Assessment, region: str, language: Language, line: str) -> SafetyVerdict:
    """No level: perhaps a line above the answer, perhaps a kind refusal, perhaps nothing at all."""
    intent = now.intents[0] if now.intents else None
    if intent is not None:
        message = intent_text(intent.intent, region, language)
        subject = next(iter(now.subjects), None) if not intent.redirect else None
        above = [line, subject_line(subject, region) if subject else "", message]
        return SafetyVerdict(
            SafetyLevel.NONE, intent.id, "\n\n".join(part for part in above if part), intent.intent, intent.redirect
        )
    if now.subjects:
        above = [line, subject_line(now.subjects[0], region)]
        return SafetyVerdict(SafetyLevel.NONE, now.subjects[0].id, "\n\n".join(part for part in above if part))
    if line:
        return SafetyVerdict(SafetyLevel.NONE, "crisis.after", line)
    if now.language == "unread" and now.sentences:
        return SafetyVerdict(SafetyLevel.NONE, "language.unread", frame_text("unread", region))
    return NO_SAFETY_CONCERN
