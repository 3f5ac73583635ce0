"""Follow-up questions: "and with alcohol?" after a question about baclofen is about baclofen.

Deterministic rules over words, no model. The subject (a medicine, else a condition) comes from the person's own
earlier messages, the latest first; the assistant's words never set it. A question that names its own subject, or
that plainly turns to something else, inherits nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from medqa.knowledge.folding import fold
from medqa.knowledge.lexicon import Lexicon, Mention
from medqa.types import Turn

MAX_TURNS_BACK = 6
MAX_FOLLOW_UP_WORDS = 14
_PRONOUN = re.compile(
    r"\b(?:(?:this|that|the|these|those) (?:medicines?|medications?|drugs?|pills?|tablets?|meds?|condition|disease|"
    r"treatment|one|patch|injections?|pump)|it|them|they|this|that one|that|these|those)\b",
    re.IGNORECASE,
)
# "it" that stands for nothing: "is it safe to ...", "is it true that ...", "does it matter if ..."
_EMPTY_IT = re.compile(
    r"\bis (?:it|that|this) (?:(?:ok|okay|safe|true|normal|bad|possible|dangerous|better|good|fine|alright|all right|"
    r"necessary|important|common|too late|legal|worth)\b)|\b(?:does|will|would) it (?:matter|be)\b|"
    r"\bwhat (?:time|day) is it\b",
    re.IGNORECASE,
)
_ELLIPSIS = re.compile(
    r"^\W*(?:and|or|but|also|plus|then|ok(?:ay)?,? (?:and|but)|so|what about|how about|what if|y|y si|que tal)\b",
    re.IGNORECASE,
)
_FRAGMENT = re.compile(
    r"^\W*(?:with|without|for|in|during|while|after|before|when|if|how (?:long|often|much|many)|how come|why|"
    r"is that|any|side effects?|dos(?:e|age)|alternatives?|interactions?|overdose|pregnancy|kids|children|alcohol)\b",
    re.IGNORECASE,
)
_TURN_AWAY = re.compile(
    r"\b(?:another|different|new|other|unrelated|separate) (?:question|topic|subject|thing)\b|"
    r"\b(?:changing|change) (?:the )?(?:subject|topic)\b|\bforget (?:that|it|about)\b|\bsomething else\b|"
    r"\botra pregunta\b",
    re.IGNORECASE,
)
_LEADING = re.compile(r"^\W*(?:(?:and|or|but|also|plus|then|so|ok|okay)\b[\s,]*)+", re.IGNORECASE)
_WHAT_ABOUT = re.compile(r"^\W*(?:(?:and|so|but|ok|okay)[\s,]+)?(?:what|how) about\s+", re.IGNORECASE)
_THANKS = re.compile(
    r"^\W*(?:thanks?|thank you|ok|okay|great|hi|hello|bye|gracias|yes|no|sure)\b[\w\s]{0,12}\W*$", re.IGNORECASE
)
# what a person's subject may be without being the subject of a follow-up: "what about alcohol / kids / pregnancy?"
_MODIFIERS = frozenset(
    (
        "kidney disease",
        "liver disease",
        "exercise for pain",
        "depression",
        "anxiety",
        "diabetes",
        "high blood pressure",
        "asthma",
        "epilepsy",
        "stomach ulcer",
        "heart disease",
        "sleep and pain",
        "tolerance, dependence and addiction",
        "baclofen withdrawal",
        "heat and cold",
        "lupus",
    )
)


@dataclass(frozen=True, slots=True)
class Standalone:
    """A question that can be read by itself. `note` says what was added, for the person; empty if nothing."""

    text: str
    changed: bool = False
    note: str = ""


def standalone(question: str, history: Sequence[Turn], lexicon: Lexicon) -> Standalone:
    """`question` with the subject that its conversation gave it, or unchanged.

    A pronoun is replaced in place ("can I crush it?" -> "can I crush baclofen?"); a fragment gets the subject
    behind it ("and with alcohol?" -> "baclofen with alcohol?"). Several medicines in the last question are
    kept together ("tramadol and sertraline").
    """
    plain = Standalone(question)
    if not history or _TURN_AWAY.search(question) or _THANKS.match(question):
        return plain
    own = lexicon.mentions(question)
    what_about = _WHAT_ABOUT.match(question)
    if what_about and _is_new_subject(own):
        return _same_question_about(question[what_about.end() :], own, history, lexicon) or plain
    if any(m.kind in ("medicine", "class") for m in own) and not _needs_subject_beside(question, own):
        return plain
    if any(m.kind == "condition" and m.name not in _MODIFIERS for m in own) and not _pronoun(question):
        return plain
    if not _is_follow_up(question, own):
        return plain
    subject = _subject(history, lexicon)
    if not subject or any(m.name in subject for m in own):
        return plain
    return _with_subject(question, " and ".join(subject))


def _is_new_subject(own: Sequence[Mention]) -> bool:
    return any(m.kind == "medicine" or (m.kind == "condition" and m.name not in _MODIFIERS) for m in own)


def _needs_subject_beside(question: str, own: Sequence[Mention]) -> bool:
    """ "can I take it with ibuprofen?", "and with ibuprofen?": the medicine named is the other one."""
    first = min(m.span.start for m in own if m.kind in ("medicine", "class"))
    if (pronoun := _pronoun(question)) is not None and pronoun.start() < first:
        return True
    return bool(
        re.match(
            r"^\W*(?:(?:and|or|but|so)\W+)?(?:together )?(?:with|plus|while on|on top of)\b", question, re.IGNORECASE
        )
    )


def _pronoun(question: str) -> re.Match[str] | None:
    empty = [match.span() for match in _EMPTY_IT.finditer(question)]
    for match in _PRONOUN.finditer(question):
        if not any(start <= match.start() < end for start, end in empty):
            following = question[match.end() :].lstrip()[:12].lower()
            # "that causes pain", "this week": a relative clause or a time, no medicine
            if match.group().lower() in ("that", "this") and re.match(
                r"(?:week|month|morning|year|time|day|night|evening|i|you|my|a|the|is why|cause|helps?\b.{0,0}$)\b",
                following,
            ):
                continue
            return match
    return None


def _is_follow_up(question: str, own: Sequence[Mention]) -> bool:
    words = len(fold(question).split())
    if _pronoun(question) is not None:
        return True
    if words > MAX_FOLLOW_UP_WORDS:
        return False
    if _ELLIPSIS.match(question):
        return True
    if _EMPTY_IT.search(question) and words <= 8:
        return True
    return (
        bool(_FRAGMENT.match(question))
        and words <= 8
        and not any(m.name not in _MODIFIERS for m in own if m.kind == "condition")
    )


def _subject(history: Sequence[Turn], lexicon: Lexicon) -> tuple[str, ...]:
    """Names that the person spoke of last: the medicines of that message, else its condition."""
    turns = [turn for turn in history if turn.role == "user"][-MAX_TURNS_BACK:]
    for turn in reversed(turns):
        if _TURN_AWAY.search(turn.content) and not lexicon.mentions(turn.content):
            return ()
        mentions = lexicon.mentions(_mended(turn.content, lexicon))
        medicines = tuple(dict.fromkeys(m.name for m in mentions if m.kind == "medicine"))
        if medicines:
            leads = _PRONOUN.search(turn.content) is None or len(medicines) > 1
            return medicines[:2] if leads else _joined(medicines, turns, turn, lexicon)
        named = tuple(dict.fromkeys(m.surface for m in mentions if m.kind == "class"))
        if named:
            return named[:1]
        conditions = tuple(
            dict.fromkeys(m.name for m in mentions if m.kind == "condition" and m.name not in _MODIFIERS)
        )
        if conditions:
            return conditions[:1]
    return ()


def _joined(medicines: tuple[str, ...], turns: Sequence[Turn], turn: Turn, lexicon: Lexicon) -> tuple[str, ...]:
    """ "can I take it with ibuprofen?": what "it" was comes first and stays the subject."""
    before = turns[: turns.index(turn)]
    earlier = _subject(before, lexicon) if before else ()
    return earlier or medicines


def _mended(text: str, lexicon: Lexicon) -> str:
    def read(match: re.Match[str]) -> str:
        correction = lexicon.correct(match.group())
        return correction.replacement if correction else match.group()

    return re.sub(r"[^\W\d_]{5,}", read, text)


def _with_subject(question: str, subject: str) -> Standalone:
    note = f"read as being about {subject}"
    pronoun = _pronoun(question)
    if pronoun is not None:
        text = question[: pronoun.start()] + subject + question[pronoun.end() :]
        return Standalone(_LEADING.sub("", text), True, note)
    core = _WHAT_ABOUT.sub("", question)
    core = _LEADING.sub("", core).strip()
    if re.match(r"^(?:with|without|for|in|during|while|after|before|and|when|if)\b", core, re.IGNORECASE):
        return Standalone(f"{subject} {core}", True, note)
    if core != question.strip():
        return Standalone(f"{subject}: {core}" if len(core.split()) > 4 else f"{subject} and {core}", True, note)
    return Standalone(f"{core.rstrip('?!. ')} ({subject})?", True, note)


def _same_question_about(
    rest: str, own: Sequence[Mention], history: Sequence[Turn], lexicon: Lexicon
) -> Standalone | None:
    """ "what about gabapentin?" after "is baclofen addictive?": the same question of the new subject."""
    turns = [turn for turn in history if turn.role == "user"]
    if not turns:
        return None
    last = turns[-1].content
    before = lexicon.mentions(last)
    new = next(m for m in own if m.kind == "medicine" or m.kind == "condition")
    same_kind = [m for m in before if m.kind == new.kind or {m.kind, new.kind} <= {"medicine", "class"}]
    if len(same_kind) != 1 or len(rest.split()) > 4:
        return None
    old = same_kind[0]
    text = old.span.of(last)
    asked = last[: old.span.start] + new.surface + last[old.span.end :]
    return Standalone(asked, True, f"the question before, asked about {new.surface} instead of {text}")
