"""Takes out of a question what may tell who asked it.

By rule, so that it misses things: a name that is not introduced ("Anna says"), a rare illness, a place. It is a second
line behind the owner's decision to keep questions at all, never a reason for it.
"""

from __future__ import annotations

import re

MAX_CHARS = 500
_LONG_NUMBER = 5
_RULES = (
    (re.compile(r"\S+@\S+\.\w+"), "[mail]"),
    (re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE), "[link]"),
    (re.compile(r"\b\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\b"), "[date]"),
    (
        re.compile(
            r"\b(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
            r"nov(?:ember)?|dec(?:ember)?)\.? \d{1,2}(?:st|nd|rd|th)?(?:,? \d{4})?\b",
            re.IGNORECASE,
        ),
        "[date]",
    ),
    (re.compile(rf"\+?\d(?:[ ().-]?\d){{{_LONG_NUMBER - 1},}}"), "[number]"),
    (re.compile(r"\b(my name is|i am called|i'm called)\s+\w+(?:\s+[A-Z]\w+)?", re.IGNORECASE), r"\1 [name]"),
    (re.compile(r"\b((?i:mr|mrs|ms|miss|dr|doctor|nurse|prof)\.?)\s+[A-Z]\w+(?:\s+[A-Z]\w+)?"), r"\1 [name]"),
    (
        re.compile(r"\b(\d{1,3})\s+(\w+(?:\s\w+)?)\s+(street|st|road|rd|avenue|ave|lane|ln)\b", re.IGNORECASE),
        "[address]",
    ),
)


def redacted(text: str) -> str:
    """`text` on one line, cut to `MAX_CHARS`: mail addresses, links, dates, numbers of five digits and more, and names
    that are introduced as such replaced by a word in brackets."""
    text = " ".join(text.split())[:MAX_CHARS]
    for pattern, put in _RULES:
        text = pattern.sub(put, text)
    return text
