"""Follow-ups inherit the subject; a question of its own inherits nothing."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medqa.conversation import is_small_talk, standalone
from medqa.knowledge.lexicon import Lexicon
from medqa.types import Turn

LEXICON = Lexicon.load()


def ask(question: str, *before: str) -> str:
    return standalone(question, [Turn("user", text) for text in before], LEXICON).text


@pytest.mark.parametrize(
    ("before", "question", "expected"),
    [
        ("What is baclofen?", "and with alcohol?", "baclofen with alcohol?"),
        ("What is baclofen?", "what about kids?", "baclofen and kids?"),
        ("What is baclofen?", "can I crush it?", "can I crush baclofen?"),
        ("What is baclofen?", "Can I take it with ibuprofen?", "Can I take baclofen with ibuprofen?"),
        ("side effects of gabbentine", "How long does it take to work?", "How long does gabapentin take to work?"),
        ("is baclofen addictive?", "what about gabapentin?", "is gabapentin addictive?"),
        ("What is Lyrica?", "is this medicine safe in pregnancy", "is pregabalin safe in pregnancy"),
        ("What helps sciatica?", "how long does it last?", "how long does sciatica last?"),
        ("How do opioids work?", "are they addictive?", "are opioids addictive?"),
    ],
)
def test_a_follow_up_gets_its_subject(before: str, question: str, expected: str) -> None:
    assert ask(question, before) == expected


@pytest.mark.parametrize(
    ("before", "question"),
    [
        ("What is baclofen?", "What are the side effects of tramadol?"),
        ("What is baclofen?", "How is fibromyalgia treated?"),
        ("What is baclofen?", "different question: how is it diagnosed?"),
        ("What is baclofen?", "thanks"),
        ("hello", "can I crush it?"),
    ],
)
def test_a_question_of_its_own_inherits_nothing(before: str, question: str) -> None:
    result = standalone(question, [Turn("user", before)], LEXICON)
    assert result.text == question
    assert not result.changed


def test_the_assistant_never_sets_the_subject() -> None:
    history = [Turn("user", "What is baclofen?"), Turn("assistant", "Baclofen ... not with tramadol.")]
    assert standalone("can I crush it?", history, LEXICON).text == "can I crush baclofen?"


def test_the_subject_stays_through_a_mix() -> None:
    assert ask("and what about if I am pregnant?", "What is baclofen?", "Can I take it with ibuprofen?").startswith(
        "baclofen"
    )


def test_without_a_history_nothing_changes() -> None:
    assert ask("can I crush it?") == "can I crush it?"


@pytest.mark.parametrize(
    ("before", "question", "expected"),
    [
        (("is baclofen addictive?",), "no, I meant pregabalin", "is pregabalin addictive?"),
        (
            ("can diazepam be taken with naproxen",),
            "I meant with ibuprofen, sorry!",
            "can diazepam be taken with ibuprofen",
        ),
        (("can i take motrin when pregnant",), "tylenol then?", "can i take tylenol when pregnant"),
        (("gabapentin or pregabalin for sciatica?",), "which is safer?", "which is safer, gabapentin or pregabalin?"),
        (
            ("how does naproxen work", "is celebrex any better"),
            "is the first one ok with wine?",
            "is naproxen ok with wine?",
        ),
        (
            ("gabapentin or pregabalin?", "can i drive on the first one?"),
            "and the other one?",
            "can i drive on pregabalin?",
        ),
        (("what is sciatica?", "does lyrica help?"), "should i get an mri", "should i get an mri (sciatica)?"),
        (("what is sciatica?",), "does lyrica help?", "does lyrica help (for sciatica)?"),
        (("what is gout?", "does allopurinol help?"), "is it hereditary", "is gout hereditary"),
        (("what is gout?", "is allopurinol safe?"), "can i crush it", "can i crush allopurinol"),
        (("can mum take flexeril?",), "shes also on zoloft", "shes also on zoloft (with cyclobenzaprine)?"),
        (
            ("what helps arthritis?", "and cortisone?"),
            "how often can i have those",
            "how often can i have cortisone (arthritis)?",
        ),
        (("can i take baclofen with ibuprofen?",), "is it addictive", "is baclofen addictive"),
    ],
)
def test_a_conversation_keeps_its_thread(before: tuple[str, ...], question: str, expected: str) -> None:
    assert ask(question, *before) == expected


@pytest.mark.parametrize(
    "question",
    [
        "What's TENS and does it work for knees?",
        "they want to start tegretol. what tests do i need first",
        "my sister has MS, she calls it the ms hug, what is that",
        "also my tendon is sore from tennis, do i rest it completely",
        "is naproxen ok for period pain",
        "can i have wine on naproxen",
        "how much tylenol is too much",
        "thanks, i'll ask my doctor",
        "are you a real doctor or a robot",
        "what are the signs of depression",
        "what's the difference between acute and chronic pain",
    ],
)
@pytest.mark.parametrize("before", ["can i drink on gabapentin?", "what helps sciatica?", "baclofen or tizanidine?"])
def test_what_turns_to_something_else_is_left_alone(before: str, question: str) -> None:
    assert ask(question, before) == question


def test_a_general_question_is_left_alone_and_a_fragment_is_not() -> None:
    history = [Turn("user", "is gabapentin addictive?")]
    asked: list[str] = []

    def is_general(text: str) -> bool:
        asked.append(text)
        return True

    general = "how do i throw away old pills"
    assert standalone(general, history, LEXICON, is_general).text == general
    assert asked == [general]
    for fragment in ("driving?", "and when pregnant?", "can i crush it?"):
        assert standalone(fragment, history, LEXICON, is_general).changed
    assert asked == [general], "what plainly goes on is not asked about"


def test_what_was_added_is_said() -> None:
    result = standalone("and with alcohol?", [Turn("user", "what is Lioresal?")], LEXICON)
    assert (result.note, result.about) == ("read as being about baclofen", ("baclofen",))


WORDS = re.findall(
    r"\S+",
    "it they that the first one other no i meant pregabalin baclofen gout and with alcohol which is safer "
    "thanks so what about kids ? , tens does help back to can take",
)
MESSAGES = st.one_of(
    st.text(max_size=80),
    st.lists(
        st.sampled_from(WORDS),
        max_size=14,
    ).map(" ".join),
)


@given(st.lists(MESSAGES, max_size=6), MESSAGES)
def test_any_history_is_read_without_an_error_and_always_alike(before: list[str], question: str) -> None:
    history = [Turn("user" if n % 3 else "assistant", text) for n, text in enumerate(before)]
    result = standalone(question, history, LEXICON)
    assert result.changed or result.text == question
    assert result == standalone(question, history, LEXICON)


@given(st.lists(MESSAGES, max_size=5), st.sampled_from(["tramadol", "naproxen", "colchicine"]))
def test_a_question_never_loses_the_medicine_it_names(before: list[str], medicine: str) -> None:
    result = standalone(f"how long does {medicine} take to work?", [Turn("user", t) for t in before], LEXICON)
    assert medicine in result.text


@pytest.mark.parametrize(
    "unit", ["thanks so much ", "and ", "no sorry ", "the first one ", "it ", "that that ", "my knee is sore it ", "' "]
)
def test_a_hostile_message_takes_no_longer_than_its_length_allows(unit: str) -> None:
    long = unit * (4000 // len(unit))
    start = time.perf_counter()
    standalone(long, [Turn("user", "what is baclofen?"), Turn("user", long)], LEXICON)
    standalone(unit * (400 // len(unit)), [Turn("user", "what is baclofen?"), Turn("user", long)], LEXICON)
    assert time.perf_counter() - start < 5.0, "milliseconds on a calm machine; hours where a pattern backtracks"


def test_what_came_before_is_searched_too_unless_the_message_turns_away() -> None:
    history = [Turn("user", "what is frozen shoulder"), Turn("user", "does a steroid shot help")]
    read = standalone("anything to watch after?", history, LEXICON)
    assert read.context.startswith("does a steroid shot help")
    assert read.context.endswith("anything to watch after?")
    for apart in ("thanks, that is all", "another question: how do I sleep better?", "x" * 500):
        assert standalone(apart, history, LEXICON).context == ""
    assert standalone("does it help?", [], LEXICON).context == ""


@pytest.mark.parametrize("message", ["hi", "Hello there!", "ok thx", "thanks so much", "yes", "gracias"])
def test_a_greeting_or_thanks_is_nothing_to_search_for(message: str) -> None:
    assert is_small_talk(message)


@pytest.mark.parametrize(
    "message", ["hi can gout go away", "thanks, and with alcohol?", "ok but does it hurt", "", "pain"]
)
def test_a_question_in_kind_words_is_a_question(message: str) -> None:
    assert not is_small_talk(message)
