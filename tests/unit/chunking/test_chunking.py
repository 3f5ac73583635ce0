"""Passages: to the letter, within the limit, complete, and broken where a reader would break."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medqa.chunking import Chunker
from medqa.embedding.model_files import open_model_files
from medqa.embedding.tokens import ModelTokenizer
from medqa.errors import ConfigError
from medqa.types import BlockKind, Chunk, Document
from tests.builders import Bullets, Para, Part, article

FILES = open_model_files("bundled")
COUNTER = ModelTokenizer(FILES.folder / "tokenizer.json", FILES.sequence_tokens, "", "")
SENTENCE = "Baclofen relaxes muscles by calming nerves in the spinal cord and may cause drowsiness at first."


def chunks_of(document: Document, max_tokens: int = 254) -> tuple[Chunk, ...]:
    return Chunker(COUNTER, max_tokens).chunk(document)


def check(document: Document, max_tokens: int) -> None:
    """The invariants that every article must keep."""
    chunks = chunks_of(document, max_tokens)
    end = 0
    for chunk in chunks:
        assert document.text[chunk.span.start : chunk.span.end] == chunk.text
        assert chunk.text
        assert chunk.text == chunk.text.strip()
        assert chunk.id == f"{document.id}:{chunk.span.start}-{chunk.span.end}"
        assert COUNTER.count_tokens(chunk.embedding_text) <= max_tokens
        assert chunk.span.start >= end
        end = chunk.span.end
        section = document.section(chunk.section_id)
        assert section.span.covers(chunk.span)
        assert chunk.section_docid == section.docid
    for section in document.sections:
        for block in section.blocks:
            for at in range(block.span.start, block.span.end):
                if not document.text[at].isspace():
                    assert sum(c.span.start <= at < c.span.end for c in chunks) == 1
    assert chunks == chunks_of(document, max_tokens)


words = st.one_of(
    st.sampled_from(
        ["pain", "baclofen,", "2.5 mg", "1,000 mg;", "½", "µg", "(twice", "daily)", "— or", "naïve:", "日本", "😀"]
    ),
    st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=12),
)
sentences = st.lists(words, min_size=1, max_size=40).map(" ".join)
long_sentences = st.one_of(sentences, st.lists(words, min_size=60, max_size=150).map(" ".join))
groups = st.lists(long_sentences, min_size=1, max_size=4)
paragraphs = st.builds(Para, groups, st.sampled_from([BlockKind.PARAGRAPH, BlockKind.QUOTE, BlockKind.TABLE_ROW]))
bullets = st.builds(Bullets, st.lists(groups, min_size=1, max_size=5))
parts = st.builds(Part, st.one_of(st.just(""), sentences), st.lists(st.one_of(paragraphs, bullets), max_size=5))


@settings(max_examples=60, deadline=None)
@given(st.lists(parts, max_size=3), st.one_of(st.just("Baclofen"), long_sentences), st.sampled_from([32, 64, 254]))
def test_any_article_keeps_the_invariants(made: list[Part], title: str, max_tokens: int) -> None:
    check(article(made, title=title), max_tokens)


def test_a_short_section_is_one_passage_with_its_headings() -> None:
    document = article([Part("Uses", [Para([SENTENCE, "It is a tablet."])], path=("For adults", "Uses"))])
    (chunk,) = chunks_of(document)
    assert chunk.headings == ("Baclofen", "For adults", "Uses")
    assert chunk.embedding_text == f"Baclofen > For adults > Uses\n{SENTENCE} It is a tablet."


def test_text_before_the_first_heading_is_cut_too_and_sections_are_never_joined() -> None:
    document = article([Part("", [Para(["One."])]), Part("Two", [Para(["Two."])])])
    assert [(c.text, c.headings) for c in chunks_of(document)] == [
        ("One.", ("Baclofen",)),
        ("Two.", ("Baclofen", "Two")),
    ]


def test_sentences_stay_whole_and_passages_are_of_like_length() -> None:
    count = 27  # a little more than two passages hold: greedy packing would leave a crumb
    document = article([Part("Uses", [Para([f"{SENTENCE[:-1]} {i}." for i in range(count)])])])
    chunks = chunks_of(document)
    sizes = [COUNTER.count_tokens(c.text) for c in chunks]
    assert sum(sizes) == COUNTER.count_tokens(document.text) - COUNTER.count_tokens("Uses")
    assert len(chunks) == -(-sum(sizes) // 250)
    assert min(sizes) > 0.7 * max(sizes)
    assert all(c.text.endswith(".") and c.text.startswith("Baclofen relaxes") for c in chunks)


@pytest.mark.parametrize("before", range(1, 14))
def test_a_list_that_fits_stays_with_its_lead_in(before: int) -> None:
    items = [["drowsiness"], ["dizziness"], ["weakness in the arms or legs"], ["an upset stomach"]]
    document = article(
        [
            Part(
                "Side effects",
                [Para([SENTENCE] * before + ["It can also cause:"]), Bullets(items), Para([SENTENCE] * 3)],
            )
        ]
    )
    holding = [c for c in chunks_of(document) if "It can also cause:" in c.text]
    assert len(holding) == 1
    assert all(item[0] in holding[0].text for item in items)


def test_a_list_that_does_not_fit_begins_with_its_lead_in_and_goes_on_at_an_item() -> None:
    items = [[f"item {i}: {SENTENCE}"] for i in range(30)]
    document = article([Part("Side effects", [Para([SENTENCE] * 5 + ["It can cause:"]), Bullets(items)])])
    chunks = chunks_of(document)
    first = next(i for i, c in enumerate(chunks) if "It can cause:" in c.text)
    assert "item 0:" in chunks[first].text
    assert len(chunks) > first + 1
    assert all(c.text.startswith("item ") and c.text.endswith("at first.") for c in chunks[first + 1 :])


def test_a_sentence_that_is_too_long_is_cut_at_clauses_of_like_length() -> None:
    clause = "take one tablet with water in the morning"
    document = article([Part("Uses", [Para(["; ".join([clause] * 60) + "."])])])
    chunks = chunks_of(document)
    assert len(chunks) > 1
    assert all(c.text.startswith("take one") and c.text.endswith((";", ".")) for c in chunks)
    sizes = [len(c.text) for c in chunks]
    assert min(sizes) > 0.6 * max(sizes)


@pytest.mark.parametrize("dose", ["2.5 mg", "1,000 mg", "2 ½ tablets", "40 µg", "5 mL", "10–20 mg"])
@pytest.mark.parametrize("max_tokens", [32, 33, 35, 38, 41])
def test_no_dose_is_ever_cut(dose: str, max_tokens: int) -> None:
    document = article([Part("", [Para([" ".join(["patients receive", dose] * 40)])])])
    chunks = chunks_of(document, max_tokens)
    assert len(chunks) > 4
    assert sum(c.text.count(dose) for c in chunks) == 40


def test_headings_that_are_too_long_are_shortened_and_the_body_is_not() -> None:
    path = [f"Heading number {i} about the treatment of pain" for i in range(40)]
    document = article([Part("Uses", [Para([SENTENCE])], path=path)])
    (chunk,) = chunks_of(document)
    assert chunk.text == SENTENCE
    assert chunk.headings[0] == "Baclofen"
    assert chunk.headings[1:] == tuple(path[-len(chunk.headings) + 1 :])
    assert 1 < len(chunk.headings) < 40


def test_a_title_that_is_too_long_by_itself_keeps_its_beginning() -> None:
    title = "A very long title about pain " * 60
    (chunk,) = chunks_of(article([Part("", [Para([SENTENCE])])], title=title))
    assert chunk.text == SENTENCE
    assert title.startswith(chunk.headings[0])
    assert len(chunk.headings[0]) > 100


def test_an_article_without_text_has_no_passages() -> None:
    assert chunks_of(article([])) == ()
    assert chunks_of(article([Part("Only a heading", [])])) == ()


def test_the_signature_follows_the_limit() -> None:
    assert Chunker(COUNTER, 254).signature != Chunker(COUNTER, 200).signature
    assert Chunker(COUNTER, 254).signature == Chunker(COUNTER, 254).signature


def test_a_limit_too_small_to_read_is_refused() -> None:
    with pytest.raises(ConfigError, match="max_tokens"):
        Chunker(COUNTER, 8)
