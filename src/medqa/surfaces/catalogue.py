"""The library as a list: what a person can see of each article without opening it, how it is found, what is near it.

The search reads titles and other names only. It is no search for answers: that is the chat's work.
"""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from rapidfuzz import fuzz, process

from medqa.engine import Engine
from medqa.errors import MedqaError
from medqa.knowledge.folding import words
from medqa.safety.review import ReviewState
from medqa.surfaces.journal import note_failure
from medqa.types import ArticleId, Document, SignedReview

NEAR_SCORE = 80
"""Of 100 by rapidfuzz's `WRatio`: "gabapentine" and "gabapentin" have 95, "knee" and "neck" 50."""
NEAR_COUNT = 5
AT_ONCE = 500
"""Articles that are read while a page waits: a millisecond each."""
RELATED_COUNT = 5
RELATED_SHARE = 0.12
"""Of an article's own labels, by weight, that a related one shares at least."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An article in the library. `aliases` are its other names; `labels` what it shares with related ones.

    `signed` is a review that was signed at the desk, `holds` whether it is the one that counts.
    """

    id: ArticleId
    title: str
    summary: str
    kind: str
    topics: tuple[str, ...]
    aliases: tuple[str, ...]
    labels: frozenset[str]
    review: ReviewState
    reviewed_on: date | None = None
    due_on: date | None = None
    signed: SignedReview | None = None
    holds: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return (self.title, *self.aliases)

    def matched_name(self, query: str) -> str | None:
        """The name that the words of `query` are in, the title first; None when they are in none.

        Every word of the query must begin a word of one and the same name, or of title and topics together.
        """
        asked = [word.text for word in words(query)]
        for name in self.names:
            if _all_begin(asked, name):
                return name
        return self.title if _all_begin(asked, " ".join((self.title, *self.topics))) else None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The articles that may be shown, by title."""

    entries: tuple[Entry, ...]

    def near(self, query: str) -> tuple[Entry, ...]:
        """Articles with a name that is spelt much like `query`, best first."""
        names = [(name, entry) for entry in self.entries for name in entry.names]
        best = process.extract(
            " ".join(word.text for word in words(query)),  # never through the cache: nothing typed is kept
            [_folded(name) for name, _ in names],
            scorer=fuzz.WRatio,
            score_cutoff=NEAR_SCORE,
            limit=NEAR_COUNT * 4,
        )
        found = dict.fromkeys(names[index][1] for _, _, index in best)
        return tuple(found)[:NEAR_COUNT]

    def related(self, article_id: ArticleId) -> tuple[Entry, ...]:
        """Articles that share the most with this one, best first; empty where nothing is shared.

        What few articles have weighs more: a shared label weighs ln(articles / articles that have it).
        """
        own = next((entry for entry in self.entries if entry.id == article_id), None)
        if own is None:
            return ()
        frequency = Counter(label for entry in self.entries for label in entry.labels)
        weight = {label: math.log(len(self.entries) / frequency[label]) for label in own.labels}
        least = RELATED_SHARE * sum(weight.values())
        scored = [
            (sum(weight[label] for label in own.labels & entry.labels), entry)
            for entry in self.entries
            if entry.id != article_id
        ]
        best = sorted((pair for pair in scored if pair[0] > least), key=lambda pair: (-pair[0], pair[1].title))
        return tuple(entry for _, entry in best[:RELATED_COUNT])

    def topics(self, least: int = 2) -> dict[str, int]:
        """Topics of at least that many articles with their counts, in alphabetical order."""
        counts = Counter(topic for entry in self.entries for topic in entry.topics)
        return {topic: n for topic, n in sorted(counts.items(), key=lambda item: item[0].casefold()) if n >= least}

    def kinds(self) -> Mapping[str, int]:
        return Counter(entry.kind for entry in self.entries)

    def reviews(self) -> Mapping[ReviewState, int]:
        return Counter(entry.review for entry in self.entries)


class Shelves:
    """Keeps the catalogue of the live build; a new build, a withdrawal or a new day makes it anew. Thread-safe."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._made_of: object = None
        self._catalogue = Catalogue(())
        self._making: threading.Thread | None = None

    def catalogue(self) -> Catalogue:
        """The catalogue as it is now; makes it where it has to. Raises the index's own errors."""
        titles = self._engine.titles()
        made_of = self._key(titles)
        with self._lock:
            if made_of != self._made_of:
                documents = (self._engine.document(article_id) for article_id in titles)
                self._catalogue = catalogue_of(documents, self._engine, self._engine.signed_reviews())
                self._made_of = made_of
            return self._catalogue

    def at_hand(self) -> Catalogue:
        """What is there without waiting, for a page that is useful without it.

        Of a large library that changed this is the catalogue before, without what may no longer be shown, while the
        new one is made in the background. Raises the index's own errors.
        """
        titles = self._engine.titles()
        if self._key(titles) == self._made_of or len(titles) <= AT_ONCE:
            return self.catalogue()
        if self._making is None or not self._making.is_alive():
            self._making = threading.Thread(target=self._make, daemon=True)
            self._making.start()
        return Catalogue(tuple(entry for entry in self._catalogue.entries if entry.id in titles))

    def _key(self, titles: Mapping[ArticleId, str]) -> object:
        return (
            self._engine.index_info().build_id,
            frozenset(titles),
            self._engine.today(),
            frozenset(self._engine.signed_reviews().values()),
        )

    def _make(self) -> None:
        try:
            self.catalogue()
        except MedqaError as error:
            note_failure("the list of articles", error)


def catalogue_of(
    documents: Iterable[Document], engine: Engine, signed: Mapping[ArticleId, SignedReview] | None = None
) -> Catalogue:
    signed = signed or {}
    entries = [
        Entry(
            id=document.id,
            title=document.title,
            summary=document.summary,
            kind=document.kind,
            topics=_distinct(document.topics),
            aliases=document.aliases,
            labels=frozenset(
                f"{sort} {label.casefold()}"
                for sort, labels in (
                    ("topic", document.topics),
                    ("medicine", document.medicines),
                    ("condition", document.conditions),
                )
                for label in labels
            ),
            review=engine.review_state(document),
            reviewed_on=document.review.reviewed_on,
            due_on=document.review.review_due_on,
            signed=signed.get(document.id),
            holds=_holds(signed.get(document.id), document),
        )
        for document in documents
    ]
    return Catalogue(tuple(sorted(entries, key=lambda entry: (entry.title.casefold(), entry.id))))


def _holds(signed: SignedReview | None, document: Document) -> bool:
    return signed is not None and signed.fits(document) and document.review.reviewed_on == signed.reviewed_on


def _distinct(labels: Iterable[str]) -> tuple[str, ...]:
    """Without those that differ from an earlier one in nothing but capitals."""
    first: dict[str, str] = {}
    for label in labels:
        first.setdefault(label.casefold(), label)
    return tuple(first.values())


@lru_cache(maxsize=65_536)
def _words(name: str) -> tuple[str, ...]:
    """The words of a name, folded. Every search asks for those of every article again."""
    return tuple(word.text for word in words(name))


def _folded(name: str) -> str:
    return " ".join(_words(name))


def _all_begin(asked: Sequence[str], name: str) -> bool:
    return all(any(word.startswith(start) for word in _words(name)) for start in asked)
