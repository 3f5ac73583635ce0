"""Having, asking, denying and remembering: what a sentence does with the thing it names.

"I have chest pain" has it, "can baclofen cause chest pain?" asks about it, "no chest pain" denies it, "I had
chest pain ten years ago" remembers it. Only having it raises a level. In doubt a match counts as having.
The wordings are in ``scopes.toml``.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from medqa.safety.patterns import Found, Hits, Pattern, matches
from medqa.safety.reading import Sentence

FRAME_REACH = 30
PAST_REACH = 14
NEGATION_REACH = 24


class Standing(StrEnum):
    HAS = "has"
    ASKS = "asks"
    DENIES = "denies"
    REMEMBERS = "remembers"


@dataclass(frozen=True, slots=True)
class ScopeData:
    """Word lists and patterns, as read from ``scopes.toml``."""

    negators: frozenset[str]
    negation_fillers: frozenset[str]
    negation_cancels: frozenset[str]
    conditionals: frozenset[str]
    causatives: frozenset[str]
    whether: frozenset[str]
    how: frozenset[str]
    frames: tuple[Pattern, ...]
    fiction: tuple[Pattern, ...]
    openers: frozenset[str]
    opener_stops: frozenset[str]
    after: tuple[Pattern, ...]
    personal: tuple[Pattern, ...]
    insistent: tuple[Pattern, ...]
    past: tuple[Pattern, ...]
    recent: frozenset[str]


class SentenceScopes:
    """The scopes of one sentence, found once and asked for every match in it."""

    def __init__(self, sentence: Sentence, hits: Hits, data: ScopeData, symptoms: frozenset[int]) -> None:
        self._tokens = sentence.tokens
        self._breaks = sentence.breaks
        self._data = data
        self._symptoms = symptoms
        self._frames = self._question_frames(hits)
        self._fiction = min((f.end for p in data.fiction for f in matches(p, hits, 0)), default=len(self._tokens))
        self._after = sorted({f.start for p in data.after for f in matches(p, hits, 0)})
        self._personal = sorted({f.start for p in data.personal for f in matches(p, hits, 0) if self._is_plain(f)})
        self._insists = any(True for p in data.insistent for _ in matches(p, hits, 0))
        self._past = sorted({(f.start, f.end) for p in data.past for f in matches(p, hits, 0)})

    def standing(self, found: Found, *, asking_counts: bool = False) -> Standing:
        """What the sentence does with `found`. `asking_counts`: to ask about it is as grave as to have it."""
        if self._denied(found):
            return Standing.DENIES
        if self._past and self._is_past(found):
            return Standing.REMEMBERS
        if not asking_counts and not self._insists and (found.start >= self._fiction or self._asked(found)):
            return Standing.ASKS
        return Standing.HAS

    # --- denying ---------------------------------------------------------------------------------------

    def _denied(self, found: Found) -> bool:
        if self._denied_before(found.start, found.own):
            return True
        # "my chest is not hurting": the negation stands between the parts of the match
        return any(
            self._denied_before(start, found.own, stop=found.start) for start, _ in found.parts if start > found.start
        )

    def _denied_before(self, start: int, own: frozenset[int], stop: int = 0) -> bool:
        data, tokens = self._data, self._tokens
        for i in range(start - 1, max(stop, start - NEGATION_REACH) - 1, -1):
            if i in own:
                continue
            token = tokens[i]
            if token in data.negators:
                following = tokens[i + 1] if i + 1 < len(tokens) else ""
                return i + 1 not in self._breaks and following not in data.negation_cancels
            if token not in data.negation_fillers and i not in self._symptoms:
                return False
        return False

    # --- asking ----------------------------------------------------------------------------------------

    def _question_frames(self, hits: Hits) -> list[tuple[int, int]]:
        """(end, start) of every wording that opens a question or a supposition, by its end."""
        data, tokens = self._data, self._tokens
        frames = {(f.end, f.start) for p in data.frames for f in matches(p, hits, 0) if not self._is_whether(f.start)}
        for i in (0, *self._breaks):
            if i + 1 < len(tokens) and tokens[i] in data.openers and tokens[i + 1] not in data.opener_stops:
                frames.add((i + 1, i))
        return sorted(frames)

    def _is_whether(self, start: int) -> bool:
        """Doubting ("I do not know if ..."), not supposing; "how do I know if ..." asks."""
        return (
            start > 0
            and self._tokens[start] in self._data.conditionals
            and self._tokens[start - 1] in self._data.whether
            and self._data.how.isdisjoint(self._tokens[max(0, start - 6) : start])
        ) or self._is_unknown(start)

    def _is_unknown(self, start: int) -> bool:
        """ "I do not know how many": a thing not known, no question."""
        before = self._tokens[max(0, start - 2) : start]
        return (
            len(before) == 2
            and before[0] in self._data.negators
            and before[1] in self._data.whether
            and self._tokens[start] in self._data.how
        )

    def _is_plain(self, marker: Found) -> bool:
        before = self._tokens[max(0, marker.start - 2) : marker.start]
        if any(token in self._data.causatives for token in before[-1:]):
            return False
        for back, token in enumerate(reversed(before)):
            if token in self._data.conditionals:
                return self._is_whether(marker.start - 1 - back)
        return True

    def _asked(self, found: Found) -> bool:
        place = bisect_right(self._frames, (found.end, len(self._tokens))) - 1
        while place >= 0 and self._frames[place][1] >= found.start:
            place -= 1  # a frame inside the match is part of it: "they would be happier if I was gone"
        if place >= 0 and found.start - self._frames[place][0] <= FRAME_REACH:
            marker = bisect_left(self._personal, self._frames[place][0])
            return not (marker < len(self._personal) and self._personal[marker] < found.end)
        place = bisect_left(self._after, found.end - 1)
        if place < len(self._after) and self._after[place] <= found.end + 2 and not self._negates(found.end, place):
            marker = bisect_right(self._personal, found.end) - 1
            return marker < 0
        return False

    def _negates(self, start: int, place: int) -> bool:
        """ "hives, no other symptoms": the word behind the match speaks of something else."""
        return any(token in self._data.negators for token in self._tokens[start : self._after[place]])

    # --- remembering -----------------------------------------------------------------------------------

    def _is_past(self, found: Found) -> bool:
        place = bisect_left(self._past, (found.start - PAST_REACH, 0))
        for start, end in self._past[place:]:
            if start > found.end + PAST_REACH:
                return False
            if end <= found.start:
                between = range(end, found.start)
            elif found.end <= start:
                between = range(found.end, start)
            else:  # "had a stroke just now": the past is part of the match
                between = range(max(0, found.start - 2), min(len(self._tokens), found.end + 3))
            if not any(self._tokens[i] in self._data.recent for i in between):
                return True
        return False


def symptom_positions(hits: Hits, names: Sequence[str]) -> frozenset[int]:
    """Word positions that belong to a concept of the list (``no chest pain, fever or rash``)."""
    return frozenset(i for name in names for start, end in hits.get(name, ()) for i in range(start, end))
