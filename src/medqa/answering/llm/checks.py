"""Whether a model's sentence may be shown: only what the quote that it cites says already, in other words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from medqa.answering.llm.facts import FUNCTION_WORDS, critical, negated, normal, stands_in, stems, words_of
from medqa.errors import EmbeddingError
from medqa.knowledge.english import english_words
from medqa.knowledge.lexicon import Lexicon
from medqa.ports import Embedder

MIN_COSINE = 0.7
"""Least cosine of sentence and quote."""
MIN_OVERLAP = 1.0
"""Least share of the sentence's content stems that stand in the quote. Both: docs/language-model.md."""
MAX_CHARS = 400
_MARKUP = re.compile(r"[<>`*_#|\\{}~]|\]\s*\(|\[|\]|://|\bwww\.|\b[a-z0-9-]+\.(?:com|org|net|io|info)\b", re.IGNORECASE)
_INNER_END = re.compile(r"[.!?]\s+[\"'\u201c(]?[A-Z0-9]|[\n\r]")
_ADVICE = re.compile(
    r"\b(?:i|we) (?:would |strongly )?(?:recommend|suggest|advise|think|believe)\b"
    r"|\byou(?:r)? (?:should|must|can|could|may|need|ought|have|are|do|will|dose)\b"
    r"|\b(?:try|take|start|use|increase|skip|double|reduce|ignore|continue|keep|call|ask|see|talk|consult)\b"
    r"|\bit is (?:safe|fine|ok|okay)\b|\bfeel free\b|\b(?:please|sorry|as an ai|language model)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Check:
    """`reason` names the first check that failed; empty where all passed."""

    reason: str = ""
    cosine: float | None = None
    overlap: float | None = None

    @property
    def passed(self) -> bool:
        return not self.reason


@dataclass(frozen=True, slots=True)
class SentenceChecker:
    """`is_flagged` tells absolute claims. The checks of words come first: the model is asked only where they pass."""

    embedder: Embedder
    lexicon: Lexicon
    is_flagged: Callable[[str], bool]
    min_cosine: float = MIN_COSINE
    min_overlap: float = MIN_OVERLAP

    def check(self, sentence: str, quote: str) -> Check:
        """Holds `sentence` against the text that it cites."""
        reason = self._by_words(sentence, quote)
        if reason:
            return Check(reason)
        overlap = content_overlap(sentence, quote)
        if overlap < self.min_overlap:
            return Check("overlap", overlap=overlap)
        try:
            vectors = self.embedder.encode([normal(sentence), quote])
        except EmbeddingError:  # a quote longer than the model reads: nothing can be said of it
            return Check("unreadable", overlap=overlap)
        cosine = float(vectors[0] @ vectors[1])
        return Check("" if cosine >= self.min_cosine else "similarity", cosine, overlap)

    def _by_words(self, sentence: str, quote: str) -> str:
        text = normal(sentence)
        if not text.strip() or len(text) > MAX_CHARS:
            return "length"
        if not _content(text):  # "never.": cited, and it says nothing that could be held against the quote
            return "fragment"
        if any(unicodedata.category(c)[0] == "C" for c in sentence) or _odd(text, quote):
            return "characters"
        if _MARKUP.search(text):
            return "markup"
        if _INNER_END.search(text.rstrip()):
            return "uncited"
        if "?" in text:
            return "question"
        said, stands = critical(text, self.lexicon), critical(quote, self.lexicon)
        if not stands_in(said, stands):
            return _kind(said, stands)
        if said.count("not") != stands.count("not"):
            return "negation"
        reach = frozenset[str]().union(*negated(quote))
        if any(near and not near & reach for near in negated(text, scope=1)):
            return "negation"
        if self._new_name(text, quote):
            return "new name"
        if {m.group().lower() for m in _ADVICE.finditer(text)} - {m.group().lower() for m in _ADVICE.finditer(quote)}:
            return "advice"
        return "claim" if self.is_flagged(text) else ""

    def _new_name(self, text: str, quote: str) -> bool:
        """A word that the quote has not and no English dictionary knows: a medicine, a brand, another language."""
        known = set(words_of(quote))
        known_stems = set(stems(list(known)))
        new = [word for word in words_of(text) if word not in known]
        return any(
            word not in english_words() and stem not in known_stems for word, stem in zip(new, stems(new), strict=True)
        )


def content_overlap(sentence: str, quote: str) -> float:
    """Share of the sentence's content stems that the quote has too, in [0, 1]; 0 where it has none."""
    said = _content(sentence)
    if not said:
        return 0.0
    return len(said & set(stems(words_of(quote)))) / len(said)


def _content(text: str) -> set[str]:
    """Stems of its words that are no function words."""
    return set(stems([word for word in words_of(text) if word not in FUNCTION_WORDS]))


def _odd(text: str, quote: str) -> bool:
    """A letter or number sign outside plain Latin that the quote has not."""
    allowed = set(normal(quote)) | set("\u2013\u2014\u2018\u2019\u201c\u201d\u2026\u00b5\u03bc\u2044")
    return any(not c.isascii() and c not in allowed for c in text)


def _kind(said: list[str], stands: list[str]) -> str:
    new = next((key for key in said if key not in stands), "")
    if new.startswith("#"):
        return "number"
    if new.startswith("@"):
        return "medicine"
    return "negation" if new == "not" else "direction" if new else "order"
