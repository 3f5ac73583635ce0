"""Which words are ordinary English or Spanish, so that a spelling rule leaves them alone.

The lists are the data files of the package ``pyspellchecker`` (read directly: its own checker is not used).
They are read when first needed, about 0.2 s and 0.1 s.
"""

from __future__ import annotations

import gzip
import json
from functools import cache
from importlib.resources import files

from medqa.errors import ConfigError
from medqa.knowledge.folding import fold


def _load(language: str) -> frozenset[str]:
    resource = files("spellchecker") / "resources" / f"{language}.json.gz"
    try:
        counts = json.loads(gzip.decompress(resource.read_bytes()))
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"The word list {language!r} of the package pyspellchecker cannot be read: {error}.",
            remedy="Install it again with: pip install --force-reinstall pyspellchecker",
        ) from error
    # folding changes nothing about plain lower-case letters, which most words are made of
    return frozenset(word if word.isascii() and word.isalpha() and word.islower() else fold(word) for word in counts)


@cache
def english_words() -> frozenset[str]:
    """Folded English words (about 160,000), inflected forms included."""
    return _load("en")


@cache
def spanish_words() -> frozenset[str]:
    """Folded Spanish words (about 86,000), inflected forms included."""
    return _load("es")


def is_ordinary(word: str) -> bool:
    """Whether the folded `word` is an English or Spanish dictionary word."""
    return word in english_words() or word in spanish_words()
