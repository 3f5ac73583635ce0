"""Headings rewritten by rule into what patients write.

Every draw comes from the generator that is passed in: the same seed gives the same questions.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random

MAX_MESSAGE_WORDS = 110
TYPO_MIN_CHARS = 5
ASKED_SHARE = 0.5
_NEIGHBOURS = {
    "a": "se", "b": "vn", "c": "xv", "d": "sf", "e": "ria", "f": "dgp", "g": "fhj", "h": "gj", "i": "oey",
    "j": "hg", "k": "lc", "l": "k", "m": "n", "n": "mb", "o": "ia", "p": "ob", "q": "k", "r": "te", "s": "zac",
    "t": "ry", "u": "io", "v": "bf", "w": "e", "x": "z", "y": "it", "z": "sx",
}  # fmt: skip
_STOP_WORDS = (
    "a an the of to in on for and or is are was were be been it its this that these those with by as at from which "
    "can may also such some many most other"
)
_STOP = frozenset(_STOP_WORDS.split())
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Phrasings:
    """What ``phrasings.toml`` holds."""

    topics: tuple[tuple[str, re.Pattern[str]], ...]
    asks: dict[str, tuple[str, ...]]
    other: tuple[str, ...]
    subjects: tuple[str, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]
    lead_in: tuple[str, ...]

    @classmethod
    def load(cls) -> Phrasings:
        """The phrasings that ship with medqa; read once a process."""
        return _load()

    def topic_of(self, heading: str, title: str) -> str:
        """The topic that recognises `heading` (the article's `title` in it does not count), else its own words."""
        plain = re.sub(re.escape(title), " ", heading, flags=re.IGNORECASE).strip(" ?:.").lower()
        for name, pattern in self.topics:
            if pattern.search(plain):
                return name
        return "own: " + (" ".join(plain.split()) or "information")


@cache
def _load() -> Phrasings:
    data = tomllib.loads(files(__package__).joinpath("phrasings.toml").read_text(encoding="utf-8"))
    padding = data["padding"]
    return Phrasings(
        topics=tuple((t["name"], re.compile(r"\b(?:" + "|".join(t["headings"]) + ")")) for t in data["topic"]),
        asks={t["name"]: tuple(t["asks"]) for t in data["topic"]},
        other=tuple(data["other"]["asks"]),
        subjects=tuple(padding["subjects"]),
        before=tuple(padding["before"]),
        after=tuple(padding["after"]),
        lead_in=tuple(padding["lead_in"]),
    )


class Patient:
    """Writes questions. `others` are names of subjects that may come up beside the one asked about."""

    def __init__(self, phrasings: Phrasings, others: Sequence[str], random: Random) -> None:
        self._phrasings = phrasings
        self._others = others or ("arthritis",)
        self._random = random

    def ask(self, heading: str, topic: str, names: Sequence[str], asked: Sequence[str] = ()) -> str:
        """A question about a section: as its heading stands, as people ask it, or as a long message. Half of the time
        one that it is known to answer (`asked`), where there are any."""
        random = self._random
        name = names[0] if len(names) == 1 or random.random() < 0.55 else random.choice(names[1:])
        own = bool(asked) and random.random() < ASKED_SHARE
        question = random.choice(asked) if own else self._question(heading, topic, names[0], name)
        shape = random.random()
        if shape < 0.4:
            return self._careless(question, 0.25)
        if shape < 0.55:
            return self._careless(f"{random.choice(self._phrasings.lead_in)} {question}", 0.4)
        return self._careless(self._message(question, name), 0.5)

    def recall(self, sentence: str, name: str) -> str:
        """A question about one statement of a passage: its words, more or less, with the subject's name."""
        random = self._random
        words = sentence.strip(" .;:-•").split()[:30]
        if random.random() < 0.5:
            words = [w for w in words if w.lower() not in _STOP]
        words = [w for w in words if random.random() > 0.15]
        text = " ".join(words)
        if random.random() < 0.6 and name.lower() not in text.lower():
            text = f"{name} {text}" if random.random() < 0.5 else f"{text} {name}"
        if random.random() < 0.3:
            text = self._message(text, name)
        return self._careless(text, 0.4)

    def _question(self, heading: str, topic: str, title: str, name: str) -> str:
        random = self._random
        asks = self._phrasings.asks.get(topic)
        if random.random() < 0.2 or asks is None:
            if title.lower() in heading.lower():
                return re.sub(re.escape(title), lambda _: name, heading, flags=re.IGNORECASE)
            plain = heading.strip(" ?:.")
            return random.choice(self._phrasings.other).format(h=plain, x=name)
        asked = random.choice(asks).format(x=name)
        return asked + random.choice(("", "", "?", "?", " ?", "??"))

    def _message(self, question: str, name: str) -> str:
        random, phrasings = self._random, self._phrasings
        before = random.sample(phrasings.before, random.choice((0, 1, 1, 2, 2, 3, 4, 6)))
        after = random.sample(phrasings.after, random.choice((0, 0, 1, 1, 2, 3)))
        asked = question if random.random() < 0.5 else f"{random.choice(phrasings.lead_in)} {question}"
        parts = [*before, asked if asked[-1:] in "?." else asked + ".", *after]
        head = random.random()
        if head < 0.35:
            subject = random.choice(phrasings.subjects)
            parts.insert(0, f"subject: {subject} message:" if head < 0.2 else f"{subject}.")
        text = " ".join(parts)
        filled = text.replace("{x}", name).replace("{n}", str(random.randint(2, 85)))
        while "{other}" in filled:
            filled = filled.replace("{other}", random.choice(self._others), 1)
        return " ".join(filled.split()[:MAX_MESSAGE_WORDS]) if name in filled[:600] else f"{question} {filled}"

    def _careless(self, text: str, chance: float) -> str:
        random = self._random
        if random.random() < chance:
            wanted = random.choice((1, 1, 2, 3))
            places = [m for m in _WORD.finditer(text) if len(m.group()) >= TYPO_MIN_CHARS]
            for match in sorted(random.sample(places, min(wanted, len(places))), key=lambda m: -m.start()):
                text = text[: match.start()] + self._misspelt(match.group()) + text[match.end() :]
        if random.random() < 0.3:
            text = text.replace("'", "").replace(",", "")
        return text.lower() if random.random() < 0.6 else text

    def _misspelt(self, word: str) -> str:
        """One slip: letters swapped, left out, doubled, single for double, or a neighbour instead."""
        random = self._random
        i = random.randrange(1, len(word) - 1)
        doubled = [k for k in range(1, len(word)) if word[k].lower() == word[k - 1].lower()]
        kind = random.randrange(5)
        if kind == 0:
            return word[:i] + word[i + 1] + word[i] + word[i + 2 :]
        if kind == 1:
            return word[:i] + word[i + 1 :]
        if kind == 2:
            return word[:i] + word[i] + word[i:]
        if kind == 3 and doubled:
            k = random.choice(doubled)
            return word[:k] + word[k + 1 :]
        near = _NEIGHBOURS.get(word[i].lower())
        return word[:i] + random.choice(near) + word[i + 1 :] if near else word[:i] + word[i + 1 :]
