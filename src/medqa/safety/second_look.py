"""A second look at messages in which no rule finds anything: small linear models beside the rules.

Six readers give each level a share: the embedding vector of the whole message, the vectors of its sentences, hashed
words and pairs of words, parts of words (`grams.py`), the things that the rules' vocabulary names in it, whatever is
said of them, and the vector of a model that was adapted to tell danger from calm (docs/decisions/0188). A logistic mix
of them says how likely the message is any level at all. Two of them also read for intents that get no advice. Trained
on labelled messages of this project's own by ``python benchmarks/safety_vectors.py --write``; one file of weights a
model, in ``second_look/``. It may raise a level and never lowers one (docs/decisions/0130).
"""

from __future__ import annotations

import hashlib
import os
import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from medqa.errors import ConfigError
from medqa.knowledge.intents import intents_of
from medqa.ports import Embedder, IdentifiedModel, Vectors
from medqa.safety.assess import Assessment
from medqa.safety.grams import GRAM_PLACES, Places, part_places, weighted, word_places
from medqa.safety.rules import similar_intent
from medqa.safety.windows import windows
from medqa.types import SafetyLevel

READERS = ("vector", "sentences", "words", "parts", "concepts", "adapted")
REMEMBERED = 256
"""Verdicts kept for the turns of conversations, by a keyed hash of the text that dies with the process."""
ID_CHARS = 16
NO_INTENT = "none"
EMERGENCY_SHARE = 0.25
"""Of what speaks for any level: where an emergency is this likely, its card is given. A milder card would be a miss."""

MIXES = frozenset({"alcohol", "mix"})
"""Whoever asks whether two things go together is answered, with the warnings; misuse in plain words is the rules'."""

DEADLY = re.compile(
    r"\b(?:kill\w*|die[sd]?|dying|dead\w*|death|lethal|fatal\w*|suicid\w*|overdos\w*|od|surviv\w*|wake|waking|forever|"
    r"end (?:it|my|things)|enough to|finish|"
    r"ld ?50|poison\w*|toxic\w*|mortal\w*|stops? (?:breathing|(?:your|the|his|her) "
    r"(?:heart|breath\w*))|would (?:it take|do it)|novel|mat(?:ar|arme|a)|morir\w*|muert\w*|letal\w*)\b",
    re.IGNORECASE,
)
"""How much is too much is asked by everybody; who asks what kills says so, or it is not seen by likeness."""

FEWEST_WORDS = 3
"""A message of fewer ("ok", "driving?") tells too little to be like anything: the rules alone read it."""
_WORD = re.compile(r"[^\W_]+")
_LAST_LATIN = "\u024f"

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Linear:
    """Multinomial logistic regression: `weights` float32 (levels, features), `bias` float32 (levels,)."""

    weights: Floats
    bias: Floats

    def log_shares(self, features: Floats) -> Floats:
        """Natural log of each level's share; `features` float32 (..., features) -> (..., levels)."""
        return _log_softmax(features @ self.weights.T + self.bias)

    def log_shares_of_places(self, places: NDArray[np.int32], values: Floats) -> Floats:
        """The same for features that are zero but at `places`."""
        return _log_softmax(self.weights[:, places] @ values + self.bias)


@dataclass(frozen=True, slots=True)
class Weights:
    """`mix` float32 (readers,), `mix_bias`: log-odds of any level = mix @ log-odds of each of `READERS` + bias.

    `above` is the probability from which a message counts, `above_asked` the same for one in which the rules find
    something that is only asked about, and `above_refused` for one that the rules refuse to advise on. `intents` has
    `NO_INTENT` among them; `above_intent` is the probability from which any other counts. `adapted` reads the vectors
    of the model whose identity is `adapted_identity`.
    """

    levels: tuple[SafetyLevel, ...]
    vector: Linear
    words: Linear
    words_rarity: Floats
    parts: Linear
    parts_rarity: Floats
    concepts: Linear
    adapted: Linear
    intents: tuple[str, ...]
    intent_vector: Linear
    intent_words: Linear
    concept_names: tuple[str, ...]
    mix: Floats
    mix_bias: float
    above: float
    above_asked: float
    above_refused: float
    above_intent: float
    adapted_identity: str


