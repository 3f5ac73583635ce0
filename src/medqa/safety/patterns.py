"""The small language in which rules say what they look for.

A pattern is a line of elements; each element is a set of alternatives joined by ``|``:

- ``@breathe``: any wording of that concept of ``concepts.toml``
- ``word`` or ``two_words``: exactly that
- ``@n6``: a number of at least 6

``seq`` patterns want the elements in that order, with at most `DEFAULT_GAP` words between neighbours;
``near`` patterns want them in any order within `DEFAULT_WINDOW` words. ``~12`` in front changes the number.
All elements stand in one sentence. No regular expression is involved: time is linear in the message.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from medqa.errors import ConfigError
from medqa.safety.reading import Sentence

DEFAULT_GAP = 3
DEFAULT_WINDOW = 7
_THRESHOLD = re.compile(r"@n(\d+)")


class Found(NamedTuple):
    """A match in one sentence: `start` and `end` are word positions, `own` the positions it is made of."""

    sentence: int
    start: int
    end: int
    own: frozenset[int]
    parts: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Pattern:
    """`elements` are alternatives as hit names: a concept, ``=literal words`` or ``#threshold``."""

    kind: Literal["seq", "near"]
    elements: tuple[tuple[str, ...], ...]
    reach: int


Hits = Mapping[str, Sequence[tuple[int, int]]]
"""Hit name -> half-open word ranges in one sentence, sorted."""


def parse(kind: Literal["seq", "near"], line: str, concepts: Iterable[str]) -> Pattern:
    """Raises `ConfigError` for an empty pattern or a concept that does not exist."""
    reach = DEFAULT_GAP if kind == "seq" else DEFAULT_WINDOW
    elements = []
    for part in line.split():
        if part.startswith("~"):
            reach = int(part[1:])
            continue
        names = []
        for alternative in part.split("|"):
            threshold = _THRESHOLD.fullmatch(alternative)
            if threshold:
                names.append(f"#{threshold.group(1)}")
            elif alternative.startswith("@"):
                if alternative[1:] not in concepts:
                    raise ConfigError(f"The safety rules use the concept {alternative!r}, which is not defined.")
                names.append(alternative[1:])
            else:
                names.append("=" + alternative.replace("_", " "))
        elements.append(tuple(names))
    if not elements:
        raise ConfigError(f"A safety rule has an empty pattern: {line!r}.")
    return Pattern(kind, tuple(elements), reach)


class Vocabulary:
    """Finds every concept, literal and number of the patterns in a sentence, in one pass over its words."""

    def __init__(self, concepts: Mapping[str, Sequence[str]], patterns: Iterable[Pattern]) -> None:
        self._phrases: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        self._stems: dict[str, list[str]] = {}
        self._thresholds: set[int] = set()
        for name, terms in concepts.items():
            for term in terms:
                self._add(term, name)
        for pattern in patterns:
            for element in pattern.elements:
                for name in element:
                    if name.startswith("="):
                        self._add(name[1:], name)
                    elif name.startswith("#"):
                        self._thresholds.add(int(name[1:]))
        self._stem_lengths = sorted({len(stem) for stem in self._stems})
        for first, phrases in self._phrases.items():
            self._phrases[first] = sorted(set(phrases), key=lambda phrase: len(phrase[0]))
        self._words = frozenset(word for phrases in self._phrases.values() for phrase, _ in phrases for word in phrase)

    def words(self) -> frozenset[str]:
        """Every word that a pattern or concept uses."""
        return self._words

    def _add(self, term: str, name: str) -> None:
        parts = tuple(term.split())
        if len(parts) == 1 and term.endswith("*"):
            self._stems.setdefault(term[:-1], []).append(name)
        elif parts:
            self._phrases.setdefault(parts[0], []).append((parts, name))

    def hits(self, sentence: Sentence) -> dict[str, list[tuple[int, int]]]:
        found: dict[str, list[tuple[int, int]]] = {}
        tokens = sentence.tokens
        for i, token in enumerate(tokens):
            for phrase, name in self._phrases.get(token, ()):
                length = len(phrase)
                if length == 1 or tokens[i : i + length] == phrase:
                    found.setdefault(name, []).append((i, i + length))
            for length in self._stem_lengths:
                for name in self._stems.get(token[:length], ()) if len(token) >= length else ():
                    found.setdefault(name, []).append((i, i + 1))
            if token[0].isdigit() and len(token) < 12:
                self._number(token, i, found)
        return found

    def _number(self, token: str, i: int, found: dict[str, list[tuple[int, int]]]) -> None:
        try:
            value = float(token.replace(",", "") if len(token.rpartition(",")[2]) == 3 else token.replace(",", "."))
        except ValueError:  # digits of another script, or a word such as 2nd
            return
        for threshold in self._thresholds:
            if value >= threshold:
                found.setdefault(f"#{threshold}", []).append((i, i + 1))


def matches(pattern: Pattern, hits: Hits, sentence: int) -> Iterator[Found]:
    """Every place in one sentence where `pattern` stands, by its first element from left to right."""
    rows = []
    for element in pattern.elements:
        row = _merged(element, hits)
        if not row:
            return
        rows.append(row)
    if len(rows) == 1:
        for start, end in rows[0]:
            yield _found(sentence, ((start, end),))
    elif pattern.kind == "seq":
        for first in rows[0]:
            chain = _follow(rows, 1, (first,), pattern.reach)
            if chain:
                yield _found(sentence, chain)
    else:
        for first in rows[0]:
            group = _gather(rows, first, pattern.reach)
            if group:
                yield _found(sentence, group)


def _merged(element: tuple[str, ...], hits: Hits) -> Sequence[tuple[int, int]]:
    if len(element) == 1:
        return hits.get(element[0], ())
    return sorted({hit for name in element for hit in hits.get(name, ())})


def _follow(
    rows: list[Sequence[tuple[int, int]]], depth: int, chain: tuple[tuple[int, int], ...], gap: int
) -> tuple[tuple[int, int], ...] | None:
    if depth == len(rows):
        return chain
    row, end = rows[depth], chain[-1][1]
    for i in range(bisect_left(row, (end, 0)), len(row)):
        if row[i][0] > end + gap:
            return None
        longer = _follow(rows, depth + 1, (*chain, row[i]), gap)
        if longer:
            return longer
    return None


def _gather(
    rows: list[Sequence[tuple[int, int]]], first: tuple[int, int], window: int
) -> tuple[tuple[int, int], ...] | None:
    group = [first]
    low, high = first
    for row in rows[1:]:
        near: tuple[int, int] | None = None
        for i in range(max(0, bisect_left(row, (high - window, 0))), len(row)):
            start, end = row[i]
            if start > low + window:
                break
            overlaps = any(start < taken_end and taken_start < end for taken_start, taken_end in group)
            fits = max(high, end) - min(low, start) <= window + 1
            if fits and not overlaps and (near is None or abs(start - low) < abs(near[0] - low)):
                near = row[i]
        if near is None:
            return None
        group.append(near)
        low, high = min(low, near[0]), max(high, near[1])
    return tuple(group)


def _found(sentence: int, parts: tuple[tuple[int, int], ...]) -> Found:
    own = frozenset(i for start, end in parts for i in range(start, end))
    return Found(sentence, min(p[0] for p in parts), max(p[1] for p in parts), own, tuple(sorted(parts)))
