"""What a conversation is about after each message of the person: the subjects, in the order they came up."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from medqa.knowledge.lexicon import Lexicon, Mention

MODIFIERS = frozenset(
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
        "acute and chronic pain",
    )
)
"""What a subject is asked about together with: "what about alcohol / kids / my kidneys?"."""
TREATMENTS = frozenset(
    (
        "physical therapy",
        "tens",
        "acupuncture",
        "massage",
        "cognitive behavioral therapy",
        "mindfulness",
        "epidural steroid injection",
        "nerve block",
        "radiofrequency ablation",
        "spinal cord stimulation",
        "joint injection",
        "trigger point injection",
    )
)
TOO_BROAD = frozenset({"analgesic", "topical", "sedative"})
"""Classes that turn no conversation to something else: "do painkillers help?"."""
MOST_REMEMBERED = 8
_SIDE_BY_SIDE = re.compile(r"\b(?:or|and|vs|versus|than|both|between)\b", re.IGNORECASE)
_BESIDE = re.compile(r"\b(?:with|on top of|while (?:on|taking))\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]{5,}")


@dataclass(frozen=True, slots=True)
class Subject:
    """`kind` is medicine, class or condition; `name` as in the lexicon, `shown` as it is said."""

    kind: str
    name: str
    shown: str = field(compare=False)


@dataclass(frozen=True, slots=True)
class Thread:
    """`focus`: what the last message was about, the main one first. `met`: every subject so far, in the order of its
    first mention. `condition`: the last condition or treatment that was spoken of. `last`: the person's last question,
    in full. `compared`: the subjects of the last question that named two of a kind; `together` when they were named
    side by side ("gabapentin or pregabalin"), not one as the other's companion ("baclofen with ibuprofen"). `fragment`:
    what the last few words asked about."""

    focus: tuple[Subject, ...] = ()
    met: tuple[Subject, ...] = ()
    condition: Subject | None = None
    last: str = ""
    compared: tuple[Subject, ...] = ()
    together: bool = False
    fragment: str = ""

    def after(self, text: str, subjects: Sequence[Subject]) -> Thread:
        """The thread once `text`, a question in full about `subjects`, was asked."""
        if not subjects:
            return replace(self, last=text)
        conditions = [s for s in subjects if s.kind == "condition"]
        illnesses = [s for s in conditions if s.name not in TREATMENTS]
        met = tuple(dict.fromkeys((*self.met, *subjects)))[-MOST_REMEMBERED:]
        alike = [s for s in subjects if (s.kind == "condition") is (subjects[0].kind == "condition")]
        return Thread(
            focus=tuple(subjects),
            met=met,
            condition=illnesses[0] if illnesses else self.condition or (conditions[0] if conditions else None),
            last=text,
            compared=tuple(s for s in met if s in alike[:2]) if len(alike) > 1 else self.compared,
            together=len(alike) > 1 and bool(_SIDE_BY_SIDE.search(text)) and not _BESIDE.search(text),
        )

    @property
    def main(self) -> tuple[Subject, ...]:
        """What a follow-up is about: the first in focus, or two that were named side by side."""
        return self.compared if self.together else self.focus[:1]

    @property
    def medicines(self) -> tuple[Subject, ...]:
        """Of what it is about, the medicines; else the last one that was spoken of with it."""
        main, focus, met = (
            tuple(s for s in part if s.kind != "condition") for part in (self.main, self.focus, self.met)
        )
        return main or focus or met[-1:]

    @property
    def several(self) -> tuple[Subject, ...]:
        """What "they" are: two subjects that were named together and are still spoken of, else the main one."""
        return self.compared if any(s in self.focus for s in self.compared) else self.main

    def other_than(self, names: set[str]) -> Subject | None:
        """The latest subject that is none of `names`, of the kind of those in focus if there is one."""
        kinds = {s.kind for s in self.focus}
        for pool in (self.compared, self.met):
            rest = [s for s in pool if s.name not in names]
            same = [s for s in rest if s.kind in kinds]
            if same or rest:
                return (same or rest)[-1]
        return None


def subjects_in(mentions: Sequence[Mention]) -> tuple[Subject, ...]:
    """What a message is about: medicines, then conditions and treatments, then classes; modifiers left out."""
    found = [
        Subject(m.kind, m.name, m.name if m.kind == "medicine" and " " not in m.name else _as_said(m.surface))
        for m in mentions
        if not (m.kind == "condition" and m.name in MODIFIERS)
    ]
    order = {"medicine": 0, "condition": 1, "class": 2}
    seen: dict[tuple[str, str], Subject] = {}
    for subject in sorted(found, key=lambda s: order[s.kind]):
        seen.setdefault((subject.kind, subject.name), subject)
    return tuple(seen.values())


def _as_said(surface: str) -> str:
    return surface if surface.isupper() else surface.lower()


def mended(text: str, lexicon: Lexicon) -> str:
    """`text` with the misspelt names of medicines and conditions put right."""

    def read(match: re.Match[str]) -> str:
        correction = lexicon.correct(match.group())
        return correction.replacement if correction else match.group()

    return _WORD.sub(read, text)