@dataclass(frozen=True, slots=True)
class Reading:
    """`harm`: probability that the message is any level above none; `level`: the likeliest of these.

    `wants`: probability of any intent that gets no advice; `intent`: the likeliest of these.
    """

    harm: float
    level: SafetyLevel
    wants: float
    intent: str


class SecondLook:
    """Reads messages with an embedder and the weights that fit it, and with `adapted`, the model of the gate's own.

    Safe from several threads.
    """

    def __init__(self, embedder: Embedder, adapted: Embedder, weights: Weights) -> None:
        self._embedder = embedder
        self._adapted = adapted
        self._weights = weights
        self._concept_places = {name: place for place, name in enumerate(weights.concept_names)}
        self._key = os.urandom(16)
        self._remembered: OrderedDict[bytes, Reading | None] = OrderedDict()
        self._lock = threading.Lock()

    def level(self, text: str, read: Assessment) -> SafetyLevel:
        """The level of a message by itself, `NONE` in doubt. Raises `EmbeddingError` when the model fails."""
        reading = self.reading(text, read)
        if reading is None or reading.harm < self._above(read):
            return SafetyLevel.NONE
        return reading.level

    def intent(self, text: str, read: Assessment) -> str | None:
        """The intent that gets no advice, None in doubt. Raises `EmbeddingError` when the model fails."""
        reading = self.reading(text, read)
        if reading is None:
            return None
        if reading.intent == "lethal-amount" and DEADLY.search(text) is None:
            return None
        if reading.intent == "misuse" and MIXES.intersection(intents_of(text)):
            return None
        above = self._weights.above_intent
        if similar_intent(reading.intent).redirect:  # takes the answer away: half the doubt is allowed
            above = (1 + above) / 2
        return reading.intent if reading.wants >= above else None

    def reading(self, text: str, read: Assessment) -> Reading | None:
        """What the models make of a message; None for one with hardly any words."""
        key = hashlib.blake2b(text.encode("utf-8", "replace"), key=self._key, digest_size=16).digest()
        with self._lock:
            if key in self._remembered:
                self._remembered.move_to_end(key)
                return self._remembered[key]
        reading = self._read(text, read)
        with self._lock:
            self._remembered[key] = reading
            if len(self._remembered) > REMEMBERED:
                self._remembered.popitem(last=False)
        return reading

    def _above(self, read: Assessment) -> float:
        if read.intents:
            return self._weights.above_refused
        return self._weights.above_asked if read.subjects else self._weights.above

    def _read(self, text: str, read: Assessment) -> Reading | None:
        text = clean(text)
        parts = windows(text)
        if not parts or is_terse(text):
            return None
        whole = self._embedder.encode_query(text)
        single = len(parts) == 1 and parts[0] == text.rstrip(".!?\n ")
        vectors = whole[None, :] if single else np.stack([self._embedder.encode_query(part) for part in parts])
        own = self._adapted.encode_query(text)
        return self.read_features(whole, vectors, own, word_places(text), part_places(text), self.concepts(read))

    def concepts(self, read: Assessment) -> Places:
        """Places of the concepts that the message names."""
        named = (self._concept_places.get(name) for name in read.evidence.named)
        return np.asarray(sorted(place for place in named if place is not None), dtype=np.int32)

    def read_features(
        self, whole: Vectors, sentences: Vectors, own: Vectors, words: Places, parts: Places, named: Places
    ) -> Reading:
        """`whole` and `own` (dim,), `sentences` (n, dim) float32, L2-normalised; places by `grams` and `concepts`."""
        w = self._weights
        none = w.levels.index(SafetyLevel.NONE)
        of_sentences = w.vector.log_shares(sentences)
        word_values = weighted(words, w.words_rarity)
        equal = np.full(len(named), 1 / np.sqrt(max(len(named), 1)), dtype=np.float32)
        by_reader = np.stack(
            [
                w.vector.log_shares(whole),
                of_sentences[int(harm_odds(of_sentences, none).argmax())],
                w.words.log_shares_of_places(words, word_values),
                w.parts.log_shares_of_places(parts, weighted(parts, w.parts_rarity)),
                w.concepts.log_shares_of_places(named, equal),
                w.adapted.log_shares(own),
            ]
        )
        mixed = float(w.mix @ harm_odds(by_reader, none)) + w.mix_bias
        level = w.levels[likeliest(by_reader.mean(axis=0), none, w.levels.index(SafetyLevel.EMERGENCY))]
        wants, intent = self._intent(whole, words, word_values)
        return Reading(float(1 / (1 + np.exp(-mixed))), level, wants, intent)

    def _intent(self, whole: Vectors, places: Places, values: Floats) -> tuple[float, str]:
        w = self._weights
        shares = intent_shares(w.intent_vector.log_shares(whole), w.intent_words.log_shares_of_places(places, values))
        none = w.intents.index(NO_INTENT)
        wants = 1 - float(shares[none])
        shares[none] = -1
        return wants, w.intents[int(shares.argmax())]


