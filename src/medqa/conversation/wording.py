"""How a follow-up is said in full."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from medqa.conversation.cues import LEADING, WHAT_ABOUT
from medqa.conversation.thread import Subject
from medqa.types import Span

_PREPOSITION = re.compile(r"^(?:with|without|for|in|during|while|after|before|and|when|if|on)\b", re.IGNORECASE)
_END = "?!. "
LONGEST_FRAGMENT = 3


@dataclass(frozen=True, slots=True)
class Standalone:
    """A question that can be read by itself. `note` says what was added, for the person, and `about` the names (as in
    the lexicon) of the subjects that were; both empty if none was. `fragment` is what a few words asked about
    ("and injections?"), for the next message to point at. `context` is the question before with the message as it was
    typed; empty where the message turns to something else or nothing came before."""

    text: str
    changed: bool = False
    note: str = ""
    about: tuple[str, ...] = ()
    fragment: str = ""
    context: str = ""


def named(subjects: Sequence[Subject], word: str = "and") -> str:
    return f" {word} ".join(s.shown for s in subjects)


def in_place(question: str, span: Span, subjects: Sequence[Subject]) -> Standalone:
    """ "can I crush it?" -> "can I crush baclofen?"."""
    text = question[: span.start] + named(subjects) + question[span.end :]
    return _about(LEADING.sub("", text), subjects)


def behind(question: str, subjects: Sequence[Subject]) -> Standalone:
    """ "and with alcohol?" -> "baclofen with alcohol?"; "do I need a scan?" -> "do I need a scan (sciatica)?"."""
    asked = WHAT_ABOUT.sub("", question)
    core = LEADING.sub("", asked).strip() or question.strip()
    shown = named(subjects)
    if _PREPOSITION.match(core):
        return _about(f"{shown} {core}", subjects)
    fragment = core.rstrip(_END) if len(core.split()) <= LONGEST_FRAGMENT else ""
    if core != question.strip() and len(core.split()) <= 4:
        return replace(_about(f"{shown} and {core}", subjects), fragment=fragment)
    return replace(_about(f"{core.rstrip(_END)} ({shown})?", subjects), fragment=fragment)


def of_fragment(question: str, span: Span, fragment: str, subjects: Sequence[Subject]) -> Standalone:
    """ "how often can you have those?" after "and injections?" -> "how often can you have injections (gout)?"."""
    text = LEADING.sub("", question[: span.start] + fragment + question[span.end :])
    return replace(_about(f"{text.rstrip(_END)} ({named(subjects)})?", subjects), fragment=fragment)


def in_bracket(question: str, words: str, subjects: Sequence[Subject]) -> Standalone:
    """ "is celecoxib safer?" -> "is celecoxib safer (compared with naproxen)?"."""
    core = LEADING.sub("", question).strip() or question.strip()
    return _about(f"{core.rstrip(_END)} ({words} {named(subjects)})?", subjects)


def either(question: str, subjects: Sequence[Subject]) -> Standalone:
    """ "which is safer?" -> "which is safer, gabapentin or pregabalin?"."""
    core = LEADING.sub("", question).strip() or question.strip()
    return _about(f"{core.rstrip(_END)}, {named(subjects, 'or')}?", subjects)


def same_question(last: str, old: Span, new: str) -> Standalone:
    """ "what about gabapentin?" after "is baclofen addictive?" -> "is gabapentin addictive?"."""
    note = f"the question before, asked about {new} instead of {old.of(last)}"
    return Standalone(last[: old.start] + new + last[old.end :], True, note)


def _about(text: str, subjects: Sequence[Subject]) -> Standalone:
    return Standalone(text, True, f"read as being about {named(subjects)}", tuple(s.name for s in subjects))
