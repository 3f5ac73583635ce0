"""Replies as messages of the chat: what is in them, what is escaped, and how they appear."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from medqa.errors import (
    ConfigError,
    EmptyQuestionError,
    IndexMissingError,
    QuestionTooLongError,
)
from medqa.surfaces import replies
from medqa.types import (
    NO_SAFETY_CONCERN,
    Abstained,
    Answer,
    Answered,
    Approval,
    ArticleId,
    Citation,
    CitedSentence,
    Conflict,
    Redirected,
    SafetyLevel,
    SafetyVerdict,
    SafetyWarning,
    SectionId,
    Span,
)

NASTY = "<script>alert('x')</script> & **bold**"


def _citation(quote: str, *, section: str = "uses", start: int = 0, overdue: bool = False) -> Citation:
    return Citation(
        ArticleId("relaxol"),
        "Relaxol <b>",
        SectionId(section),
        section.title(),
        Span(start, start + len(quote)),
        quote,
        "https://example.org/relaxol",
        date(2025, 2, 1) if overdue else None,
        overdue,
    )


def _sentence(quote: str, *, item: bool = False, start: int = 0, section: str = "uses") -> CitedSentence:
    return CitedSentence(quote, (_citation(quote, start=start, section=section),), list_item=item)


def _answered(
    *sentences: CitedSentence,
    read: str = "",
    note: SafetyVerdict = NO_SAFETY_CONCERN,
    conflicts: tuple[Conflict, ...] = (),
) -> Answered:
    return Answered(
        question="What is relaxol?",
        interpreted_question=read or "what is relaxol",
        safety=note,
        disclaimer="Not advice.",
        answer=Answer(sentences),
        conflicts=conflicts,
        warnings=(SafetyWarning("stop", "Do not stop suddenly.", "The label", "javascript:alert(1)"),),
        suggestions=("How is relaxol taken?",),
    )


def _redirected(level: SafetyLevel, message: str) -> Redirected:
    return Redirected(
        question="q", interpreted_question="q", safety=SafetyVerdict(level, "rule", message), disclaimer="Not advice."
    )


def test_an_answer_grows_by_whole_sentences_and_ends_with_warnings_and_sources() -> None:
    steps = list(replies.reply_steps(_answered(_sentence("One."), _sentence("Two.", start=10), _sentence("Three."))))
    assert [step.count('class="mq-quoted"') for step in steps] == [1, 2, 3]
    assert ["mq-sources" in step for step in steps] == [False, False, True]
    assert ["mq-warnings" in step for step in steps] == [False, False, True]


def test_sentences_are_numbered_links_to_their_spans() -> None:
    (_, last) = replies.reply_steps(_answered(_sentence("One."), _sentence("Two.", start=10)))
    assert re.findall(
        r'<p dir="auto">.*?href="(/articles/relaxol\?start=\d+&amp;end=\d+)&amp;sum=\w{8}#quote"', last
    ) == [
        "/articles/relaxol?start=0&amp;end=4",
        "/articles/relaxol?start=10&amp;end=14",
    ]


def test_list_items_become_one_list_and_sources_gather_by_article_and_section() -> None:
    sentences = (_sentence("These help:"), _sentence("rest", item=True), _sentence("heat", item=True, start=20))
    *_, last = replies.reply_steps(_answered(*sentences, _sentence("More.", section="more")))
    assert last.count("<ul") == 2, "the answer's list and the warnings"
    assert last.count('class="mq-source"') == 1, "an article stands there once, however many of its sections are quoted"
    assert re.findall(r'class="mq-count">(\d+) quotes?<', last) == ["3", "1"]
    assert last.count("<blockquote>") == 4


def test_whatever_an_article_says_is_text() -> None:
    *_, last = replies.reply_steps(_answered(_sentence(NASTY), read=NASTY))
    assert "<script" not in last
    assert "Relaxol &lt;b&gt;" in last
    assert "javascript:" not in last
    assert "**bold**" in last


def test_the_question_as_read_is_shown_only_where_it_is_another_one() -> None:
    (same,) = replies.reply_steps(_answered(_sentence("One.")))
    (other,) = replies.reply_steps(_answered(_sentence("One."), read="What is gabapentin?"))
    assert "mq-read-as" not in same
    assert "What is gabapentin?" in other


def test_an_overdue_review_stands_with_the_source() -> None:
    sentence = CitedSentence("One.", (_citation("One.", overdue=True),))
    (last,) = replies.reply_steps(_answered(sentence))
    assert "reviewed 2025-02-01, review overdue" in last
    (last,) = replies.reply_steps(_answered(_sentence("One.")))
    assert "not clinically reviewed" in last


def test_an_emergency_s_line_is_set_apart_from_what_cannot_be_advised_on() -> None:
    topic = SafetyVerdict(SafetyLevel.NONE, "overdose", "**If this is happening now, call 911.**")
    advice = SafetyVerdict(SafetyLevel.NONE, "dose", "I cannot set your dose.", intent="personal-dose")
    (alarming,) = replies.reply_steps(_answered(_sentence("One."), note=topic))
    (calm,) = replies.reply_steps(_answered(_sentence("One."), note=advice))
    assert 'href="tel:911"' in alarming
    assert "mq-note-calm" not in alarming
    assert "mq-note-calm" in calm


def test_cards_offer_the_calls_first_and_nothing_else_but_that_help_was_reached() -> None:
    crisis = _redirected(SafetyLevel.CRISIS, "**Call or text 988.** You matter.\n\nIn danger call 911 now.")
    (card,) = replies.reply_steps(crisis)
    assert re.findall(r'class="mq-call" href="([^"]+)"', card) == ["tel:988", "sms:988", "tel:911"]
    assert 'role="alert"' in card
    assert "\n" not in card
    assert replies.suggestions_of(crisis) == ("I have got help",)
    urgent = _redirected(SafetyLevel.URGENT, "Call your clinic today. Call 911 if it gets worse.")
    (card,) = replies.reply_steps(urgent)
    assert "mq-call" not in card
    assert replies.suggestions_of(urgent) == ()
    waiting = _redirected(SafetyLevel.URGENT, 'Call your clinic today. When you have help, say so ("I have got help").')
    assert replies.suggestions_of(waiting) == ("I have got help",), "what the card asks for is a button"


def test_a_note_has_the_language_that_it_is_written_in() -> None:
    english = SafetyVerdict(
        SafetyLevel.NONE, "dose", "Call your doctor: I cannot set your dose.", intent="personal-dose"
    )
    (last,) = replies.reply_steps(_answered(_sentence("One."), note=english), replies.Frame("es"))
    assert re.search(r'class="mq-note mq-note-calm mq-unsaid" lang="en"', last)


def test_where_two_medicines_are_compared_each_one_s_sentences_stand_under_its_name() -> None:
    def sentence(title: str, quote: str) -> CitedSentence:
        return CitedSentence(quote, (replace(_citation(quote), document_id=ArticleId(title), title=title),))

    sentences = (sentence("Alphadol", "A one."), sentence("Alphadol", "A two."), sentence("Betaxin", "B one."))
    whole = replace(_answered(*sentences), question="alphadol or betaxin?")
    *_, compared = replies.reply_steps(whole)
    assert re.findall(r'mq-about[^>]*>(\w+)</h4>.*?mq-quoted">([^<]+)', compared) == [
        ("Alphadol", "A one."),
        ("Betaxin", "B one."),
    ]
    *_, single = replies.reply_steps(replace(whole, question="what is alphadol?"))
    assert "mq-about" not in single, "a heading would say nothing where only one is asked about"


def test_who_made_an_answer_is_said_unless_it_is_a_quotation() -> None:
    def shown(generator: str, approval: Approval | None = None) -> str:
        answer = Answer((_sentence("One."),), generator, approval=approval)
        *_, last = replies.reply_steps(replace(_answered(_sentence("One.")), answer=answer))
        return last

    assert "mq-made-by" not in shown("extractive")
    approval = Approval("a1", "Sam <b>", date(2026, 5, 1), date(2027, 5, 1))
    said = shown("approved", approval).split("mq-made-by")[1].split("</p>")[0]
    assert "Approved by Sam &lt;b&gt; on 2026-05-01" in said
    assert "language model" in shown("smol-2").split("mq-made-by")[1].split("</p>")[0]


def test_the_part_of_a_question_that_was_not_answered_is_set_apart() -> None:
    (last,) = replies.reply_steps(replace(_answered(_sentence("One.")), partly=("will it <rain>",)))
    apart = last.split('<div class="mq-partly mq-unsaid">')[1].split("</div>")[0]
    assert "No passage was found" in apart
    assert '<q dir="auto">will it &lt;rain&gt;</q>' in apart


def test_an_abstention_names_the_nearest_topics() -> None:
    (said,) = replies.reply_steps(
        Abstained(
            question="q",
            interpreted_question="q",
            safety=NO_SAFETY_CONCERN,
            disclaimer="Not advice.",
            message="I did not find it.",
            nearest=((ArticleId("a/b c"), "Relaxol <b>", "Uses"),),
        )
    )
    assert 'href="/articles/a%2Fb%20c"' in said
    assert "Relaxol &lt;b&gt;" in said


def test_failures_are_told_without_the_operator_s_remedies() -> None:
    def told(error: Exception) -> str:
        return replies.failure(error, length=5000, limit=4000)

    assert "did not see a question" in told(EmptyQuestionError("x"))
    assert "5,000 characters; the limit is 4,000" in told(QuestionTooLongError("x"))
    assert "medqa index" not in told(IndexMissingError("There is no build."))
    assert "not ready" in told(IndexMissingError("There is no build."))
    for error in (ConfigError("x"), RuntimeError("what is relaxol")):
        assert "Something went wrong on our side" in told(error)
        assert "relaxol" not in told(error)
        assert 'href="tel:911"' in told(error)


def test_a_card_speaks_the_language_of_the_message_that_it_answers() -> None:
    spanish = _redirected(SafetyLevel.EMERGENCY, "**Llame al 911 ahora, o a su número local de emergencias.**")
    (card,) = replies.reply_steps(spanish)
    assert 'lang="es"' in card
    assert "Llamar al 911" in card
    assert replies.suggestions_of(spanish) == ("Ya tengo ayuda",)
    english = _redirected(SafetyLevel.EMERGENCY, "**Call 911 now.**")
    (card,) = replies.reply_steps(english, replies.Frame("es"))
    assert 'lang="en"' in card
    assert "Call 911" in card


def test_an_answer_in_a_spanish_page_stays_the_english_quote() -> None:
    *_, last = replies.reply_steps(
        _answered(_sentence("One."), read="What is x?"), replies.Frame("es", date="2026-03-04")
    )
    assert "sin revisión clínica" in last
    assert "No quise decir eso" in last
    assert "medqa, 2026-03-04" in last
    assert re.search(r'class="mq-text" lang="en">.*One\.', last)


def test_only_a_whole_answer_can_be_referred_to() -> None:
    first, last = replies.reply_steps(_answered(_sentence("One."), _sentence("Two.")), replies.Frame(id="mq-7"))
    assert "mq-growing" in first
    assert 'id="mq-7"' not in first
    assert "mq-growing" not in last
    assert 'id="mq-7"' in last
    assert [name in last for name in ("mq-copy", "mq-print", "mq-download", "mq-yes", "mq-no")] == [True] * 5


def test_where_sources_differ_both_sides_are_cited_and_listed() -> None:
    other = _citation("Stop at once.", start=90, section="stopping")
    sentence = _sentence("Never stop at once.")
    conflict = Conflict("The sources differ <here>; your prescriber decides.", (sentence.citations[0], other))
    (last,) = replies.reply_steps(_answered(sentence, conflicts=(conflict,)))
    apart = last.split("mq-conflicts")[1].split("</ul>")[0]
    assert "The sources differ &lt;here&gt;" in apart
    assert re.findall(r"</span>(\d)</a>", apart) == ["1", "2"]
    assert last.count("<blockquote>") == 2, "the other side stands among the sources"
