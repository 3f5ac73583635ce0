"""Where sentences begin and end.

`sentencex` finds the boundaries; this layer mends what it gets wrong on medical text (doses, Latin
abbreviations, "vitamin D. A child") and keeps exact offsets. When in doubt two sentences stay together: a
quote that is too long is whole, one that is cut is not.
"""

from __future__ import annotations

import re

import sentencex

from medqa.errors import InvariantError
from medqa.types import Span

# sentencex 1.0.32 panics where a white space of more than one byte precedes an initial: one for one, so
# that offsets hold.
_WIDE_SPACES = {code: " " for code in range(0x80, 0x3001) if chr(code).isspace()}

_UNITS = (
    r"mg|mcg|µg|μg|ug|ng|g|kg|oz|lbs?|mL|ml|cc|dL|dl|L|l|tsp|tbsp|IU|mEq|mmol|cm|mm|km|m|ft|in|mi|"
    r"hrs?|h|mins?|min|secs?|sec|s|wks?|mos?|yrs?|caps?|tabs?|gtts?|kcal|cal|bpm|mmHg|Hz"
)
_DOSE_END = re.compile(rf"\d[\d.,/–-]*[\s-]?(?:{_UNITS})(?:/(?:{_UNITS}|day|d))?\.$")
# Never the last word of a sentence.
_TITLES = {
    "dr", "drs", "mr", "mrs", "ms", "prof", "st", "vs", "e.g", "eg", "i.e", "ie", "cf", "approx", "ca", "viz",
    "spp", "ssp", "esp", "incl", "excl", "gen", "rev", "hon", "messrs", "mt", "ex", "aka",
}  # fmt: skip
# The last word of a sentence only when no number follows.
_BEFORE_NUMBER = {
    "no", "nos", "fig", "figs", "sec", "vol", "ch", "eq", "pp", "p", "art", "ref", "refs", "tab", "jan", "feb",
    "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec",
}  # fmt: skip
# The last word of a sentence only when a capital follows.
_BEFORE_LOWER = {
    "al", "etc", "sp", "subsp", "var", "dept", "univ", "inc", "ltd", "co", "corp", "max", "temp", "wt", "avg",
    "est", "syn", "abbr", "adj", "resp", "rx", "med", "meds", "jr", "sr",
}  # fmt: skip
# Words that open sentences and hardly ever stand, capitalised, after an abbreviation inside one.
_OPENER_WORDS = """
    A After Also Although Always An And Another Any As Ask At Avoid Be Because Before Both But By Call Check
    Contact Do Does Don't Don’t Drink During Each Eat Even Every Evidence For From Get Give He Her His How However
    I If In Is It It's It’s Its Keep Let Like Make Many Most My Never No Not Now Of Often On Once One Only Or Other
    Others Our Patients People Please Remember See She Since So Some Sometimes Start Still Stop Store Studies
    Swallow Take Talk Tell That The Their Then There Therefore These They This Those Though Thus To Today Too Try
    Unless Until Use Usually Wait Was We What When Where Whether Which While Who Why Will With Without You Your
"""
_OPENERS = frozenset(_OPENER_WORDS.split())
_DOTTED = re.compile(r"(?:[A-Za-z]\.){2,}$")
_INITIAL = re.compile(r"(?:^|[\s(\[“\"'])([A-Za-z])\.$")
_LAST_WORD = re.compile(r"([^\s(\[“\"']+?)\.[)\]”\"'’]*$")
_NEXT_WORD = re.compile(r"[(\[“\"'‘]*([^\W\d_][\w'’]*)")
_CANDIDATE = re.compile(r"[.!?…]+[)\]”\"'’]*\s+(?=[“\"'‘(\[]*[A-Z0-9À-Þ½¼¾])")
_LOOK_BACK = 80  # characters: longer than any abbreviation; a whole line would make long ones slow
_LETTER = re.compile(r"[^\W\d_]")
_NUMBER_LABEL = re.compile(r"\d{1,3}[.)]")


