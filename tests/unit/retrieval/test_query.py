import pytest

from medqa.knowledge.lexicon import Lexicon
from medqa.retrieval.query import understand

LEXICON = Lexicon.load()


def knows_nothing(word: str) -> bool:
    return False


@pytest.mark.parametrize(
    ("asked", "read"),
    [
        ("can i take gabbentine at night", "can i take gabapentin at night"),
        ("is bacoflen strong", "is baclofen strong"),
        ("Lyrica and wine", "Lyrica (pregabalin) and wine"),
        ("what is hydroxyzine for", "what is hydroxyzine for"),
        ("my leg goes dead", "my leg goes dead"),
    ],
)
def test_names_are_set_right_and_nothing_else(asked: str, read: str) -> None:
    query = understand(asked, LEXICON, knows_nothing)
    assert query.text == read
    assert query.original == asked
    assert bool(query.notes) == (asked != read)


def test_a_word_that_the_library_uses_is_no_misspelling() -> None:
    assert (
        understand("living with hypotonia", LEXICON, lambda word: word == "hypotonia").text == "living with hypotonia"
    )


def test_what_was_read_is_said_and_the_subjects_are_named() -> None:
    query = understand("gabbentine for sciatica", LEXICON, knows_nothing)
    assert query.notes == ("gabbentine read as gabapentin",)
    assert query.medicines == ("gabapentin",)
    assert query.conditions == ("sciatica",)


@pytest.mark.parametrize(
    ("question", "read"),
    [
        ("what is crps", "what is crps (complex regional pain syndrome)"),
        ("RFA side effects", "RFA (radiofrequency ablation) side effects"),
        ("is ra the same as rheumatoid arthritis", "is ra the same as rheumatoid arthritis"),
        ("what is tens", "what is tens"),
        ("what is gout", "what is gout"),
        ("does lyrica help", "does lyrica (pregabalin) help"),
    ],
)
def test_letters_that_stand_for_a_name_are_joined_by_it(question: str, read: str) -> None:
    assert understand(question, LEXICON, lambda _: True).text == read
