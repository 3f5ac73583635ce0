"""What a message asks: its questions apart from its story, several questions one by one.

Rules of form alone. A message is cut at the ends of its sentences, and before an "and", "also" or comma after which
a new question begins ("how long does it last, can I drink with it, and is it addictive"). What does not ask is
background: it names the subject, and counts for nothing else.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

MAX_PARTS = 4
"""Of a message that asks more, the first ones are answered one by one and the rest with the last."""
LONG_WORDS = 40
"""A message of one question in up to so many words is read as it is: its story says what the question means."""
MIN_WORDS = 3
MAX_SUBJECTS = 2
"""Of a long story the subjects that it names most often; of a short one all."""

_OPENERS = (
    r"(?:how|what|whats|what's|when|whens|where|wheres|which|who|why|can|could|is|are|does|do|did|will|would|should"
    r"|has|have i|am i|may i|any|safe)\b(?! not\b)"
)
_BLANKS = re.compile(r"[^\S\n]+")  # a run of them would be searched once from each
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_JOINT = re.compile(
    rf"\s*[,;:]\s*(?:and |or |also |plus |but ){{0,3}}(?={_OPENERS})|\s+(?:and|plus|also)\s+(?:also )?(?={_OPENERS})"
    r"(?!(?:is|are|do|can|any|has|will) (?:it )?(?:not )?(?:the|a)?$)|\s*\?\s*",
    re.IGNORECASE,
)
_ASKS = re.compile(
    rf"^\W*(?:(?:and|also|but|so|or|plus|hi|hello|please|ok|if so)\b\W*){{0,4}}(?:{_OPENERS})|\?\s*$"
    r"|\b(?:can|could|should|may|must|do|does|is it|are there|will)\b (?:i|we|he|she|you|they|my|it|there)\b"
    r"|\b(?:wonder\w*|want(?:ed)? to know|my question|tell me|explain|what (?:can|if|should|is))\b",
    re.IGNORECASE,
)
_LEADS = re.compile(r"^(?:and|also|but|so|plus|or|then)\b[\s,]*", re.IGNORECASE)
_ADDS = re.compile(
    r"(?<!\bis )(?<!\bwas )\bit\b|\b(?:its|them|these|those|as well|too|on top|together)\b", re.IGNORECASE
)
_TELLS = re.compile(r"\b(?:wonder\w*|want(?:ed)? to (?:know|ask)|like to know|my question|tell me)\b", re.IGNORECASE)
_BEGINS = re.compile(rf"^\W*(?:(?:and|also|but|so)\b\W*){{0,4}}{_OPENERS}", re.IGNORECASE)
_WORD = re.compile(r"\w+")
_GREETING_END = re.compile(
    r"^(?:hi|hello|hiya|hey|good (?:morning|evening|afternoon)|thanks|thank you)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Part:
    """One question of a message. `words` are the person's own, `text` is it with the subject that it leaves out."""

    words: str
    text: str


def parts_of(message: str, names_in: Callable[[str], Iterable[str]]) -> tuple[Part, ...]:
    """The questions of a message in order, each with its subject; empty where the message is best read whole.

    `names_in` gives the names of medicines and conditions in a text. A part that names none takes those of the part
    before it, the first those of the background; where nothing is named, a part that follows keeps the first
    question's words before its own.
    """
    message = _BLANKS.sub(" ", message)
    is_long = len(message.split()) > LONG_WORDS
    pieces = [piece for sentence in _SENTENCE.split(message) for piece in _pieces(sentence, strict=is_long)]
    if is_long and "?" in message:
        marked = [
            piece
            for sentence in _SENTENCE.split(message)
            for piece in _pieces(sentence, strict=True)
            if sentence.rstrip().endswith("?") or _TELLS.search(sentence)
        ]
        pieces = [(words, asks and (words, asks) in marked) for words, asks in pieces]
    asking = [words for words, asks in pieces if asks]
    if not asking or (len(asking) == 1 and not is_long):
        return ()
    asking = asking[-MAX_PARTS:] if is_long else [*asking[: MAX_PARTS - 1], " ".join(asking[MAX_PARTS - 1 :])]
    background = Counter(name for words, asks in pieces if not asks for name in names_in(words))
    subjects = tuple(name for name, _ in background.most_common(MAX_SUBJECTS if is_long else None))
    parts: list[Part] = []
    for words in filter(None, asking):
        own = tuple(dict.fromkeys(names_in(words)))
        text = words
        also = [name for name in subjects if name not in own]
        if also and (not own or _ADDS.search(words)):
            text = f"{words} ({', '.join(also)})"
        elif own:
            subjects = own
        elif parts:
            text = f"{asking[0]} {words}"
        parts.append(Part(words, text))
    return tuple(parts)


def _pieces(sentence: str, *, strict: bool) -> list[tuple[str, bool]]:
    """The pieces of a sentence, and whether each asks. What is too short to ask by itself joins its neighbour.

    `strict`: only in a sentence that ends or begins as a question; a story has its "which" and "who" too.
    """
    cut = [piece.strip(" ,;:?") for piece in _JOINT.split(sentence) if piece and piece.strip(" ,;:?")]
    if not cut:
        return []
    joined: list[str] = []
    for piece in cut:
        if joined and len(_WORD.findall(piece)) < MIN_WORDS:
            joined[-1] = f"{joined[-1]}, {piece}"
        else:
            joined.append(piece)
    ends_asking = sentence.rstrip().endswith("?")
    if strict and not (ends_asking or _TELLS.search(sentence) or _BEGINS.search(sentence)):
        return [(sentence, False)]
    return [
        (_LEADS.sub("", piece), _asks(piece) or (ends_asking and len(joined) == 1))
        for piece in joined
        if _LEADS.sub("", piece)
    ]


def _asks(piece: str) -> bool:
    return _ASKS.search(piece) is not None and not (
        _GREETING_END.match(piece) and len(_WORD.findall(piece)) < MIN_WORDS
    )
