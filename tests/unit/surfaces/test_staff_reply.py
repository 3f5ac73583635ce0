"""The draft of a reply and the letter made of it, without an engine."""

from __future__ import annotations

import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from medqa.engine.quoting import Beside
from medqa.surfaces.rooms.forms import Form
from medqa.surfaces.staff.alarm import Alarm, alarm_of
from medqa.surfaces.staff.draft import MOST_CHARS, OPENING, Draft, Pick, draft_from
from medqa.surfaces.staff.letter import Letter
from medqa.surfaces.staff.quotes import LEFT_OUT, MOST_QUOTES, Line, Quote, Ref, lines_of
from medqa.types import SafetyLevel, SafetyVerdict, SafetyWarning, Span
from tests.library import LIBRARY, documents_of

REF = Ref("relaxol", 10, 20, "abcd1234")
OTHER = Ref("stiff-back", 5, 9, "ffff0000")
WARNING = SafetyWarning("stop", "Do not stop relaxol suddenly.", "the label", "https://example.org")

refs = st.builds(
    lambda name, start, length: Ref(name, start, start + length, "abcd1234"),
    st.sampled_from(["a", "b|c", "d"]),
    st.integers(0, 40),
    st.integers(1, 30),
)
drafts = st.builds(
    lambda question, opening, closing, picks: Draft(question, opening, closing).holding(tuple(picks)),
    *(st.text(alphabet="ab c\n<&\"'", max_size=20).map(str.strip) for _ in range(3)),
    st.lists(st.builds(Pick, refs, st.text(alphabet="xy <\n", max_size=10).map(str.strip)), max_size=12),
)


def letter(**changes: object) -> Letter:
    values = {
        "opening": "Hello,",
        "quotes": (
            Quote(
                REF, "Relaxol", "Stopping", lines=(Line("Go slowly.", False), Line("ask", True)), review="reviewed x"
            ),
            Quote(REF, "Relaxol", "Stopping", lines=(Line("wait", True),), review="reviewed x"),
            Quote(
                OTHER, "Stiff_back", "", web="https://example.org/b", lines=(Line("Move.", False),), review="overdue"
            ),
        ),
        "words": ("First:", "", "Then:"),
        "closing": "Yours",
        "beside": Beside((WARNING,)),
        "disclaimer": "No advice.",
        "looked_up": date(2026, 3, 4),
        "site": "https://desk.test",
        "alarm": Alarm(),
    }
    return Letter(**{**values, **changes})  # type: ignore[arg-type]


def test_one_source_a_section_numbered_in_the_order_of_the_quotes() -> None:
    assert letter().plain() == (
        "Hello,\n\nFirst:\n\n“Go slowly.” [1]\n\n- ask [1]\n- wait [1]\n\nThen:\n\n“Move.” [2]\n\nYours\n\n"
        "Important:\n- Do not stop relaxol suddenly.\n\n"
        "Sources, looked up on 2026-03-04:\n"
        "[1] Relaxol, Stopping (reviewed x)\n"
        "    https://desk.test/articles/relaxol?start=10&end=20&sum=abcd1234#quote\n"
        "[2] Stiff_back (overdue)\n"
        "    https://desk.test/articles/stiff-back?start=5&end=9&sum=ffff0000#quote\n"
        "    https://example.org/b\n\n"
        "No advice.\n"
    )


def test_all_three_say_the_same() -> None:
    def said(html: str) -> list[str]:
        texts: list[str] = []

        class Reader(HTMLParser):
            def handle_data(self, data: str) -> None:
                texts.append(data)

        Reader().feed(html)
        return re.findall(r"\w+", " ".join(texts))

    made = letter()
    plain = [w for w in re.findall(r"\w+", re.sub(r"https://\S+", "", made.plain())) if not w.isdigit()]
    for html in (made.html(), MarkdownIt("commonmark").render(re.sub(r" <https://\S+>", "", made.markdown()))):
        words = [word for word in said(html.replace("on the web", "")) if not word.isdigit()]
        assert words == plain


def test_a_card_is_all_there_is() -> None:
    made = letter(alarm=Alarm("Emergency", card="**Call 911 now.**\n\nStay."))
    assert made.plain() == "Call 911 now.\n\nStay.\n\nNo advice.\n"
    assert made.markdown() == "**Call 911 now.**\n\nStay.\n\n*No advice.*\n"
    assert made.html() == "<p><strong>Call 911 now.</strong></p>\n<p>Stay.</p>\n<p><em>No advice.</em></p>\n"


