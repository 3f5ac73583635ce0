"""A message of a conversation, read as a question by itself."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from medqa.conversation import cues
from medqa.conversation.thread import TOO_BROAD, TREATMENTS, Subject, Thread, mended, subjects_in
from medqa.conversation.wording import Standalone, behind, either, in_bracket, in_place, of_fragment, same_question
from medqa.knowledge.folding import fold
from medqa.knowledge.lexicon import Lexicon, Mention
from medqa.types import Span, Turn

MAX_TURNS_BACK = 8
LONGEST_FRAGMENT = 9
"""Words of a message that names nothing and is still taken for a part of the conversation."""
LONGEST_FOLLOW_UP = 14
SHORT = 8
SHORTEST_QUESTION = 4
LONGEST_THANKS = 60
LONGEST_READ = 4000
MAX_CHARS = 400
"""A longer message speaks for itself."""


def standalone(
    question: str, history: Sequence[Turn], lexicon: Lexicon, is_general: Callable[[str], bool] = lambda _: False
) -> Standalone:
    """`question` with the subject that its conversation gave it, or unchanged.

    A pronoun is replaced in place, a fragment gets the subject before or behind it, "no, I meant pregabalin" and "what
    about pregabalin?" ask the question before again. What names its own subject, or turns to something else, inherits
    nothing. Only the person's own messages of `history` are read, the last eight. `is_general` says of a question that
    names no subject whether it asks for something general ("how do I throw away old pills?").
    """
    said = [turn.content for turn in history if turn.role == "user" and turn.content.strip()]
    thread = Thread()
    for message in said[-MAX_TURNS_BACK:]:
        thread = _went_on(message, _read(message, thread, lexicon, is_general), thread, lexicon)
    read = _read(question, thread, lexicon, is_general)
    if not thread.last or len(thread.last) > MAX_CHARS or _stands_apart(question):
        return read
    return replace(read, context=f"{thread.last} {question}")


def _stands_apart(question: str) -> bool:
    """Whether a message has nothing to do with what came before: too long, thanks, "another question"."""
    if len(question) > MAX_CHARS or _is_thanks(question):
        return True
    return cues.TURN_AWAY.search(question) is not None or cues.OFF_TOPIC.search(question) is not None


def _went_on(message: str, read: Standalone, thread: Thread, lexicon: Lexicon) -> Thread:
    if _is_thanks(message):
        return thread
    text = mended(read.text[:LONGEST_READ], lexicon)
    subjects = subjects_in(lexicon.mentions(text))
    if read.about and not cues.COMPARED.search(message):  # what it was about before stays the main thing
        subjects = tuple(sorted(subjects, key=lambda s: s.name not in read.about))
    elif read.about:
        subjects = tuple(sorted(subjects, key=lambda s: s.name in read.about))
    elif subjects:
        said = Counter(m.name for m in lexicon.mentions(text))
        subjects = tuple(sorted(subjects, key=lambda s: said[s.name] < 2))
    elif (introduced := cues.INTRODUCED.search(message[:MAX_CHARS])) is not None:
        subjects = (Subject("condition", introduced[1].lower(), introduced[1].lower()),)
    if len(message) <= MAX_CHARS and cues.TURN_AWAY.search(message):
        thread = Thread(met=thread.met)
    return replace(thread.after(read.text, subjects), fragment=read.fragment)


def _read(question: str, thread: Thread, lexicon: Lexicon, is_general: Callable[[str], bool]) -> Standalone:
    plain = Standalone(question)
    if not thread.focus or _stands_apart(question):
        return plain
    text = mended(question, lexicon)
    own = [m for m in lexicon.mentions(text) if not (m.kind == "class" and m.name in TOO_BROAD)]
    subjects = subjects_in(own)
    for attempt in (_corrected, _pointed_at, _asked_alone):
        found = attempt(text, own, thread, lexicon)
        if found is not None:
            return found
    if any(s.kind != "condition" for s in subjects):
        return _beside_a_medicine(text, own, thread) or plain
    if subjects:
        return _beside_a_condition(text, own, thread) or plain
    if own and cues.DEFINES.search(text) and _pronoun(text) is None:
        return plain  # "what are the signs of depression?": what else goes with a subject is one itself here
    return _naming_nothing(text, thread, is_general) or plain


def is_small_talk(message: str) -> bool:
    """Whether a message is nothing but a greeting, thanks or assent: there is nothing in it to search for."""
    return len(message) <= LONGEST_THANKS and cues.THANKS.match(message) is not None


def _is_thanks(message: str) -> bool:
    thanking = len(message) <= LONGEST_THANKS and cues.THANKING.search(message) is not None and "?" not in message
    return thanking or is_small_talk(message)


def _corrected(text: str, own: Sequence[Mention], thread: Thread, lexicon: Lexicon) -> Standalone | None:
    """ "no, I meant pregabalin": the question before, with that in place of what it named."""
    if not own or not cues.CORRECTION.search(text) or len(text.split()) > SHORT + 2:
        return None
    new = own[-1]
    old = _replaceable(thread, new, lexicon, companion=bool(re.search(r"\bwith\W+$", text[: new.span.start])))
    return None if old is None else same_question(thread.last, old, new.surface)


def _pointed_at(text: str, own: Sequence[Mention], thread: Thread, lexicon: Lexicon) -> Standalone | None:
    """ "the first one", "and the other?", "which of them is safer?"."""
    if subjects_in(own):
        return None
    focus = {s.name for s in thread.focus}
    pairs = thread.compared or thread.met
    for cue, subject in (
        (cues.FIRST_ONE, pairs[0] if len(pairs) > 1 else None),
        (cues.SECOND_ONE, pairs[1] if len(pairs) > 1 else None),
        (cues.OTHER_ONE, thread.other_than(focus if len(focus) == 1 else {s.name for s in thread.main[:1]})),
    ):
        match = cue.search(text)
        if match is None or subject is None:
            continue
        rest = text[: match.start()] + " " + text[match.end() :]
        if cues.ONLY_NAME.match(cues.WHAT_ABOUT.sub("", cues.LEADING.sub("", rest))):
            old = _place_of(thread.main, thread.last, lexicon)
            if old is not None:
                return same_question(thread.last, old, subject.shown)
        return in_place(text, Span(*match.span()), (subject,))
    if len(thread.compared) > 1 and cues.WHICH_OF.search(text) and len(text.split()) <= LONGEST_FOLLOW_UP:
        return either(text, thread.compared)
    return None


def _asked_alone(text: str, own: Sequence[Mention], thread: Thread, lexicon: Lexicon) -> Standalone | None:
    """ "and gabapentin?", "tylenol then?": the question before, asked of that."""
    if len(subjects_in(own)) != 1:
        return None
    (subject,) = subjects_in(own)
    new = next(m for m in own if m.name == subject.name)
    rest = text[: new.span.start] + " " + text[new.span.end :]
    if not cues.ONLY_NAME.match(cues.WHAT_ABOUT.sub("", cues.LEADING.sub("", rest))):
        return None
    old = _replaceable(thread, new, lexicon)
    if old is not None:
        return same_question(thread.last, old, new.surface)
    return behind(text, thread.main) if thread.main[0].name != subject.name else None


def _beside_a_medicine(text: str, own: Sequence[Mention], thread: Thread) -> Standalone | None:
    """A message that names a medicine of its own: a second one beside the first, or one for the condition."""
    names = {m.name for m in own}
    first = min(m.span.start for m in own)
    pronoun = _pronoun(text)
    if pronoun is not None:
        subject = _meant(text, thread, names)
        start = cues.LEADING.match(text)
        before = text[start.end() if start else 0 : first]
        companion = re.search(r"\b(?:with|and|plus|on|taking|than|or|like)\W+$", before) is not None
        held = re.search(r"\b(?:with|for|on|than|to)\W+$", text[: pronoun.start]) is not None
        apart = held or companion or cues.OF_CONDITION.search(text) is not None
        return in_place(text, pronoun, subject) if subject and apart else None
    main = tuple(s for s in thread.main if s.name not in names)
    if not main or len(text.split()) > LONGEST_FOLLOW_UP:
        return None
    if cues.BESIDE.match(text):
        return behind(text, main)
    medicines = tuple(s for s in thread.medicines if s.name not in names)
    if medicines and cues.COMPARED.search(text):
        return in_bracket(text, "compared with", medicines[:1])
    if cues.ALSO_TAKEN.search(text):
        return in_bracket(text, "with", medicines[:1] or main)
    condition = thread.condition
    helping = cues.HELPING.search(text) is not None and cues.FOR_ANOTHER.search(text) is None
    if helping and condition is not None and condition.name not in names and len(text.split()) <= SHORT:
        return replace(in_bracket(text, "for", (condition,)), about=())
    return None


def _beside_a_condition(text: str, own: Sequence[Mention], thread: Thread) -> Standalone | None:
    """A message that names a condition or treatment: mostly a subject of its own."""
    names = {m.name for m in own}
    pronoun = _pronoun(text)
    if pronoun is not None:
        subject = _meant(text, thread, names)
        first = pronoun.start < min(m.span.start for m in own)
        held = names <= TREATMENTS and cues.DOING.search(text[: pronoun.start]) is not None
        return in_place(text, pronoun, subject) if subject and (first or held) else None
    core = cues.LEADING.sub("", text).split()
    condition = thread.condition
    fits = names <= TREATMENTS and len(core) <= 5 and cues.FOR_ANOTHER.search(text) is None
    if fits and condition is not None and condition.name not in names | TREATMENTS:
        return replace(in_bracket(text, "for", (condition,)), about=())
    if cues.BESIDE.match(text):
        return behind(text, thread.main)
    return None


def _naming_nothing(text: str, thread: Thread, is_general: Callable[[str], bool]) -> Standalone | None:
    words = len(fold(text).split())
    pronoun = _pronoun(text)
    subject = _meant(text, thread, set())
    if pronoun is not None:
        if cues.INTRODUCES.search(text):
            return None
        if thread.fragment:
            return of_fragment(text, pronoun, thread.fragment, thread.main)
        return in_place(text, pronoun, subject)
    goes_on = cues.ELLIPSIS.match(text) is not None
    if words > (LONGEST_FOLLOW_UP if goes_on else LONGEST_FRAGMENT):
        return None
    if not goes_on and words >= SHORTEST_QUESTION and is_general(text):
        return None
    return behind(text, subject)


def _meant(text: str, thread: Thread, but: set[str]) -> tuple[Subject, ...]:
    """Which subject a message that does not say it is about; `but` are those that it names itself."""
    main = tuple(s for s in thread.main if s.name not in but)
    condition = thread.condition if thread.condition is None or thread.condition.name not in but else None
    medicines = tuple(s for s in thread.medicines if s.name not in but)
    of_medicine = bool(medicines) and cues.OF_MEDICINE.search(text) is not None
    if condition is not None and (
        cues.CERTAINLY_CONDITION.search(text) or (cues.OF_CONDITION.search(text) and not of_medicine)
    ):
        return (condition,)
    pronoun = _pronoun(text)
    if pronoun is not None and cues.PLURAL.match(text[pronoun.start :]):
        several = tuple(s for s in thread.several if s.name not in but)
        if several:
            return several
    elif pronoun is not None:
        main = tuple(s for s in thread.focus if s.name not in but)[:1]
    if of_medicine:
        return medicines if thread.together and pronoun is None else medicines[:1]
    return main or tuple(s for s in thread.focus if s.name not in but)[:1]


def _pronoun(text: str) -> Span | None:
    empty = [m.span() for cue in (cues.EMPTY_IT, cues.PEOPLE) for m in cue.finditer(text)]
    for match in cues.PRONOUN.finditer(text):
        if any(start <= match.start() < end for start, end in empty):
            continue
        if match.group().lower() in ("that", "this", "these", "those") and cues.NO_SUBJECT_THAT.match(
            text[match.start() :]
        ):
            continue
        return Span(*match.span())
    return None


def _replaceable(thread: Thread, new: Mention, lexicon: Lexicon, *, companion: bool = False) -> Span | None:
    """Where the last question names what `new` takes the place of: something of its kind."""
    kind = {new.kind} if new.kind == "condition" else {"medicine", "class"}
    places = [
        m
        for m in lexicon.mentions(thread.last)
        if m.kind in kind and (m.name != new.name or m.surface.lower() != new.surface.lower())
    ]
    if companion:
        beside = [m for m in places if re.search(r"\bwith\W+(?:\w+\W+)?$", thread.last[: m.span.start])]
        places = beside or places
    return places[0].span if places else None


def _place_of(subjects: Sequence[Subject], text: str, lexicon: Lexicon) -> Span | None:
    names = {s.name for s in subjects}
    return next((m.span for m in lexicon.mentions(text) if m.name in names), None)
