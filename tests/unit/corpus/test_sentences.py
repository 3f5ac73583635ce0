from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medqa.corpus.sentences import sentence_spans


def split(text: str) -> list[str]:
    return [span.of(text) for span in sentence_spans(text)]


# The mark | stands where a sentence ends.
MEDICAL = [
    "Take 2.5 mg by mouth.| Do not take more than 1.5 g.| Take it with food.",
    "The most is 40 mL.| Shake the bottle first.",
    "Take 5 mg. by mouth.",
    "Some medicines, e.g. Ibuprofen, can hurt.| Others, i.e. Opioids, too.",
    "Ask Dr. Smith about approx. 5 mg.| He knows.",
    "Take it q.i.d. with water.",
    "It is taken q.i.d.| Take it with food.",
    "The U.S. label says so.| It is sold in the U.S.| The drug is old.",
    "Ask the U.S. Department of Health.",
    "The dose is 10 mg/kg b.i.d. for 5 days.| See Fig. 2.| See No. 5 vs. Placebo.",
    "Take one tablet at 8 a.m. and one at 8 p.m.| Every day is best.",
    "Is it safe?| Yes!| Ask first.",
    "It helps (see the label.)| Then stop.",
    "She said “Stop it.”| Then she left.",
    "Visit www.example.org or call 1-800-222-1222.| Do it now.",
    "E. coli and H. pylori cause disease.| Wash your hands.",
    "Eat more vitamin D.| A child needs it.",
    "Hepatitis C.| It can be cured.",
    "J. A. Smith found it.",
    "St. John's wort interacts with Spp. of plants.",
    "Wait 30 min.| Then take 2 tablets.",
    "The virus (types 1 and 2, etc.) is common.| Ask us.",
    "(Scroll down. Then click it. Then read.)| Go on.",
    "Non-U.S. patients ask elsewhere.",
    "Take it Jan. 5 or Dec. 24.| Not later.",
    "Take Tylenol No. 3.| Avoid alcohol.",
    "See Dr.\xa0Smith now.|\xa0Then go.",
    "Smith et al. found that.| Others did not.",
]


@pytest.mark.parametrize("marked", MEDICAL)
def test_medical_sentences(marked: str) -> None:
    assert split(marked.replace("|", "")) == [part.strip() for part in marked.split("|")]


def test_a_line_break_ends_a_sentence_and_offsets_are_shifted() -> None:
    text = "One line\nTwo lines. Three"
    assert split(text) == ["One line", "Two lines.", "Three"]
    assert sentence_spans(text, 100)[0].start == 100


def test_marks_without_letters_join_their_neighbour() -> None:
    assert split("1. Take it.") == ["1. Take it."]
    assert split("Use the button. )") == ["Use the button. )"]
    assert split("...") == ["..."]
    assert split("") == []


@given(
    st.lists(
        st.sampled_from(
            [
                *("Dr.", "e.g.", "5", "mg.", "A.", "(", ")", "word", "Word", "U.S.", "?", "!", "\xa0", " ", "\n", "]"),
                *("\u2028", "“", "”", ".", "No.", "½", "é", "ש", "😀", "\u3000", "\t", "["),
            ]
        ),
        max_size=40,
    ).map("".join)
    | st.text(max_size=80)
)
def test_sentences_tile_any_text(text: str) -> None:
    place = 0
    for span in sentence_spans(text):
        assert not text[place : span.start].strip()
        assert span.of(text) == span.of(text).strip() != ""
        place = span.end
    assert not text[place:].strip()
