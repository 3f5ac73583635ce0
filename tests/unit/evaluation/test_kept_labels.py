"""Labels on disk: a question set as it stands, one line a question, nothing lost to a broken line or a refusal."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from medqa.errors import InputFileError
from medqa.evaluation.kept_labels import (
    GoldQuote,
    JudgedPassage,
    KeptLabels,
    LabelledQuestion,
    agreement,
    label_id,
)
from medqa.evaluation.questions import read_questions


def judged(checksum: str, grade: int, start: int = 0) -> JudgedPassage:
    return JudgedPassage(article_id="gabapentin", start=start, end=start + 9, checksum=checksum, grade=grade)


def label(
    question: str, author: str = "tess", *passages: JudgedPassage, answerable: bool = True, facts: tuple[str, ...] = ()
) -> LabelledQuestion:
    quote = GoldQuote(article_id="gabapentin", section_id="stopping", quote="Do not stop.", start=0, end=12, grade=2)
    return LabelledQuestion(
        id=label_id(question),
        question=question,
        answerable=answerable,
        gold=(quote,) if answerable else (),
        key_facts=facts,
        author=author,
        date="2026-03-04T05:06:07+00:00",
        judged=passages,
    )


def test_a_file_is_a_question_set_as_it_stands(tmp_path: Path) -> None:
    kept = KeptLabels(tmp_path)
    kept.save(label("can i stop?", "tess", judged("a", 2), judged("b", 0), facts=("not stop",)))
    kept.save(label("a question without an answer", answerable=False))
    found = read_questions([kept.path("tess")])
    assert {q.text: q.answerable for q in found.questions} == {
        "can i stop?": True,
        "a question without an answer": False,
    }
    (one,) = (q for q in found.questions if q.answerable)
    assert one.gold[0].quote == "Do not stop."
    assert one.key_facts == ("not stop",)
    assert kept.of("tess")[0][1].judged == (judged("a", 2), judged("b", 0))
    assert kept.jsonl("tess").encode() == kept.path("tess").read_bytes()


def test_what_an_author_says_again_replaces_what_was_said(tmp_path: Path) -> None:
    kept = KeptLabels(tmp_path)
    kept.save(label("Can I stop?", "tess", judged("a", 2)))
    kept.save(label("can  i stop?", "tess", judged("a", 1)))
    kept.save(label("can i stop?", "ada", judged("a", 0)))
    assert [[p.grade for p in one.judged] for one in kept.of("tess")[0]] == [[1]]
    assert kept.authors() == ("ada", "tess")
    kept.remove("tess", label_id("can i stop?"))
    assert kept.of("tess") == ((), ())
    assert len(kept.of("ada")[0]) == 1


def test_a_broken_line_is_named_and_stays(tmp_path: Path) -> None:
    kept = KeptLabels(tmp_path)
    kept.save(label("one"))
    with kept.path("tess").open("a", encoding="utf-8") as file:
        file.write('{"half": \n')
    kept.save(label("two"))
    labels, broken = kept.of("tess")
    assert [one.question for one in labels] == ["two", "one"]
    assert broken == (3,)
    assert '{"half": ' in kept.jsonl("tess")


def test_what_the_evaluation_would_refuse_is_not_kept(tmp_path: Path) -> None:
    kept = KeptLabels(tmp_path)
    kept.save(label("one"))
    before = kept.jsonl("tess")
    for bad in (label("two").model_copy(update={"gold": ()}), label("one", facts=("(",))):
        with pytest.raises(InputFileError):
            kept.save(bad)
    assert kept.jsonl("tess") == before


@pytest.mark.parametrize("name", ["", "..", "../state", ".lock", "a/b", "/etc/passwd"])
def test_no_name_leads_elsewhere(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputFileError):
        KeptLabels(tmp_path).path(name)


def test_saving_at_once_loses_nothing(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: KeptLabels(tmp_path).save(label(f"question {n}")), range(24)))
    assert {one.question for one in KeptLabels(tmp_path).of("tess")[0]} == {f"question {n}" for n in range(24)}


def test_agreement_is_over_what_both_judged() -> None:
    mine = [
        label("one", "ada", judged("a", 2), judged("b", 0), judged("c", 1), judged("d", 0), judged("only mine", 2)),
        label("two", "ada", judged("a", 2)),
        label("three", "ada", answerable=False),
    ]
    theirs = [
        label("One", "tess", judged("a", 2, start=50), judged("b", 0), judged("c", 2), judged("d", 1)),
        label("three", "tess"),
    ]
    found = agreement(("ada", "tess"), mine, theirs)
    assert (found.questions, found.n, found.same) == (2, 4, 0.5)
    assert found.relevance == pytest.approx(0.5), "p_o 3/4, p_e (2 * 3 + 2 * 1) / 16"
    assert [(d.passage.checksum, d.grades) for d in found.differing] == [("c", (1, 2)), ("d", (0, 1))]
    assert found.answerable == ("three",)
    nothing = agreement(("ada", "tess"), mine, [])
    assert (nothing.questions, nothing.n, nothing.relevance) == (0, 0, None)
