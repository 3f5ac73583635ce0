"""Names of medicines and conditions: found in a text, and read through their misspellings.

Everything comes from ``medicines.toml`` and ``conditions.toml`` beside this file.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from rapidfuzz.distance import OSA

from medqa.errors import ConfigError
from medqa.knowledge.english import is_ordinary
from medqa.knowledge.folding import Word, fold, words
from medqa.types import Span

MIN_CORRECTED_CHARS = 5
_SOUND_ALIKE = str.maketrans({"k": "c", "q": "c", "z": "s", "x": "s", "y": "i", "j": "g"})
_SPLIT = re.compile(r"[^\w]+|_")

Kind = Literal["medicine", "class", "condition"]


@dataclass(frozen=True, slots=True)
class Medicine:
    """A medicine by its generic name. `article` is an article's id, empty where none is planned."""

    name: str
    classes: tuple[str, ...]
    brands: tuple[str, ...] = ()
    lay: tuple[str, ...] = ()
    typos: tuple[str, ...] = ()
    article: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition, treatment or safety topic."""

    name: str
    aliases: tuple[str, ...] = ()
    abbreviations: tuple[str, ...] = ()
    typos: tuple[str, ...] = ()
    article: str = ""


@dataclass(frozen=True, slots=True)
class Mention:
    """A name as it stands in a text. `name` is the generic name, class key or condition name.

    `surface` is what was written, `text[span] == surface`. `how` says by which road it was recognised;
    for a ``typo`` or ``brand`` a note "read as" is due.
    """

    kind: Kind
    name: str
    surface: str
    span: Span
    how: Literal["name", "brand", "lay", "abbreviation", "typo"]


@dataclass(frozen=True, slots=True)
class Correction:
    """A misspelt `word` and the name it is read as; `distance` in edits (0: a listed misspelling)."""

    word: str
    replacement: str
    name: str
    kind: Kind
    distance: int


@dataclass(frozen=True, slots=True)
class _Entry:
    kind: Kind
    name: str
    how: Literal["name", "brand", "lay", "abbreviation", "typo"]


class Lexicon:
    """Read-only; build it once with `Lexicon.load()` and share it between threads."""

    def __init__(
        self, medicines: Iterable[Medicine], conditions: Iterable[Condition], classes: Mapping[str, Iterable[str]]
    ) -> None:
        self.medicines: dict[str, Medicine] = {m.name: m for m in medicines}
        self.conditions: dict[str, Condition] = {c.name: c for c in conditions}
        self.classes: dict[str, tuple[str, ...]] = {key: tuple(names) for key, names in classes.items()}
        self._phrases: dict[str, list[tuple[tuple[str, ...], _Entry]]] = {}
        self._known: set[str] = set()
        self._typos: dict[str, _Entry] = {}
        self._targets: dict[str, list[tuple[str, _Entry]]] = {}
        self._fill()

    @classmethod
    def load(cls) -> Lexicon:
        """The lexicon that ships with medqa; read once a process."""
        return _load()

    # --- finding names ---------------------------------------------------------------------------------

    def mentions(self, text: str) -> tuple[Mention, ...]:
        """Every medicine, class and condition named in `text`, longest name first at a place, in order."""
        tokens = list(words(text))
        shouted = any(c.isupper() for c in text)
        found: list[Mention] = []
        position = 0
        while position < len(tokens):
            match = self._longest(tokens, position, text, shouted)
            if match is None:
                position += 1
                continue
            length, entry = match
            span = Span(tokens[position].span.start, tokens[position + length - 1].span.end)
            found.append(Mention(entry.kind, entry.name, span.of(text), span, entry.how))
            position += length
        return tuple(found)

    def medicines_in(self, text: str) -> tuple[Mention, ...]:
        """Medicines named in `text`, in order of appearance."""
        return tuple(m for m in self.mentions(text) if m.kind == "medicine")

    def classes_in(self, text: str) -> tuple[Mention, ...]:
        """Classes of medicines named in `text` ("muscle relaxers", "water pill"), in order of appearance."""
        return tuple(m for m in self.mentions(text) if m.kind == "class")

    def conditions_in(self, text: str) -> tuple[Mention, ...]:
        """Conditions, treatments and safety topics named in `text`, in order of appearance."""
        return tuple(m for m in self.mentions(text) if m.kind == "condition")

    def classes_of(self, medicine: str) -> tuple[str, ...]:
        """Class keys of a generic name; empty for a name that is not in the lexicon."""
        known = self.medicines.get(medicine)
        return known.classes if known else ()

    def generic_of(self, name: str) -> str | None:
        """The generic name that a brand, lay name or misspelling stands for; None when it names none."""
        found = self.medicines_in(name)
        return found[0].name if len(found) == 1 else None

    # --- spelling --------------------------------------------------------------------------------------

    def correct(self, word: str) -> Correction | None:
        """The name that a misspelt single `word` means, or None when it should be left alone.

        Left alone: words under five letters, every real name, ordinary English or Spanish words, and a word
        that is about as near to a second, different medicine (a look-alike pair is never guessed).
        Distance is optimal string alignment: edits and swaps of neighbours.
        """
        folded = fold(word).strip()
        if len(folded) < MIN_CORRECTED_CHARS or not folded.isalpha():
            return None
        listed = self._typos.get(folded)
        if listed is not None:
            return Correction(word, self._shown(listed, folded), listed.name, listed.kind, 0)
        if self._is_name(folded) or is_ordinary(folded):
            return None
        allowed = 1 if len(folded) < 7 else 2 if len(folded) < 10 else 3
        best: list[tuple[int, str, _Entry]] = []
        for target, entry in self._targets.get(_sound(folded[0]), ()):
            distance = OSA.distance(folded, target, score_cutoff=allowed)
            if distance <= allowed and distance * 3 <= len(target):
                best.append((distance, target, entry))
        if not best:
            return None
        best.sort(key=lambda candidate: candidate[0])
        distance, target, entry = best[0]
        if any(other.name != entry.name and far - distance <= 1 for far, _, other in best[1:]):
            return None
        return Correction(word, target, entry.name, entry.kind, distance)

    # --- inside ----------------------------------------------------------------------------------------

    def _fill(self) -> None:
        for medicine in self.medicines.values():
            self._add(medicine.name, _Entry("medicine", medicine.name, "name"))
            for brand in medicine.brands:
                self._add(brand, _Entry("medicine", medicine.name, "brand"))
            for lay in medicine.lay:
                self._add(lay, _Entry("medicine", medicine.name, "lay"))
        for condition in self.conditions.values():
            self._add(condition.name, _Entry("condition", condition.name, "name"))
            for alias in condition.aliases:
                self._add(alias, _Entry("condition", condition.name, "lay"))
            for abbreviation in condition.abbreviations:
                self._add(abbreviation, _Entry("condition", condition.name, "abbreviation"))
        for key, names in self.classes.items():
            for name in names:
                self._add(name, _Entry("class", key, "lay"))
        for medicine in self.medicines.values():
            self._add_typos(medicine.typos, _Entry("medicine", medicine.name, "typo"))
        for condition in self.conditions.values():
            self._add_typos(condition.typos, _Entry("condition", condition.name, "typo"))
        for phrases in self._phrases.values():
            phrases.sort(key=lambda phrase: -len(phrase[0]))

    def _add(self, name: str, entry: _Entry) -> None:
        parts = _parts(name)
        self._phrases.setdefault(parts[0], []).append((parts, entry))
        self._known.update(parts)
        if len(parts) == 1 and entry.how in ("name", "brand", "lay") and entry.kind != "class" and parts[0].isalpha():
            self._targets.setdefault(_sound(parts[0][0]), []).append((parts[0], entry))

    def _add_typos(self, typos: Iterable[str], entry: _Entry) -> None:
        for typo in typos:
            parts = _parts(typo)
            if len(parts) == 1 and parts[0] in self._known:
                continue
            self._phrases.setdefault(parts[0], []).append((parts, entry))
            if len(parts) == 1:
                self._typos[parts[0]] = entry

    def _longest(self, tokens: list[Word], position: int, text: str, shouted: bool) -> tuple[int, _Entry] | None:
        first = tokens[position].text
        candidates = self._phrases.get(first)
        if candidates is None and first.endswith("s") and len(first) > MIN_CORRECTED_CHARS:
            candidates = self._phrases.get(first[:-1])
        for parts, entry in candidates or ():
            length = len(parts)
            if position + length > len(tokens):
                continue
            if any(not _same(tokens[position + i].text, part) for i, part in enumerate(parts)):
                continue
            if entry.how == "abbreviation" and shouted and not tokens[position].span.of(text).isupper():
                continue
            return length, entry
        return None

    def _is_name(self, folded: str) -> bool:
        return folded in self._known or (folded.endswith("s") and folded[:-1] in self._known)

    def _shown(self, entry: _Entry, typo: str) -> str:
        """The single word that replaces a listed misspelling: the nearest of the entry's own names."""
        names = [target for row in self._targets.values() for target, e in row if e.name == entry.name]
        return min(names, key=lambda name: OSA.distance(name, typo)) if names else entry.name


