"""The gate after the answer: what must be mentioned with it, and whether an article's review still stands."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date, timedelta
from enum import StrEnum
from functools import cache

from medqa.errors import ConfigError
from medqa.knowledge.facts import Fact, all_facts, facts_for
from medqa.knowledge.folding import fold
from medqa.knowledge.intents import MAX_CHARS
from medqa.knowledge.lexicon import Lexicon, Mention
from medqa.safety.rules import read_data
from medqa.types import Review, SafetyWarning

MAX_WARNINGS = 3
_OVERRIDE = "reaction-overrides-stop"
_STOP = "-abrupt-stop"


class ReviewState(StrEnum):
    """How an article's clinical review stands on a day."""

    CURRENT = "current"
    OVERDUE = "overdue"
    EXPIRED = "expired"
    UNREVIEWED = "unreviewed"


def review_state(review: Review, today: date, expired_after_days: int = 365) -> ReviewState:
    """The state of `review` on `today`.

    Unreviewed: never signed by a clinician (usable, shown as such). Overdue: past `review_due_on`. Expired:
    more than `expired_after_days` past it, signed or not; an expired article is not quoted.
    """
    due = review.review_due_on
    if due is not None and today > due + timedelta(days=expired_after_days):
        return ReviewState.EXPIRED
    if review.reviewed_on is None or not review.reviewed_by.strip():
        return ReviewState.UNREVIEWED
    if due is not None and today > due:
        return ReviewState.OVERDUE
    return ReviewState.CURRENT


def must_mention(
    *,
    intents: Collection[str],
    medicines: Collection[str],
    text: str = "",
    quoted: str = "",
    denied: Collection[str] = (),
) -> tuple[SafetyWarning, ...]:
    """The warnings to show beside an answer or an abstention, most important first, at most three and those `denied`.

    `intents` as of `medqa.knowledge.intents.intents_of`, `medicines` generic names, `text` the question,
    `quoted` what the answer quotes (empty for an abstention): a fact that it says already is left out,
    unless the fact is one that is always shown. Signs of a dangerous reaction in the question replace the
    advice not to stop suddenly: then the prescriber decides, now. `denied` are the ids of facts that the answer's
    quotes contradict: they stand first, whatever was asked.
    """
    intents = {*intents, *_due(text)}
    mentions = _mentions(text)
    classes = tuple(dict.fromkeys(m.name for m in mentions if m.kind == "class"))
    named = tuple(dict.fromkeys((*medicines, *(m.name for m in mentions if m.kind == "medicine"))))
    if named and intents == {"dependence"}:
        classes = ()  # "is baclofen an opioid?" is about baclofen
    if not named and any(m.name == "intrathecal pump" for m in mentions):
        named = ("baclofen",)
    facts = facts_for(intents=intents, medicines=named, classes=classes, text=text)
    if any(fact.id == _OVERRIDE for fact in facts):
        facts = tuple(fact for fact in facts if not fact.id.endswith(_STOP))
    kept = [fact for fact in facts if fact.always or not fact.is_mentioned_in(quoted)]
    contradicted = [fact for fact in all_facts() if fact.id in denied]
    others = [fact for fact in _distinct(kept) if fact not in contradicted][: max(0, MAX_WARNINGS - len(contradicted))]
    return tuple(SafetyWarning(f.id, f.text, f.source, f.source_url) for f in (*contradicted, *others))


def _mentions(text: str) -> tuple[Mention, ...]:
    """The names in `text`; "baclofen withdrawal", by itself the name of a condition, names the medicine too."""
    lexicon = Lexicon.load()
    found = lexicon.mentions(text)
    within = (m for outer in found if outer.kind == "condition" for word in outer.surface.split()
              for m in lexicon.mentions(word) if m.kind != "condition")  # fmt: skip
    return (*found, *within)


def _due(text: str) -> frozenset[str]:
    """The intents whose warnings the wording of `text` brings, beside those of the search."""
    folded = " ".join(fold(text[:MAX_CHARS]).split())
    return frozenset(intent for intent, wanted in _duties() if any(pattern.search(folded) for pattern in wanted))


@cache
def _duties() -> tuple[tuple[str, tuple[re.Pattern[str], ...]], ...]:
    data = read_data("duties.toml")
    try:
        return tuple((intent, tuple(re.compile(pattern) for pattern in row["any"])) for intent, row in data.items())
    except (KeyError, re.error) as error:
        raise ConfigError(f"A row of duties.toml is malformed: {error!r}.") from error


def _distinct(facts: list[Fact]) -> list[Fact]:
    """Without a general fact where a particular one of the same kind is shown."""
    ids = {fact.id for fact in facts}
    return [fact for fact in facts if not fact.yields_to & ids]