def test_a_line_of_the_safety_check_stands_above_everything() -> None:
    made = letter(alarm=Alarm(above="Call 911 if it **is** so."))
    for text in (made.plain(), made.markdown(), made.html()):
        assert text.index("Call 911") < text.index("Hello")


@given(st.text(alphabet="<>&\"'a*_[]`\n", max_size=30))
def test_own_words_are_never_markup(words: str) -> None:
    made = letter(opening=words, words=(words, words, words), closing=words)
    tags = set(re.findall(r"</?([a-z]+)", made.html()))
    assert tags <= {"p", "br", "blockquote", "ul", "li", "strong", "ol", "a", "em"}
    assert letter(opening="", words=("", "", ""), closing="").html().count("<a ") == made.html().count("<a ")


def test_every_level_of_the_safety_check_has_its_title() -> None:
    titles = {alarm_of(SafetyVerdict(level, "x", "words", redirect=True)).title for level in SafetyLevel}
    assert len(titles) == len(SafetyLevel)
    assert alarm_of(SafetyVerdict(SafetyLevel.NONE, "x", "a line")) == Alarm(above="a line")


@given(drafts)
def test_a_draft_comes_back_from_its_page_as_it_was(draft: Draft) -> None:
    fields = [("opening", draft.opening), ("closing", draft.closing)]
    fields += [pair for pick in draft.picks for pair in (("draft", str(pick.ref)), ("words", pick.words))]
    assert draft_from(Form(tuple(fields)), draft.question) == draft


@given(drafts, st.sampled_from(["up", "down"]), st.integers(-2, 14))
def test_moving_loses_nothing_and_moves_one_place(draft: Draft, act: str, at: int) -> None:
    moved = draft.moving(act, at)
    assert sorted(map(str, moved.picks)) == sorted(map(str, draft.picks))
    if 0 <= at < len(draft.picks):
        to = min(max(at + (1 if act == "down" else -1), 0), len(draft.picks) - 1)
        assert moved.picks[to] == draft.picks[at]
        assert len(draft.moving("remove", at).picks) == len(draft.picks) - 1
    else:
        assert moved == draft


def test_a_draft_has_its_limits() -> None:
    many = Draft().adding(*(Ref("a", 10 * n, 10 * n + 5, "abcd1234") for n in range(MOST_QUOTES + 5)))
    assert len(many.picks) == MOST_QUOTES
    assert draft_from(Form(()), "").opening == OPENING
    long = draft_from(Form((("closing", "x" * 9_999), ("opening", ""))), "y" * 9_999)
    assert (len(long.closing), len(long.question), long.opening) == (MOST_CHARS, MOST_CHARS, "")


def test_a_part_of_a_picked_passage_goes_unless_somebody_wrote_words_to_it() -> None:
    part, whole = Ref("a", 12, 15, "abcd1234"), Ref("a", 10, 20, "abcd1234")
    assert Draft().adding(part, whole).refs == (whole,)
    assert Draft(picks=(Pick(part, "See:"),)).adding(whole).refs == (part, whole)


def test_every_sentence_of_a_passage_is_in_its_lines_or_left_out_by_name() -> None:
    for document in LIBRARY:
        lines, sent, claims = lines_of(document, Span(0, len(document.text)))
        said = " ".join(line.text for line in lines)
        assert all(" ".join(span.of(document.text).split()) in said for span in sent)
        assert (LEFT_OUT in said) == bool(claims)


def test_a_sentence_with_an_absolute_claim_is_left_out_and_named(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(
        "---\nid: a\ntitle: A\n---\n\nRelaxol helps some people. Relaxol is completely safe. It has no side effects. "
        "Ask first.\n\n- Relaxol is completely safe.\n",
        "utf-8",
    )
    (document,) = documents_of(tmp_path)
    lines, sent, claims = lines_of(document, Span(0, len(document.text)))
    assert [line.text for line in lines] == [f"Relaxol helps some people. {LEFT_OUT} Ask first.", LEFT_OUT]
    assert [span.of(document.text) for span in sent] == ["Relaxol helps some people.", "Ask first."]
    assert "completely safe" in claims