def _same(token: str, part: str) -> bool:
    return token == part or (token == part + "s" and len(part) >= MIN_CORRECTED_CHARS)


def _parts(name: str) -> tuple[str, ...]:
    return tuple(part for part in _SPLIT.split(fold(name)) if part)


def _sound(letter: str) -> str:
    return "f" if letter == "p" else letter.translate(_SOUND_ALIKE)


def read_data(name: str) -> dict[str, Any]:
    """The TOML file `name` of this package. Raises `ConfigError` naming the file when it cannot be read."""
    resource = files("medqa.knowledge") / name
    try:
        return tomllib.loads(resource.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(
            f"The data file {name} of medqa cannot be read: {error}.", remedy="Reinstall medqa with: make install"
        ) from error


@cache
def _load() -> Lexicon:
    data = read_data("medicines.toml")
    medicines = [
        Medicine(
            name=row["name"],
            classes=tuple(row.get("classes", ())),
            brands=tuple(row.get("brands", ())),
            lay=tuple(row.get("lay", ())),
            typos=tuple(row.get("typos", ())),
            article=row.get("article", ""),
        )
        for row in data["medicine"]
    ]
    conditions = [
        Condition(
            name=row["name"],
            aliases=tuple(row.get("aliases", ())),
            abbreviations=tuple(row.get("abbreviations", ())),
            typos=tuple(row.get("typos", ())),
            article=row.get("article", ""),
        )
        for row in read_data("conditions.toml")["condition"]
    ]
    return Lexicon(medicines, conditions, data["classes"])
