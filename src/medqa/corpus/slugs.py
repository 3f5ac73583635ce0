"""Ids made from headings and file names."""

from __future__ import annotations

import hashlib
import re
import unicodedata

ARTICLE_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
FOREIGN_ID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?")
MAX_ID_CHARS = 200

_NOT_WORD = re.compile(r"[\W_]+")
_APOSTROPHES = re.compile(r"['’]")


def slug(text: str) -> str:
    """Lower-case words joined by ``-``: accents dropped, letters of other scripts kept; may be empty."""
    decomposed = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", text))
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    return _NOT_WORD.sub("-", plain.lower()).strip("-")[:MAX_ID_CHARS].strip("-")


def article_slug(file_stem: str) -> str:
    """An article id from a file name, always matching `ARTICLE_SLUG`.

    A name without a single ASCII letter or digit gives ``article-`` and a hash of the name: stable, unlike
    a count of files.
    """
    ascii_only = slug(file_stem).encode("ascii", "ignore").decode("ascii")
    made = re.sub(r"-+", "-", ascii_only).strip("-")
    if made:
        return made
    return "article-" + hashlib.sha256(file_stem.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def is_article_slug(candidate: str) -> bool:
    return len(candidate) <= MAX_ID_CHARS and ARTICLE_SLUG.fullmatch(candidate) is not None


def is_foreign_id(candidate: str) -> bool:
    """Whether an id that came with a collection can be kept: letters, digits, ``_``, ``-`` and ``.``."""
    return len(candidate) <= MAX_ID_CHARS and FOREIGN_ID.fullmatch(candidate) is not None
