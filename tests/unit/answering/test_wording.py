import pytest

from medqa.answering.wording import asks_for_a_list, content_stems, coverage, needs_context, words


def test_words_are_folded() -> None:
    assert words("Baclofen’s DOSE: ２ mg") == ["baclofen", "dose", "2", "mg"]


def test_the_content_of_a_question_is_what_it_asks_and_not_its_form_or_subject() -> None:
    assert content_stems("What are the side effects of relaxol?", subjects=["relaxol"]) == {"side", "effect"}
    assert content_stems("How does it work?") == frozenset()


def test_coverage_is_the_share_of_stems_that_are_present() -> None:
    wanted = content_stems("kidney problems")
    assert coverage(wanted, "A problem of the kidneys") == 1.0
    assert coverage(wanted, "Kidneys") == 0.5
    assert coverage(frozenset(), "anything") == 1.0


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("what are the side effects of relaxol", True),
        ("signs of an overdose", True),
        ("what triggers a migraine", True),
        ("is relaxol an opioid", False),
        ("can I drive on relaxol", False),
    ],
)
def test_which_questions_want_a_list(question: str, wanted: bool) -> None:
    assert asks_for_a_list(question) is wanted


@pytest.mark.parametrize(
    ("sentence", "dangling"),
    [("It can make you sleepy.", True), ("These include:", True), ("Item 1 is fine.", False), ("Items help.", False)],
)
def test_sentences_that_point_elsewhere(sentence: str, dangling: bool) -> None:
    assert needs_context(sentence) is dangling