def clean(text: str) -> str:
    """`text` as a tokenizer can read it: no lone surrogates, no NUL, no white space around."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "").strip()


def is_terse(text: str) -> bool:
    """Whether `text` has fewer than `FEWEST_WORDS` words. Never for scripts that may write words without spaces."""
    words = _WORD.findall(text)
    return len(words) < FEWEST_WORDS and all(letter <= _LAST_LATIN for word in words for letter in word)


def harm_odds(log_shares: Floats, none: int) -> Floats:
    """Log-odds of any level against none, clipped to +-12; (..., levels) -> (...)."""
    harmless = log_shares[..., none]
    harmful = np.log(np.maximum(-np.expm1(harmless), 1e-12))
    odds: Floats = np.clip(harmful - harmless, -12, 12)
    return odds


def likeliest(log_shares: Floats, none: int, emergency: int) -> int:
    """The likeliest place of `log_shares` (levels,) but `none`; `emergency` already from `EMERGENCY_SHARE` on."""
    shares = np.exp(log_shares - log_shares.max())
    shares[none] = 0
    if shares[emergency] >= EMERGENCY_SHARE * shares.sum():
        return emergency
    return int(shares.argmax())


def intent_shares(by_vector: Floats, by_words: Floats) -> Floats:
    """The geometric mean of two readers' shares, made to sum to 1; log shares (..., intents) in, shares out."""
    shares: Floats = np.exp(_log_softmax(np.float32(0.5) * (by_vector + by_words)))
    return shares


def _log_softmax(logits: Floats) -> Floats:
    shifted = logits - logits.max(axis=-1, keepdims=True)
    shares: Floats = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return shares


def weights_name(model_identity: str) -> str:
    """The file in ``second_look/`` that holds the weights for a model."""
    return f"{model_identity[:ID_CHARS]}.npz"


def has_weights(model_identity: str) -> bool:
    """Whether a second look was trained for a model."""
    return (files("medqa.safety") / "second_look" / weights_name(model_identity)).is_file()


def open_second_look(embedder: Embedder, adapted: Callable[[], Embedder]) -> SecondLook:
    """The second look for this embedder; `adapted` opens the gate's own model, where there are weights at all.

    Raises `ConfigError` when none was trained for the embedder's model or the gate's, and what `adapted` raises.
    """
    weights = read_weights(_identity(embedder))
    own = adapted()
    if _identity(own) != weights.adapted_identity:
        raise ConfigError(
            "The second look was trained with another adapter than the one that is there: the rules judge alone.",
            remedy="Train it anew: python benchmarks/safety_vectors.py --write",
        )
    return SecondLook(embedder, own, weights)


def _identity(embedder: Embedder) -> str:
    return embedder.model_identity if isinstance(embedder, IdentifiedModel) else embedder.fingerprint


