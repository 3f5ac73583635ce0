import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medqa.knowledge.lexicon import Lexicon
from medqa.retrieval.parts import MAX_PARTS, parts_of

LEXICON = Lexicon.load()


def names_in(text: str) -> list[str]:
    return [m.name for m in LEXICON.mentions(text) if m.kind != "class"]


def texts(message: str) -> list[str]:
    return [part.text for part in parts_of(message, names_in)]


def test_several_questions_come_one_by_one_with_their_subject() -> None:
    asked = "just been given tizanidine. how long does it last, can i have a drink with it, and is it addictive?"
    assert texts(asked) == [
        "how long does it last (tizanidine)",
        "can i have a drink with it (tizanidine)",
        "is it addictive (tizanidine)",
    ]


def test_the_words_of_a_part_are_the_persons_own() -> None:
    parts = parts_of("does meloxicam need food? and can i take tylenol as well", names_in)
    assert [part.words for part in parts] == ["does meloxicam need food", "can i take tylenol as well"]
    assert parts[1].text == "can i take tylenol as well (meloxicam)"


def test_one_question_is_read_whole() -> None:
    for message in (
        "can I take gabapentin and ibuprofen",
        "My back hurts. Is it ok to swim?",
        "what are the signs of a clot, a stroke and a heart attack",
        "baclofen",
        "",
    ):
        assert texts(message) == []


def test_of_a_long_story_the_question_counts() -> None:
    story = "I have had a bad back for years, which my wife says is my own fault, and who am I to argue. " * 3
    assert texts(story + "I take baclofen at night. Can I drive on it?") == [
        "Can I drive on it (low back pain, baclofen)"
    ]


def test_where_nothing_is_named_the_first_question_stays_before_the_next() -> None:
    assert texts("what is a blorb? how long will that last") == [
        "what is a blorb",
        "what is a blorb how long will that last",
    ]


@given(
    st.text(max_size=400) | st.lists(st.sampled_from(["can i", "and", "?", ", ", "how long", "it", ". "])).map(" ".join)
)
def test_any_text_gives_few_parts_that_it_holds(message: str) -> None:
    parts = parts_of(message, lambda _: ())
    assert len(parts) <= MAX_PARTS
    assert all(part.words.strip() and part.text.endswith(part.words) for part in parts)
    assert parts == parts_of(message, lambda _: ())


@pytest.mark.parametrize(
    "unit", ["and, ", "and ", "so but ", ", ", "? ", " ", "\n", "also, and: ", "ok ", "can ", "how long and ", "!. "]
)
def test_no_message_takes_long_to_read(unit: str) -> None:
    message = (unit * 4000)[:4000]
    start = time.process_time()
    parts_of(message, lambda _: ())
    parts_of(message + " can i?", lambda _: ())
    assert time.process_time() - start < 1.0  # one that backtracks takes minutes; the rest takes hundredths
