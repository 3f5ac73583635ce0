"""Words of a question and of a sentence: stems, coverage, and what kind of answer is asked for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from importlib import resources

import Stemmer

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")


@lru_cache(maxsize=1)
def _form_words() -> frozenset[str]:
    """Words that carry the form of a question and not its subject."""
    text = resources.files("medqa.answering").joinpath("form_words.txt").read_text("utf-8")
    return frozenset(w for line in text.splitlines() if not line.startswith("#") for w in line.split())


_LIST_QUESTION = re.compile(
    r"\b(side[- ]?effects?|symptoms?|signs?|uses|used for|treats?|treatments?|causes|kinds|types|risks?|"
    r"warnings?|interactions?|interact|avoid|examples?|brand names?|steps|ways|options|triggers?|exercises|things|tips|"
    r"what (?:are|other)|which)\b"
    r"|\b(?:what|anything|something|stuff) (?:\w+ )?(?:can|could|should|do|does) (?:i|we|he|she|you|they|one)\b"
    r"(?! (?:mean|happen))"
    r"|\bwhat (?:sets?|makes|brings?|kicks|starts|sort|else|helps|would help)\b"
    r"|\bhow (?:can|could|do|should) (?:i|we|you)\b",
    re.IGNORECASE,
)

_DANGLING = re.compile(
    r"^(?:it|its|they|their|them|this|these|those|that|such|he|she|his|her|both|either|"
    r"the (?:drug|medicine|medication))\b",
    re.IGNORECASE,
)


def words(text: str) -> list[str]:
    """The words of `text`, NFKC-normalised and casefolded, in order."""
    return [
        w.replace("’", "'").removesuffix("'s") for w in _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
    ]


def stems(text: str | Iterable[str]) -> frozenset[str]:
    """The Snowball stems of the words of `text`."""
    found = words(text) if isinstance(text, str) else list(text)
    # a stemmer of its own for each call: PyStemmer's is not safe from several threads
    return frozenset(Stemmer.Stemmer("english").stemWords(found))


def content_stems(question: str, *, subjects: Iterable[str] = ()) -> frozenset[str]:
    """Stems of the words that say what is asked, those of its `subjects` (the medicine's names) left out."""
    form = _form_words()
    subject_words = {word for subject in subjects for word in words(subject)}
    return stems(w for w in words(question) if w not in form and w not in subject_words)


def coverage(wanted: frozenset[str], *texts: str) -> float:
    """Share of the wanted stems that stand in any of the texts, in [0, 1]; 1 when nothing is wanted."""
    if not wanted:
        return 1.0
    present: frozenset[str] = frozenset().union(*(stems(text) for text in texts))
    return len(wanted & present) / len(wanted)


def asks_for_a_list(question: str) -> bool:
    """Whether a list is the natural answer (side effects, uses, signs, ...)."""
    return _LIST_QUESTION.search(question) is not None


def needs_context(sentence: str) -> bool:
    """Whether a sentence begins by pointing at another one ("It can ...", "These medicines ...")."""
    return _DANGLING.match(sentence) is not None