def read_weights(model_identity: str) -> Weights:
    """The weights for a model. Raises `ConfigError` when there are none or their file is not whole."""
    place = files("medqa.safety") / "second_look" / weights_name(model_identity)
    if not place.is_file():
        raise ConfigError(
            f"No second look at safety was trained for this embedding model ({model_identity[:ID_CHARS]}): the rules "
            "judge alone.",
            remedy="Train one: python benchmarks/safety_vectors.py --model NAME --write",
        )
    try:
        with place.open("rb") as file, np.load(file, allow_pickle=False) as data:
            weights = _unpacked(dict(data))
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise ConfigError(
            f"The file {place.name} of medqa cannot be read: {error}.", remedy="Reinstall medqa with: make install"
        ) from error
    return weights


def _unpacked(data: dict[str, NDArray[np.generic]]) -> Weights:
    def linear(name: str) -> Linear:
        return Linear(data[f"{name}_weights"].astype(np.float32), data[f"{name}_bias"].astype(np.float32))

    weights = Weights(
        levels=tuple(SafetyLevel(str(name)) for name in data["levels"]),
        vector=linear("vector"),
        words=linear("words"),
        words_rarity=data["words_rarity"].astype(np.float32),
        parts=linear("parts"),
        parts_rarity=data["parts_rarity"].astype(np.float32),
        concepts=linear("concepts"),
        adapted=linear("adapted"),
        intents=tuple(str(name) for name in data["intents"]),
        intent_vector=linear("intent_vector"),
        intent_words=linear("intent_words"),
        concept_names=tuple(str(name) for name in data["concept_names"]),
        mix=data["mix"].astype(np.float32),
        mix_bias=float(data["mix_bias"].item()),
        above=float(data["above"].item()),
        above_asked=float(data["above_asked"].item()),
        above_refused=float(data["above_refused"].item()),
        above_intent=float(data["above_intent"].item()),
        adapted_identity=str(data["adapted_identity"]),
    )
    rows = len(weights.levels)
    shapes = (weights.words.weights.shape, weights.parts.weights.shape, weights.concepts.weights.shape)
    wanted = ((rows, GRAM_PLACES), (rows, GRAM_PLACES), (rows, len(weights.concept_names)))
    if shapes != wanted or weights.mix.shape != (len(READERS),):
        raise ValueError(f"shapes {shapes} do not fit {rows} levels")
    return weights


def packed(weights: Weights) -> dict[str, NDArray[np.generic]]:
    """What `read_weights` reads, for `numpy.savez_compressed`: hashed grams in half precision."""
    return {
        "levels": np.asarray([level.value for level in weights.levels]),
        "vector_weights": weights.vector.weights.astype(np.float32),
        "vector_bias": weights.vector.bias.astype(np.float32),
        "words_weights": weights.words.weights.astype(np.float16),
        "words_bias": weights.words.bias.astype(np.float32),
        "words_rarity": weights.words_rarity.astype(np.float16),
        "parts_weights": weights.parts.weights.astype(np.float16),
        "parts_bias": weights.parts.bias.astype(np.float32),
        "parts_rarity": weights.parts_rarity.astype(np.float16),
        "concepts_weights": weights.concepts.weights.astype(np.float32),
        "concepts_bias": weights.concepts.bias.astype(np.float32),
        "adapted_weights": weights.adapted.weights.astype(np.float32),
        "adapted_bias": weights.adapted.bias.astype(np.float32),
        "adapted_identity": np.asarray(weights.adapted_identity),
        "intents": np.asarray(weights.intents),
        "intent_vector_weights": weights.intent_vector.weights.astype(np.float32),
        "intent_vector_bias": weights.intent_vector.bias.astype(np.float32),
        "intent_words_weights": weights.intent_words.weights.astype(np.float16),
        "intent_words_bias": weights.intent_words.bias.astype(np.float32),
        "concept_names": np.asarray(weights.concept_names),
        "mix": weights.mix.astype(np.float32),
        "mix_bias": np.asarray(weights.mix_bias),
        "above": np.asarray(weights.above),
        "above_asked": np.asarray(weights.above_asked),
        "above_refused": np.asarray(weights.above_refused),
        "above_intent": np.asarray(weights.above_intent),
    }
