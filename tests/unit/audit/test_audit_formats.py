"""What is read of links and raw HTML, in each format; and the audit over whole collections."""

from __future__ import annotations

from pathlib import Path

import pytest
from audit_samples import CLEAN, TODAY, audit_of

from medqa.audit import audit_corpus
from medqa.corpus.markup import Link, read_markup
from medqa.errors import CorpusError

MEGABYTE = 1 << 20


def markup_of(folder: Path, name: str, text: str) -> tuple[list[Link], list[str], bool]:
    (folder / name).write_text(text, encoding="utf-8")
    markup = read_markup(folder / name, max_file_bytes=MEGABYTE)
    return list(markup.links), [tag.code for tag in markup.tags], markup.holds_front_matter


def test_links_of_markdown_with_their_lines(tmp_path: Path) -> None:
    text = "---\nid: a\n---\n\nOne [two](https://two.example).\n\nSee <https://three.example>\nand [four](four.md).\n"
    links, tags, front = markup_of(tmp_path, "a.md", text)
    assert links == [Link("https://two.example", 5), Link("https://three.example", 7), Link("four.md", 7)]
    assert tags == []
    assert front


def test_links_inside_raw_html_of_markdown(tmp_path: Path) -> None:
    links, tags, front = markup_of(tmp_path, "a.md", 'Text <a href="file:///etc/passwd">here</a>.\n')
    assert [link.url for link in links] == ["file:///etc/passwd"]
    assert len(tags) == 2
    assert not front


def test_links_of_a_web_page_without_its_menus(tmp_path: Path) -> None:
    page = "<body><nav><a href='/home'>Home</a></nav><p><a href='javascript:x()'>Go</a> <a>no address</a></p></body>"
    links, tags, front = markup_of(tmp_path, "a.html", page)
    assert [link.url for link in links] == ["javascript:x()"]
    assert (tags, front) == ([], False)


@pytest.mark.parametrize(("name", "front"), [("a.txt", False), ("a.jsonl", True)])
def test_formats_without_markup(name: str, front: bool, tmp_path: Path) -> None:
    assert markup_of(tmp_path, name, "See [this](javascript:x).\n") == ([], [], front)


def test_a_page_may_link_to_other_pages_of_its_site(tmp_path: Path) -> None:
    audit = audit_of(tmp_path, page__html="<h1>Heat</h1><p>Warmth <a href='/contact'>helps</a>.</p>")
    assert not [finding for finding in audit.findings if finding.rule_id.startswith("link-")]


def test_an_empty_folder_has_no_findings(tmp_path: Path) -> None:
    audit = audit_corpus([tmp_path], max_file_bytes=MEGABYTE, today=TODAY)
    assert (audit.findings, audit.articles, audit.errors, audit.warnings) == ((), (), 0, 0)


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CorpusError):
        audit_corpus([tmp_path / "nowhere"], max_file_bytes=MEGABYTE, today=TODAY)


def test_withdrawn_articles_are_not_judged(tmp_path: Path) -> None:
    audit = audit_of(tmp_path, CLEAN.replace("published", "withdrawn").replace("A warm pack can", "A miracle can"))
    assert audit.findings == ()
    assert audit.articles == ()


def test_articles_with_errors_come_first(tmp_path: Path) -> None:
    good = CLEAN.replace("A warm pack can loosen", "It is warm. " * 8 + "A warm pack can loosen")
    bad = CLEAN.replace("warm-packs", "zz-packs").replace("A warm pack can loosen", "A miracle can loosen", 1)
    names = [name for name, _ in audit_of(tmp_path, good, bad).by_article()]
    assert names == ["zz-packs", "warm-packs"]


def test_figures_of_an_article(tmp_path: Path) -> None:
    (figures,) = audit_of(tmp_path, CLEAN).articles
    assert figures.kind == "living"
    assert figures.sources == 2
    assert figures.facts == 0
    assert 500 <= figures.words <= 1200
    assert figures.grade is not None
    assert figures.grade == figures.grade_with_names, "no medicine is named"


def test_progress_counts_articles(tmp_path: Path) -> None:
    (tmp_path / "warm-packs.md").write_text(CLEAN, encoding="utf-8")
    (tmp_path / "zz.md").write_text(CLEAN.replace("warm-packs", "zz"), encoding="utf-8")
    seen: list[tuple[int, int]] = []
    audit_corpus(
        [tmp_path], max_file_bytes=MEGABYTE, today=TODAY, progress=lambda done, total: seen.append((done, total))
    )
    assert seen == [(1, 2), (2, 2)]
