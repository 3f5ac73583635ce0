"""What a text is about: the medicines, classes and conditions that it names, and when two texts agree on them."""

from __future__ import annotations

from dataclasses import dataclass

from medqa.knowledge.lexicon import Kind, Lexicon

_TOO_BROAD = frozenset({"analgesic", "topical", "sedative"})
"""Classes that nearly every article could claim: naming one asks for nothing in particular."""


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    kind: Kind
    name: str


class Subjects:
    """Finds and compares subjects with the names of a `Lexicon`."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon

    def named_in(self, text: str) -> frozenset[Subject]:
        """Every subject that `text` names, too broad classes left out."""
        found = (Subject(m.kind, m.name) for m in self._lexicon.mentions(text))
        return frozenset(s for s in found if not (s.kind == "class" and s.name in _TOO_BROAD))

    def without_medicines(self, text: str) -> str:
        """`text` with "it" for every medicine, so that two texts can be compared by what they say of it."""
        for mention in reversed(self._lexicon.medicines_in(text)):
            text = f"{text[: mention.span.start]}it{text[mention.span.end :]}"
        return text

    def covers(self, present: frozenset[Subject], asked: Subject) -> bool:
        """Whether a text that names `present` speaks of `asked`.

        A medicine is also spoken of by a text on its class ("NSAIDs ..."), a class by a text on one of its
        medicines.
        """
        if asked in present:
            return True
        if asked.kind == "medicine":
            classes = set(self._lexicon.classes_of(asked.name)) - _TOO_BROAD
            return any(s.kind == "class" and s.name in classes for s in present)
        if asked.kind == "class":
            return any(s.kind == "medicine" and asked.name in self._lexicon.classes_of(s.name) for s in present)
        return False
