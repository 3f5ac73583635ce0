from __future__ import annotations

import pytest

from medqa.corpus.metadata import MAX_FRONT_MATTER_CHARS, split_front_matter
from medqa.errors import ArticleFormatError


def refused(front: str) -> str:
    with pytest.raises(ArticleFormatError) as raised:
        split_front_matter(f"---\n{front}\n---\nText\n")
    return raised.value.message


def test_without_front_matter_all_is_body() -> None:
    metadata, body = split_front_matter("Text\n---\nmore")
    assert metadata.id == ""
    assert body == "Text\n---\nmore"


def test_questions_are_read_by_section() -> None:
    metadata, _ = split_front_matter('---\nasked:\n  uses:\n    - "wot  is it\n      for?"\n  risks: is it safe\n---\n')
    assert [(a.section_id, a.question) for a in metadata.asked] == [("uses", "wot is it for?"), ("risks", "is it safe")]


def test_an_empty_front_matter_is_fine() -> None:
    metadata, body = split_front_matter("---\n# only a comment\n---\nText")
    assert (metadata.title, body) == ("", "Text")


@pytest.mark.parametrize(
    ("front", "word"),
    [
        ("title: [unclosed", "not valid YAML"),
        ("title: a: b", "line 2"),
        ("- a\n- b", "key: value"),
        ("just text", "key: value"),
        ("written_on: soon", "`written_on`"),
        ("written_on: 2026-13-45", "impossible"),
        ("reviewed_on: [2026-01-01]", "`reviewed_on`"),
        ("status: draft", "`status`"),
        ("id: Not A Slug", "`id`"),
        ("id: ../../etc/passwd", "`id`"),
        ("id: a--b", "`id`"),
        ("aliases: [Yes, No]", "`aliases`"),
        ("aliases: {a: b}", "`aliases`"),
        ("asked: [what is it]", "`asked`"),
        ("asked: {uses: {a: b}}", "`asked.uses`"),
        ("title: {a: b}", "`title`"),
        ("sources: [text]", "`sources`"),
        ("sources:\n  - url: https://a.org", "no `name`"),
        ("sources:\n  - name: a\n    url: javascript:x", "`sources[1].url`"),
        ("sources:\n  - name: a\n    seen_on: then", "`sources[1].seen_on`"),
        ("url: file:///etc/passwd", "`url`"),
        ("url: www.example.org", "`url`"),
        ("title: a\ntitle: b", "'title' twice"),
        ("a: &x [1]\nb: *x", "alias"),
        ('title: "half \\ud800"', "surrogate"),
        ("title: !!python/object/apply:os.system [ls]", "not valid YAML"),
        ("a: " + "[" * 5000, "nested too deep"),
        ("a: " + "9" * 5000, "impossible"),
    ],
)
def test_what_is_wrong_is_named(front: str, word: str) -> None:
    assert word in refused(front)


def test_an_alias_bomb_is_refused_at_once() -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60)]
    assert "alias" in refused("\n".join(lines))


def test_front_matter_that_never_ends_or_is_huge() -> None:
    with pytest.raises(ArticleFormatError, match="never closed"):
        split_front_matter("---\ntitle: a\n\nText\n")
    assert "longer than" in refused("# " + "x" * MAX_FRONT_MATTER_CHARS)


def test_single_values_stand_for_lists_and_numbers_for_text() -> None:
    metadata, _ = split_front_matter("---\ntitle: 1984\naliases: Lio\ntopics: [a, '', 2]\n---\n")
    assert (metadata.title, metadata.aliases, metadata.topics) == ("1984", ("Lio",), ("a", "2"))
