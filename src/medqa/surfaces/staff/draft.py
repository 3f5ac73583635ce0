"""The draft of a reply as it travels in the pages: nothing of it is kept on the server.

Fields of a form: ``question``, ``opening``, ``closing``, and for each picked passage one ``draft`` (its reference)
followed by one ``words`` (what the person wrote before it, may be missing).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from medqa.surfaces.rooms.forms import Form
from medqa.surfaces.staff.quotes import MOST_QUOTES, Ref, ref_from

OPENING = "Thank you for your question. This is what our articles say:"
MOST_CHARS = 4_000
"""Of each field that a person writes."""


@dataclass(frozen=True, slots=True)
class Pick:
    """A passage with the person's own words before it."""

    ref: Ref
    words: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """`picks` are in the order of the text, each passage once."""

    question: str = ""
    opening: str = OPENING
    closing: str = ""
    picks: tuple[Pick, ...] = ()

    @property
    def refs(self) -> tuple[Ref, ...]:
        return tuple(pick.ref for pick in self.picks)

    def adding(self, *refs: Ref) -> Draft:
        """With `refs` at the end; never more than a draft may hold."""
        return self.holding((*self.picks, *(Pick(ref) for ref in refs)))

    def moving(self, act: str, at: int) -> Draft:
        """One pick a place ``up`` or ``down``, or taken out (``remove``). What cannot be done changes nothing."""
        if not 0 <= at < len(self.picks) or act not in ("up", "down", "remove"):
            return self
        rest = self.picks[:at] + self.picks[at + 1 :]
        if act == "remove":
            return replace(self, picks=rest)
        to = max(at - 1, 0) if act == "up" else min(at + 1, len(rest))
        return replace(self, picks=(*rest[:to], self.picks[at], *rest[to:]))

    def holding(self, picks: tuple[Pick, ...]) -> Draft:
        """With just these: each passage once, without what lies inside another and has no words of its own."""
        kept: dict[Ref, Pick] = {}
        for pick in picks:
            kept.setdefault(pick.ref, pick)
        whole = [pick for ref, pick in kept.items() if pick.words or not any(_inside(ref, other) for other in kept)]
        return replace(self, picks=tuple(whole[:MOST_QUOTES]))


def draft_from(form: Form, question: str) -> Draft:
    """The draft that a page sends back; what is no reference is left out, what is too long is cut."""
    picks: list[list[str]] = []
    for name, value in form.fields:
        if name == "draft":
            picks.append([value, ""])
        elif name == "words" and picks:
            picks[-1][1] = value.replace("\r\n", "\n").strip()[:MOST_CHARS]
    known = tuple(Pick(ref, words) for written, words in picks[:MOST_QUOTES] if (ref := ref_from(written)) is not None)
    opened = form.text("opening").strip() if form.all("opening") else OPENING
    draft = Draft(question[:MOST_CHARS], opened[:MOST_CHARS], form.text("closing").strip()[:MOST_CHARS])
    return draft.holding(known)


def _inside(ref: Ref, other: Ref) -> bool:
    """Whether `ref` is a part of `other`, a larger passage of the same article."""
    larger = other.end - other.start > ref.end - ref.start
    return larger and other.article_id == ref.article_id and other.start <= ref.start and ref.end <= other.end
