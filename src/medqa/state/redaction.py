"""Takes out of a question what may tell who asked it.

By rule, so that it misses things: a first name alone that nothing introduces ("Anna says"), names in small letters, a
place, an age, a rare illness. It is a second line behind the owner's decision to keep questions at all, never a reason
for it. Where a rule is in doubt it takes out: two words with capitals ("Low Back") may be a name.
"""

from __future__ import annotations

import re
from collections.abc import Callable

MAX_CHARS = 500
_LONG_NUMBER = 5
_MONTH = (
    r"(?:(?i:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|"
    r"diciembre)\b\.?|May\b)"
)
_CAPITAL = r"[^\W\d_a-zß-öø-ÿ](?=[\w'’-]*[a-zß-öø-ÿ])[\w'’-]+"
"""A word with a capital in front that is not all capitals: those are abbreviations such as MRI."""
_CAPITALS = re.compile(rf"\b{_CAPITAL}(?:\s+{_CAPITAL})+")
_PLAIN = frozenset(
    re.findall(
        r"\S+",
        "a about after am an and are as at be because been before but by can could de did do does el for from had has "
        "have he her his how i i'm if in is it its la los me mi my no not of on or our que said says she should so "
        "that the then they this to told was we what when where which who why will with would y yes you your",
    )
)
"""Words that are no part of a name, beside those that say who somebody is."""
_KIN = (
    r"(?:son|daughter|wife|husband|mother|mom|mum|father|dad|brother|sister|friend|partner|baby|child|boy|girl|"
    r"grandmother|grandfather|grandma|grandpa|aunt|uncle|cousin|neighbou?r|boss|patient|client)"
)

Put = str | Callable[[re.Match[str]], str]


def _introduced(match: re.Match[str]) -> str:
    """The words after an introduction, up to one that is no name: at most three."""
    head, words = match.group(1), match.group(2).split()
    name = next((n for n, word in enumerate(words) if word.casefold() in _PLAIN), len(words))
    return " ".join([head, "[name]", *words[name:]]) if name else match.group(0)


def _run_of_capitals(match: re.Match[str]) -> str:
    """Two words with capitals and more, but for the ordinary ones at their beginning ("Does Peter Miller")."""
    words = match.group(0).split()
    first = next((n for n, word in enumerate(words) if word.casefold() not in _PLAIN), len(words))
    return " ".join([*words[:first], "[name]"]) if len(words) - first > 1 else match.group(0)


_RULES: tuple[tuple[re.Pattern[str], Put], ...] = (
    (re.compile(r"[^\s@]+@[^\s@]+\.\w+"), "[mail]"),
    (re.compile(r"\S+ (?:at|\(at\)) \w+ (?:dot|\(dot\)) \w+", re.IGNORECASE), "[mail]"),
    (re.compile(r"(?<!\w)@\w+"), "[account]"),
    (re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE), "[link]"),
    (re.compile(r"\b\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\b"), "[date]"),
    (re.compile(rf"\b\d{{1,2}}(?:st|nd|rd|th)?(?: of| de)? {_MONTH}(?:,? (?:de )?\d{{4}})?"), "[date]"),
    (re.compile(rf"\b{_MONTH} \d{{1,4}}(?:st|nd|rd|th)?(?:,? \d{{4}})?\b(?! ?(?:mg|mcg|ml|g)\b)"), "[date]"),
    (re.compile(r"\b(in|since|born|from|of|until|before|after|year|en|desde) (?:19|20)\d\d\b", re.I), r"\1 [year]"),
    (re.compile(rf"\+?\d(?:[ ().-]?\d){{{_LONG_NUMBER - 1},}}"), "[number]"),
    (
        re.compile(
            r"\b\d{1,5}[a-z]?\s+\w+(?:\s\w+)?\s+(?:street|st|road|rd|avenue|ave|lane|ln|drive|close|court)\b", re.I
        ),
        "[address]",
    ),
    (re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d(?!M[GL]\b)[A-Z]{2}\b"), "[address]"),
    (
        re.compile(
            r"\b(my name is|my name's|i am called|i'm called|me llamo|mi nombre es|(?:named|called)(?= [A-Z])|"
            r"mrs?\.?|señora?)\s+((?:[^\W\d_][\w'’-]*)(?:\s+[^\W\d_][\w'’-]*){0,2})",
            re.IGNORECASE,
        ),
        _introduced,
    ),
    (re.compile(rf"\b((?i:ms|miss|dr|doctor|nurse|prof|professor)\.?)\s+{_CAPITAL}(?:\s+{_CAPITAL})?"), r"\1 [name]"),
    (
        re.compile(
            rf"\b((?i:i am|i'm|i’m|this is|soy|(?:my|our|his|her) {_KIN}))\s+{_CAPITAL}(?:\s+{_CAPITAL})*"
        ),
        r"\1 [name]",
    ),
    (_CAPITALS, _run_of_capitals),
)  # fmt: skip


def redacted(text: str) -> str:
    """`text` on one line, at most `MAX_CHARS` long: mail addresses, accounts, links, dates, years, numbers of five
    digits and more, addresses, and names that are introduced as such or have two capitals, each replaced by a word in
    brackets."""
    text = " ".join(text.split())
    for pattern, put in _RULES:
        text = pattern.sub(put, text)
    # cut last: half a number or half an address would be known by no rule
    return text if len(text) <= MAX_CHARS else text[:MAX_CHARS].rsplit(" ", 1)[0]
