"""The library page: every article on its shelf, found by name, kind, topic and review, without JavaScript.

What is typed goes in the body of a request, never into an address or a log. A small script filters as one types; it
changes nothing that the page cannot do without it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from medqa.safety.policy import disclaimer
from medqa.safety.review import ReviewState
from medqa.surfaces.catalogue import Catalogue, Entry
from medqa.surfaces.languages import ENGLISH, Speech
from medqa.surfaces.markup import article_path, page
from medqa.surfaces.texts import Language, load_texts

MAX_QUERY_CHARS = 200
LIVE_MOST = 400
"""Articles up to which all of them are on the page, so that the script can filter them. Above: pages."""
PAGE_SIZE = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person looks for. Empty: everything. `page` counts from 1."""

    query: str = ""
    kind: str = ""
    topic: str = ""
    review: str = ""
    page: int = 1

    @property
    def narrows(self) -> bool:
        return bool(self.query.strip() or self.kind or self.topic or self.review)


@dataclass(frozen=True, slots=True)
class Card:
    """One article in the list. `found_by` is the name that the search matched where it is not the title.

    `review` says how its review stands, and is empty where it was never reviewed: the page says so of all.
    """

    entry: Entry
    path: str
    review: str
    shown: bool
    found_by: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """`name` is empty where the articles have no kinds."""

    kind: str
    name: str
    cards: tuple[Card, ...]

    @property
    def shown(self) -> int:
        return sum(card.shown for card in self.cards)


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    name: str
    count: int
    chosen: bool


def wanted_from(body: bytes) -> Wanted:
    """The form as it was sent; what it does not know is left out, what is too long is cut."""
    pairs = parse_qsl(body.decode("utf-8", "replace"), errors="replace")
    fields = {name: value[:MAX_QUERY_CHARS] for name, value in pairs}
    number = fields.get("page", "1")
    return Wanted(
        query=fields.get("query", "").strip(),
        kind=fields.get("kind", ""),
        topic=fields.get("topic", ""),
        review=fields.get("review", ""),
        page=max(1, int(number)) if number.isascii() and number.isdigit() and len(number) < 6 else 1,
    )


def library_page(catalogue: Catalogue, wanted: Wanted, region: str, speech: Speech = ENGLISH) -> str:
    """The page with what is `wanted`. Articles that are not are there and hidden, while there are few enough."""
    matches = {entry.id: found for entry in catalogue.entries if (found := _match(entry, wanted)) is not None}
    live = len(catalogue.entries) <= LIVE_MOST
    ordered = _by_shelf(catalogue.entries)
    if not live:
        ordered = [entry for entry in ordered if entry.id in matches]
    pages = 1 if live else max(1, -(-len(ordered) // PAGE_SIZE))
    at = min(wanted.page, pages)
    on_page = ordered if live else ordered[(at - 1) * PAGE_SIZE : at * PAGE_SIZE]
    cards = [_card(entry, matches.get(entry.id), speech) for entry in on_page]
    reviews = catalogue.reviews()
    return page(
        "library.html",
        speech,
        disclaimer=disclaimer(region, speech.language),
        articles=len(catalogue.entries),
        reviewed=reviews.get(ReviewState.CURRENT, 0) + reviews.get(ReviewState.OVERDUE, 0),
        overdue=reviews.get(ReviewState.OVERDUE, 0) + reviews.get(ReviewState.EXPIRED, 0),
        wanted=wanted,
        live=live,
        found=len(matches),
        shelves=_shelves(cards, speech.language),
        kinds=_kinds(catalogue, wanted, speech.language),
        topics=tuple(Choice(t, t, n, t == wanted.topic) for t, n in catalogue.topics().items()),
        reviews=_reviews(reviews, wanted, speech.language),
        near=() if matches else tuple((e.title, article_path(e.id, speech.tail)) for e in catalogue.near(wanted.query)),
        at=at,
        pages=pages,
    )


def kind_name(kind: str, language: Language) -> str:
    words = load_texts(language).library
    return words.kinds.get(kind, words.other)


def review_name(state: ReviewState, language: Language) -> str:
    words = load_texts(language).library
    return {
        ReviewState.CURRENT: words.reviewed,
        ReviewState.OVERDUE: words.overdue,
        ReviewState.EXPIRED: words.expired,
        ReviewState.UNREVIEWED: words.unreviewed,
    }[state]


def _match(entry: Entry, wanted: Wanted) -> str | None:
    """None for an article that is not wanted, else the name that it was found by where that is not its title."""
    if wanted.kind and entry.kind != wanted.kind:
        return None
    if wanted.topic and wanted.topic not in entry.topics:
        return None
    if wanted.review and entry.review.value != wanted.review:
        return None
    name = entry.matched_name(wanted.query)
    return "" if name == entry.title else name


def _card(entry: Entry, found: str | None, speech: Speech) -> Card:
    review = "" if entry.review is ReviewState.UNREVIEWED else review_name(entry.review, speech.language)
    return Card(entry, article_path(entry.id, speech.tail), review, shown=found is not None, found_by=found or "")


def _by_shelf(entries: Sequence[Entry]) -> list[Entry]:
    """By kind in the order of the texts, then the kinds that they do not name; by title within one."""
    order = {kind: n for n, kind in enumerate(load_texts().library.kinds)}
    return sorted(entries, key=lambda entry: order.get(entry.kind, len(order)))


def _shelves(cards: Sequence[Card], language: Language) -> tuple[Shelf, ...]:
    shelves: dict[str, list[Card]] = {}
    for card in cards:
        shelves.setdefault(kind_name(card.entry.kind, language), []).append(card)
    named = len(shelves) > 1
    return tuple(Shelf(inside[0].entry.kind, name if named else "", tuple(inside)) for name, inside in shelves.items())


def _kinds(catalogue: Catalogue, wanted: Wanted, language: Language) -> tuple[Choice, ...]:
    counts = catalogue.kinds()
    known = [kind for kind in load_texts().library.kinds if counts.get(kind)]
    others = sorted(kind for kind in counts if kind not in known and kind)
    if len(counts) < 2:
        return ()
    return tuple(
        Choice(kind, kind_name(kind, language) if kind in known else kind, counts[kind], kind == wanted.kind)
        for kind in (*known, *others)
    )


def _reviews(counts: Mapping[ReviewState, int], wanted: Wanted, language: Language) -> tuple[Choice, ...]:
    """A choice only where the articles differ."""
    if len(counts) < 2:
        return ()
    return tuple(
        Choice(s.value, review_name(s, language), counts[s], s.value == wanted.review)
        for s in ReviewState
        if s in counts
    )
