"""One way of reading letters, for matching only: what a person reads is never altered.

Folding makes ``CAN’T Bre\u200bathe``, ``can't breathe`` and ``саn't breathe`` (with a Cyrillic a) the same words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from medqa.types import Span

_INVISIBLE = {
    code: None
    for first, last in (
        (0x00AD, 0x00AD),
        (0x034F, 0x034F),
        (0x061C, 0x061C),
        (0x115F, 0x1160),
        (0x17B4, 0x17B5),
        (0x180B, 0x180F),
        (0x200B, 0x200F),
        (0x202A, 0x202E),
        (0x2060, 0x206F),
        (0x3164, 0x3164),
        (0xFE00, 0xFE0F),
        (0xFEFF, 0xFEFF),
        (0xFFF9, 0xFFFB),
        (0xE0000, 0xE0FFF),
    )
    for code in range(first, last + 1)
}
_APOSTROPHES = dict.fromkeys(map(ord, "'’‘ʼ`´′＇"), None)
_HOMOGLYPHS = str.maketrans(
    "абвгеёзіїјкмнопрсԁтухѕԛԝһӏɡαβγεικνορτυχωɑıℓ",
    "a6bree3iijkmhonpcdtyxsqwhlgabyeikvoptuxwail",
)
# в, н, п and к are read as the Latin letters that they resemble only inside a word that also has Latin letters:
# see `_fold_word`. Whole words in another script stay what they are.
_LATIN = re.compile(r"[a-z]")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_LEET = str.maketrans("013457@$!", "oieastasi")
_WORD = re.compile(r"[^\W_]+")
_RAW_WORD = re.compile(
    "[^\\W_](?:[^\\W_]|['’‘ʼ`´\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]|[\u0300-\u036f])*", re.UNICODE
)
_NUMBERED = re.compile(r"[a-z]+[013457@$!]+[a-z]+")


@dataclass(frozen=True, slots=True)
class Word:
    """A folded word and where it stands in the original text."""

    text: str
    span: Span


def fold(text: str) -> str:
    """`text` for matching: NFKC, case folded, without accents, apostrophes and invisible characters.

    Line breaks survive, other control characters and lone surrogates become spaces. The length may change.
    """
    if text.isascii():
        folded = text.lower().replace("'", "").replace("`", "")
        return _CONTROL.sub(" ", folded)
    text = unicodedata.normalize("NFKC", _SURROGATES.sub(" ", text).translate(_INVISIBLE)).casefold()
    text = text.translate(_APOSTROPHES)
    text = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    if _NOT_ASCII.search(text):
        text = _WORD.sub(_fold_word, text)
    return _CONTROL.sub(" ", text)


_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_SURROGATES = re.compile("[\ud800-\udfff]")


def _fold_word(match: re.Match[str]) -> str:
    word = match.group()
    if word.isascii() or not _LATIN.search(word):
        return word
    return word.translate(_HOMOGLYPHS)


def unleet(word: str) -> str:
    """A folded word with look-alike digits and signs read as letters (``su1c1de`` -> ``suicide``)."""
    return word.translate(_LEET) if _NUMBERED.fullmatch(word) or not word.isalpha() else word


def words(text: str) -> Iterator[Word]:
    """The words of `text`, folded, each with its span in the original."""
    for match in _RAW_WORD.finditer(text):
        folded = fold(match.group()).replace("\n", " ").strip()
        if folded:
            yield Word(folded, Span(match.start(), match.end()))
