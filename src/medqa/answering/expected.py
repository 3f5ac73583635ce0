"""Which kind of answer a question expects, and whether a sentence is of that kind.

The answer type of a question is old in question answering (Li and Roth, "Learning question classifiers", 2002): who
asks how long expects a time, who asks what a thing is expects the sentence that says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from medqa.answering.wording import content_stems, stems

_NUMBER = (
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|half|once|twice"
    r"|few|several)\b"
)
_SPAN_OF_TIME = (
    r"\b(?:seconds?|minutes?|hours?|days?|nights?|weeks?|months?|years?|daily|weekly|monthly|yearly|lifelong)\b"
)
_HOW_OFTEN = rf"\b(?:once|twice|times|every|each|daily|weekly|monthly)\b|{_SPAN_OF_TIME}"

_EXPECTED: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = tuple(
    (re.compile(question, re.IGNORECASE), re.compile(sentence, re.IGNORECASE))
    for question, sentence in (
        (
            r"\bhow (?:long|soon|fast|quick(?:ly)?)\b|\bhow many (?:minutes|hours|days|weeks|months|years)\b"
            r"|\b(?:longer|faster|quicker|sooner)\b|\bkicks? in\b",
            _SPAN_OF_TIME,
        ),
        (r"\bhow (?:often|many times)\b|\b(?:times a|once a|every) (?:day|week|month)\b|\bmonthly\b", _HOW_OFTEN),
        (r"\bhow (?:many|much|high|hot|old|far|big|common|likely)\b|\bwhat (?:dose|strength|temp\w*)\b", _NUMBER),
        (
            r"\bwhy\b|\bhow come\b|\bwhat (?:causes|makes|brings)\b",
            r"\b(?:because|causes?d?|due to|so that|comes? from|leads? to|happens? when|reasons?|since|makes?)\b",
        ),
    )
)
_ASKS_WHAT_IT_IS = re.compile(
    r"\bwhat(?:['’]?s| is| are| was)(?: an?| the| this| these)?\s+(?P<thing>[^?.,;]+)"
    r"|\bwhat does (?:the )?(?P<word>[^?.,;]+?) mean\b|\bmeaning of (?P<meant>[^?.,;]+)",
    re.IGNORECASE,
)
_SAYS_WHAT_IT_IS = re.compile(
    r"^(?P<thing>.{2,60}?) (?:is|are|means?|(?:is|are) (?:also )?called|stands? for)\s+"
    r"(?:(?:a|an|the|one|pain|any|when)\b|\w+ )",
    re.IGNORECASE,
)
_CALLED = re.compile(
    r"\b(?:is|are) (?:also |often |sometimes )?called (?:an?\s+|the\s+)?(?P<thing>[^,.;()]+)", re.IGNORECASE
)
_LONGEST_THING = 4
"""A question after more words than these asks for something about the thing, not what it is."""

Fits = Callable[[str], bool]


def expected_by(question: str) -> Fits | None:
    """What tells of a sentence whether it is of the kind that `question` expects; None where any sentence may be."""
    thing = _thing_asked_for(question)
    wanted = [sentence for asks, sentence in _EXPECTED if asks.search(question)]
    if not thing and not wanted:
        return None

    def fits(sentence: str) -> bool:
        return any(kind.search(sentence) for kind in wanted) or (bool(thing) and _defines(sentence, thing))

    return fits


def _thing_asked_for(question: str) -> frozenset[str]:
    """The stems of the thing whose meaning is asked for; empty where no meaning is."""
    match = _ASKS_WHAT_IT_IS.search(question)
    if match is None:
        return frozenset()
    thing = next(part for part in match.groups() if part)
    return content_stems(thing) if len(thing.split()) <= _LONGEST_THING else frozenset()


def _defines(sentence: str, thing: frozenset[str]) -> bool:
    match = _SAYS_WHAT_IT_IS.match(sentence)
    if match is not None and thing <= stems(match["thing"]):
        return True
    called = _CALLED.search(sentence)
    return called is not None and thing <= stems(called["thing"])
