"""The articles that ship with medqa: all of them read, each with its front matter filled."""

from __future__ import annotations

from pathlib import Path

from corpus_samples import check

from medqa.corpus import read_corpus

CORPUS = Path(__file__).parents[3] / "corpus"
KINDS = {"medicine", "condition", "treatment", "safety", "living"}


def test_every_article_reads_without_a_problem_and_is_filled() -> None:
    reading = read_corpus([CORPUS], max_file_bytes=1 << 20)
    assert [str(problem) for problem in reading.problems] == []
    named = [path for path in CORPUS.rglob("*.md") if not path.name.lower().startswith("readme")]
    assert len(reading.documents) == len(reading.files) == len(named) > 0
    lacking: list[str] = []
    for document in reading.documents:
        check(document)
        filled = {
            "id is the file's name": Path(document.source_path).stem == document.id,
            "kind": document.kind in KINDS,
            "summary": bool(document.summary),
            "topics": bool(document.topics),
            "two sources with addresses": sum(bool(source.url) for source in document.sources) >= 2,
            "facts of the sources": all(source.fact and source.seen_on for source in document.sources),
            "written_on": document.review.written_on is not None,
            "review_due_on": document.review.review_due_on is not None,
            "signed by nobody or by somebody on a day": bool(document.review.reviewed_by)
            == (document.review.reviewed_on is not None),
            "sections": len(document.sections) > 3,
            "no text before the first heading ends in a list": document.text.strip() != "",
        }
        lacking += [f"{document.id}: {name}" for name, good in filled.items() if not good]
    assert lacking == []