def sentence_spans(text: str, offset: int = 0) -> tuple[Span, ...]:
    """Spans of the sentences of `text`, shifted by `offset`, in order, without surrounding white space.

    Every character of `text` that is not white space lies in exactly one span. A line break ends a
    sentence: what readers of the formats leave in a block are the breaks that its author wanted.
    """
    spans: list[Span] = []
    start = 0
    for line in text.split("\n"):
        edges = _boundaries(line)
        for left, right in zip([0, *edges], [*edges, len(line)], strict=True):
            piece = line[left:right]
            stripped = piece.strip()
            if stripped:
                begin = start + left + len(piece) - len(piece.lstrip())
                spans.append(Span(offset + begin, offset + begin + len(stripped)))
        start += len(line) + 1
    return tuple(spans)


def _boundaries(line: str) -> list[int]:
    """Offsets inside `line` where a new sentence begins."""
    if len(line) < 3 or line.isspace():
        return []
    pieces = sentencex.segment("en", line.translate(_WIDE_SPACES))
    if sum(map(len, pieces)) != len(line):
        raise InvariantError("the sentence splitter lost characters")
    proposed: list[int] = []
    position = 0
    for piece in pieces[:-1]:
        position += len(piece)
        proposed.append(position)
    kept = {edge for edge in proposed if not _is_false(line, edge)}
    for match in _CANDIDATE.finditer(line):
        if match.end() not in kept and _is_missed(line, match.end()):
            kept.add(match.end())
    return _without_fragments(line, sorted(kept))


def _is_false(line: str, edge: int) -> bool:
    """Whether the boundary that sentencex saw at `edge` lies inside a sentence."""
    before, after = line[max(0, edge - _LOOK_BACK) : edge], line[edge : edge + _LOOK_BACK]
    if not before[-1:].isspace() and not after[:1].isspace():
        return True  # "(... on your keyboard.)" and "Non-U.S."
    return _joins(before.rstrip(), after.lstrip())


def _joins(head: str, rest: str) -> bool:
    """Whether the full stop at the end of `head` is an abbreviation's, given what follows."""
    found = _LAST_WORD.search(head)
    if found is None or not rest:
        return False
    word = found.group(1).lower()
    lower_next = rest[0].islower()
    if word in _TITLES:
        return True
    if word in _BEFORE_NUMBER and rest[0].isdigit():
        return True
    if lower_next and (word in _BEFORE_LOWER or _DOTTED.search(head) or _DOSE_END.search(head)):
        return True
    if _DOTTED.search(head) and not lower_next:
        return not _opens(rest) and not rest[0].isdigit()
    return False


def _is_missed(line: str, edge: int) -> bool:
    """Whether a sentence does begin at `edge`, though sentencex saw none."""
    head, rest = line[max(0, edge - _LOOK_BACK) : edge].rstrip(), line[edge : edge + _LOOK_BACK]
    if _joins(head, rest) or _inside_brackets(line[:edge]):
        return False
    bare = head.rstrip(")]”\"'’")
    if bare != head:
        return True
    if _DOSE_END.search(head):
        return not rest[0].isdigit()
    if _DOTTED.search(head) or _INITIAL.search(head):
        return _opens(rest)
    gap = line[len(line[:edge].rstrip()) : edge]
    return head.endswith(("!", "?")) or len(gap) > 1 or gap == "\t"


def _opens(rest: str) -> bool:
    found = _NEXT_WORD.match(rest)
    return found is not None and found.group(1) in _OPENERS and rest[found.end() : found.end() + 1] != "."


def _inside_brackets(head: str) -> bool:
    return head.count("(") > head.count(")") or head.count("[") > head.count("]")


def _without_fragments(line: str, edges: list[int]) -> list[int]:
    """A piece without any letter is no sentence: "2." goes with what follows, ")" and "*" with what precedes."""
    kept: list[int] = []
    begin = 0
    for edge in edges:
        piece = line[begin:edge]
        if _LETTER.search(piece):
            kept.append(edge)
            begin = edge
        elif kept and not _NUMBER_LABEL.fullmatch(piece.strip()):
            kept[-1] = edge
            begin = edge
    if kept and not _LETTER.search(line[kept[-1] :]):
        kept.pop()
    return kept
