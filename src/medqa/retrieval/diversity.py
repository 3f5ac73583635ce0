"""Removing repeats from a ranking, and keeping one article from filling the head of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")

_NOT_A_WORD = re.compile(r"\W+")


def without_repeats(items: Sequence[T], text_of: Callable[[T], str]) -> list[T]:
    """The items whose words were not seen before, in order. Case and punctuation do not count."""
    seen: set[str] = set()
    kept: list[T] = []
    for item in items:
        key = _NOT_A_WORD.sub(" ", text_of(item).casefold()).strip()
        if key not in seen:
            seen.add(key)
            kept.append(item)
    return kept


def spread(items: Sequence[T], group_of: Callable[[T], str], *, per_group: int, head: int) -> list[T]:
    """The same items, reordered: among the first `head` at most `per_group` of one group.

    What is held back follows directly after the head, in its old order; when there are too few groups to
    fill the head, it moves up. Nothing is dropped.
    """
    first: list[T] = []
    held: list[T] = []
    counts: dict[str, int] = {}
    for item in items:
        group = group_of(item)
        if len(first) < head and counts.get(group, 0) < per_group:
            counts[group] = counts.get(group, 0) + 1
            first.append(item)
        else:
            held.append(item)
    return first + held
