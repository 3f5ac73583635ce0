"""The second look: arithmetic by hand on small weights, what it may do to a verdict, the shipped weights."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from medqa.errors import ConfigError
from medqa.safety.assess import Assessment, assess
from medqa.safety.grams import GRAM_PLACES, part_places, weighted, word_places
from medqa.safety.second_look import (
    DEADLY,
    NO_INTENT,
    Linear,
    SecondLook,
    Weights,
    harm_odds,
    likeliest,
    open_second_look,
    packed,
    read_weights,
    weights_name,
)
from medqa.safety.triage import triage
from medqa.safety.windows import MAX_WINDOWS, WINDOW_WORDS, windows
from medqa.testing import WordEmbedder
from medqa.types import SafetyLevel, Turn

LEVELS = tuple(SafetyLevel)
DIM = 8


def flat(features: int, *bias: float) -> Linear:
    """Says the same of everything, by its bias alone; levels as in `SafetyLevel`."""
    return Linear(np.zeros((5, features), dtype=np.float32), np.asarray(bias or (0, 0, 0, 0, 0), dtype=np.float32))


def weights(
    vector: Linear,
    *,
    above: float = 0.5,
    asked: float = 0.5,
    refused: float = 0.5,
    misuse: float = -9.0,
    adapted: Linear | None = None,
) -> Weights:
    """Only the vector of the whole counts, or only that of `adapted`; `misuse`: its bias against no intent."""

    def wanted(features: int) -> Linear:
        return Linear(np.zeros((2, features), dtype=np.float32), np.asarray([misuse, 0], dtype=np.float32))

    return Weights(
        levels=LEVELS,
        vector=vector,
        words=flat(GRAM_PLACES),
        words_rarity=np.ones(GRAM_PLACES, dtype=np.float32),
        parts=flat(GRAM_PLACES),
        parts_rarity=np.ones(GRAM_PLACES, dtype=np.float32),
        concepts=flat(1),
        adapted=adapted or flat(DIM),
        intents=("misuse", NO_INTENT),
        intent_vector=wanted(DIM),
        intent_words=wanted(GRAM_PLACES),
        concept_names=("pain",),
        mix=np.asarray([0, 0, 0, 0, 0, 1] if adapted else [1, 0, 0, 0, 0, 0], dtype=np.float32),
        mix_bias=0.0,
        above=above,
        above_asked=asked,
        above_refused=refused,
        above_intent=0.5,
        adapted_identity="of-the-gate",
    )


class Says:
    """A second look that finds a level in every message that holds a word."""

    def __init__(self, word: str, level: SafetyLevel) -> None:
        self.word, self.found = word, level
        self.asked: list[str] = []

    def level(self, text: str, read: Assessment) -> SafetyLevel:
        self.asked.append(text)
        return self.found if self.word in text else SafetyLevel.NONE

    def intent(self, text: str, read: Assessment) -> str | None:
        return "misuse" if "trumpet" in text else "personal-dose" if "drum" in text else None


def user(*texts: str) -> list[Turn]:
    return [Turn("user", text) for text in texts]


def test_odds_of_any_level_by_hand() -> None:
    # softmax of (3, 1, 0, 0, 0): none 1 / (e^3 + e + 3) = .0388, so the odds of harm are .9612 / .0388
    shares = flat(2, 3, 1, 0, 0, 0).log_shares(np.zeros(2, dtype=np.float32))
    none = 1 / (math.exp(3) + math.e + 3)
    assert float(harm_odds(shares, LEVELS.index(SafetyLevel.NONE))) == pytest.approx(
        math.log((1 - none) / none), abs=1e-4
    )


def test_the_likeliest_level_is_given_where_harm_is_likely_enough() -> None:
    embedder = WordEmbedder(DIM)
    look = SecondLook(embedder, embedder, weights(flat(DIM, 3, 1, 0, 0, 0), above=0.96))
    assert look.level("hello over there", assess("hello over there")) is SafetyLevel.EMERGENCY
    doubtful = SecondLook(embedder, embedder, weights(flat(DIM, 3, 1, 0, 0, 0), above=0.97))
    assert doubtful.level("hello over there", assess("hello over there")) is SafetyLevel.NONE


def test_the_gates_own_model_reads_the_message_too() -> None:
    class Own(WordEmbedder):
        asked: list[str]

        def encode_query(self, text: str) -> np.ndarray:
            self.asked = [text]
            return np.full(DIM, 1 / math.sqrt(DIM), dtype=np.float32)

    # along the diagonal only: the plain model's vectors say nothing, the own one's say crisis
    rows = np.zeros((5, DIM), dtype=np.float32)
    rows[LEVELS.index(SafetyLevel.CRISIS)] = 3
    own = Own(DIM)
    adapted = Linear(rows, np.asarray([-9, 0, -9, -9, 0], dtype=np.float32))
    look = SecondLook(WordEmbedder(DIM), own, weights(flat(DIM), above=0.9, adapted=adapted))
    assert look.level("the kettle is on", assess("the kettle is on")) is SafetyLevel.CRISIS
    assert own.asked == ["the kettle is on"]


def test_what_is_asked_about_or_refused_has_thresholds_of_its_own() -> None:
    embedder = WordEmbedder(DIM)
    asking, refused = "What are the signs of an overdose?", "should I stop taking gabapentin?"
    assert assess(asking).subjects
    assert assess(refused).intents
    look = SecondLook(embedder, embedder, weights(flat(DIM, 3, 1, 0, 0, 0), above=0.5, asked=0.99, refused=0.99))
    assert look.level("hello over there", assess("hello over there")) is SafetyLevel.EMERGENCY
    assert look.level(asking, assess(asking)) is SafetyLevel.NONE
    assert look.level(refused, assess(refused)) is SafetyLevel.NONE


def test_an_intent_is_given_where_it_is_likelier_than_none() -> None:
    # two readers agree on softmax of (2, 0): .88; of (1, 0): .73, too little where the answer is taken away
    for bias, found in ((2.0, "misuse"), (1.0, None), (-1.0, None)):
        look = SecondLook(WordEmbedder(DIM), WordEmbedder(DIM), weights(flat(DIM), misuse=bias))
        assert look.intent("hello over there", assess("hello over there")) == found


def test_asking_whether_two_things_go_together_is_no_misuse() -> None:
    look = SecondLook(WordEmbedder(DIM), WordEmbedder(DIM), weights(flat(DIM, 0, 0, 0, 0, 0), misuse=2.0))
    for text in ("can i drink wine on gabapentin", "is coffee ok with my tramadol", "gabapentin and weed together?"):
        assert look.intent(text, assess(text)) is None, text
    assert look.intent("best way to get a buzz from these", assess("best way to get a buzz from these")) == "misuse"


def test_an_emergency_is_preferred_to_a_milder_level_that_is_a_little_likelier() -> None:
    # of what speaks for any level: emergency 1 / 3.9 = .26 with odds 1 : 2.9, .24 with 1 : 3.2
    none, emergency, urgent = (LEVELS.index(SafetyLevel(name)) for name in ("none", "emergency", "urgent"))
    shares = np.full(5, -20.0, dtype=np.float32)
    shares[emergency] = 0
    shares[urgent] = math.log(2.9)
    assert likeliest(shares, none, emergency) == emergency
    shares[urgent] = math.log(3.2)
    assert likeliest(shares, none, emergency) == urgent


@pytest.mark.parametrize("text", ["", " \n", "?!", "\ud800", "\x00", "😀", "ok", "driving?", "and kids"])
def test_a_message_with_hardly_a_word_is_nothing(text: str) -> None:
    look = SecondLook(WordEmbedder(DIM), WordEmbedder(DIM), weights(flat(DIM, 9, 0, 0, 0, 0)))
    assert look.level(text, assess(text)) is SafetyLevel.NONE


@pytest.mark.parametrize("text", ["she turned blue", "孩子发高烧抽搐", "息ができません"])
def test_a_few_words_are_read_and_so_are_scripts_without_spaces(text: str) -> None:
    look = SecondLook(WordEmbedder(DIM), WordEmbedder(DIM), weights(flat(DIM, 9, 0, 0, 0, 0)))
    assert look.level(text, assess(text)) is SafetyLevel.EMERGENCY


def test_a_message_is_read_once_and_its_text_is_not_kept() -> None:
    class Counting(WordEmbedder):
        calls = 0

        def encode_query(self, text: str) -> np.ndarray:
            type(self).calls += 1
            return super().encode_query(text)

    look = SecondLook(Counting(DIM), WordEmbedder(DIM), weights(flat(DIM)))
    first = look.reading("my neighbour whistles", assess("my neighbour whistles"))
    assert look.reading("my neighbour whistles", assess("my neighbour whistles")) == first
    assert Counting.calls == 1
    assert "whistles" not in repr(vars(look))


# --- in triage ---------------------------------------------------------------------------------------------


def test_it_raises_a_level_and_never_lowers_one() -> None:
    look = Says("xylophone", SafetyLevel.EMERGENCY)
    assert triage("my xylophone", look=look).rule_id == "similar.emergency"
    urgent = Says("", SafetyLevel.URGENT)
    assert triage("I have crushing chest pain", look=urgent).rule_id == "emergency.chest-pain"
    assert urgent.asked == []


def test_its_card_stays_in_force_until_help_is_reached() -> None:
    look = Says("xylophone", SafetyLevel.EMERGENCY)
    for later in ("What are the side effects of ibuprofen?", "I'm fine now", "never mind"):
        verdict = triage(later, user("my xylophone"), look=look)
        assert (verdict.level, verdict.rule_id) == (SafetyLevel.EMERGENCY, "similar.emergency")
    assert triage("What is ibuprofen?", [Turn("assistant", "my xylophone")], look=look).level is SafetyLevel.NONE
    assert triage("the ambulance is here, xylophone", user("my xylophone"), look=look).rule_id == "help.reached"
    assert triage("What is ibuprofen?", user("my xylophone", "the ambulance is here"), look=look).level == "none"


def test_the_crisis_line_stays_after_it_too() -> None:
    look = Says("xylophone", SafetyLevel.CRISIS)
    verdict = triage("what is baclofen?", user("my xylophone", "I talked to 988 and they helped me"), look=look)
    assert verdict.level is SafetyLevel.NONE
    assert "988" in (verdict.message or "")


def test_an_urgent_card_of_it_lets_a_new_question_through_with_its_line() -> None:
    look = Says("xylophone", SafetyLevel.URGENT)
    verdict = triage("What are the side effects of ibuprofen?", user("my xylophone"), look=look)
    assert not verdict.redirects
    assert "today" in (verdict.message or "")


def test_an_intent_of_it_is_refused_as_the_rules_refuse_it() -> None:
    look = Says("xylophone", SafetyLevel.EMERGENCY)
    refused = triage("my trumpet", look=look)
    assert (refused.rule_id, refused.intent, refused.redirects) == ("similar.intent.misuse", "misuse", True)
    general = triage("my drum", look=look)
    assert (general.intent, general.redirects) == ("personal-dose", False)
    assert "general" in (general.message or "")
    assert triage("my trumpet and xylophone", look=look).level is SafetyLevel.EMERGENCY
    assert triage("should I stop taking gabapentin? trumpet", look=look).intent == "should-stop"


@pytest.mark.parametrize("region", ["us", "uk", "eu", "au", "ca"])
@pytest.mark.parametrize("level", [level for level in SafetyLevel if level is not SafetyLevel.NONE])
def test_each_card_begins_with_what_to_do(level: SafetyLevel, region: str) -> None:
    verdict = triage("my xylophone", region=region, look=Says("xylophone", level))
    assert verdict.rule_id == f"similar.{level.value}"
    assert verdict.message is not None
    assert verdict.message.startswith("**C")
    assert "{" not in verdict.message
    assert "local emergency number" in verdict.message


def test_its_cards_are_in_spanish_for_a_spanish_message() -> None:
    for level in (level for level in SafetyLevel if level is not SafetyLevel.NONE):
        verdict = triage("me gusta mucho la música y tengo un perro", look=Says("música", level))
        assert verdict.message is not None
        assert verdict.message.startswith("**Ll")
        assert "{" not in verdict.message


# --- features and files ------------------------------------------------------------------------------------


@pytest.mark.parametrize("places_of", [word_places, part_places])
def test_grams_are_of_unit_length_and_blind_to_dress(places_of) -> None:  # type: ignore[no-untyped-def]
    places = places_of("My chest HURTS")
    rarity = np.linspace(0.3, 3, GRAM_PLACES, dtype=np.float32)
    values = weighted(places, rarity)
    assert float(values @ values) == pytest.approx(1.0)
    assert (np.diff(places) > 0).all()
    assert values[0] < values[-1], "a rarer gram weighs more"
    assert (places_of("my che\u200bst hurts") == places).all()
    assert len(places_of("?!")) == 0
    assert len(weighted(places_of("?!"), rarity)) == 0


def test_windows_cover_every_word_and_know_an_end() -> None:
    story = " ".join(f"word{i}" for i in range(200)) + ". Short end."
    pieces = windows(story)
    assert {word for piece in pieces for word in piece.split()} == {*story.replace(".", "").split()}
    assert all(len(piece.split()) <= WINDOW_WORDS for piece in pieces)
    many = windows("One. " * 500 + "Last words.")
    assert len(many) == MAX_WINDOWS
    assert many[-1] == "Last words"


def test_weights_come_back_as_they_were_written(tmp_path: Path) -> None:
    written = weights(flat(DIM, 1, 2, 3, 4, 5), above=0.7, asked=0.8, refused=0.9)
    np.savez_compressed(tmp_path / "w.npz", **packed(written))
    with np.load(tmp_path / "w.npz", allow_pickle=False) as data:
        assert set(data) == set(packed(written))
        assert data["above_asked"].item() == pytest.approx(0.8)


def test_a_model_without_weights_is_told_so() -> None:
    with pytest.raises(ConfigError, match="rules judge alone"):
        open_second_look(WordEmbedder(), lambda: pytest.fail("opened for nothing"))


def test_another_adapter_than_the_weights_were_trained_with_is_refused() -> None:
    from medqa.embedding.model_files import open_model_files

    class Bundled(WordEmbedder):
        @property
        def model_identity(self) -> str:
            return open_model_files("bundled").identity

    with pytest.raises(ConfigError, match="another adapter"):
        open_second_look(Bundled(), WordEmbedder)


def test_the_shipped_weights_are_whole() -> None:
    from medqa.embedding.model_files import open_model_files

    identity = open_model_files("bundled").identity
    shipped = read_weights(identity)
    assert set(shipped.levels) == set(SafetyLevel)
    assert shipped.vector.weights.shape == shipped.adapted.weights.shape == (5, 384)
    assert shipped.adapted_identity == open_model_files("gate").identity
    assert all(np.isfinite(part.weights).all() for part in (shipped.vector, shipped.words, shipped.parts))
    place = Path(__file__).parents[3] / "src" / "medqa" / "safety" / "second_look" / weights_name(identity)
    assert place.stat().st_size < 3_000_000


@pytest.mark.parametrize("text", ["how much paracetamol is too much", "most tylenol in a day", "is 4 grams ok"])
def test_how_much_is_too_much_is_everybodys_question(text: str) -> None:
    assert DEADLY.search(text) is None


@pytest.mark.parametrize("text", ["how many would kill me", "enough to not wake up", "lethal dose", "para morir"])
def test_what_kills_is_another(text: str) -> None:
    assert DEADLY.search(text) is not None
