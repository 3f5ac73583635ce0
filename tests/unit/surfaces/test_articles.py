"""Articles as pages: the structure of the text, and one passage marked."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from medqa.surfaces.articles import GroupView, ListView, SectionView, section_views
from medqa.types import Block, BlockKind, Document, Section, SectionId, Span
from tests.library import LIBRARY

RELAXOL = next(d for d in LIBRARY if d.id == "relaxol")
STIFF_BACK = next(d for d in LIBRARY if d.id == "stiff-back")


def _runs(view: SectionView) -> list[tuple[str, bool, bool]]:
    def of_list(node: ListView) -> list[tuple[str, bool, bool]]:
        runs = []
        for item in node.items:
            runs += [(p.text, p.marked, p.first) for paragraph in item.paragraphs for p in paragraph]
            for child in item.lists:
                runs += of_list(child)
        return runs

    runs = [(p.text, p.marked, p.first) for p in view.heading]
    for group in view.groups:
        runs += of_list(group.list) if group.list else [(p.text, p.marked, p.first) for p in group.pieces]
    return runs


def test_headings_are_anchored_by_section_and_lists_are_lists() -> None:
    views = {view.anchor: view for view in section_views(RELAXOL, None)}
    assert views["stopping"].heading[0].text == "Can I stop relaxol at once?"
    assert views["stopping"].depth == 2
    kinds = [group.kind for group in views["common-side-effects"].groups]
    assert kinds == ["paragraph", "list"]
    listed = views["common-side-effects"].groups[1].list
    assert listed is not None
    assert not listed.ordered
    assert [item.paragraphs[0][0].text for item in listed.items][1] == "dry mouth"


def test_a_numbered_list_is_numbered() -> None:
    listed: list[GroupView] = [g for view in section_views(STIFF_BACK, None) for g in view.groups if g.list]
    assert listed[0].list is not None
    assert listed[0].list.ordered
    assert len(listed[0].list.items) == 3


def test_lists_nest_and_later_paragraphs_stay_with_their_item() -> None:
    text = "- a\n\n  more\n  - b\n  - c\n- d"

    def block(word: str, list_id: int, depth: int) -> Block:
        span = Span(text.index(word), text.index(word) + len(word))
        return Block(BlockKind.LIST_ITEM, span, (span,), list_id=list_id, depth=depth)

    blocks = (block("a", 0, 0), block("more", 0, 0), block("b", 1, 1), block("c", 1, 1), block("d", 0, 0))
    section = Section(SectionId("s"), "x#s", "", (), 0, Span(2, len(text)), None, blocks)
    (view,) = section_views(Document(LIBRARY[0].id, "x", text, (section,)), None)
    (group,) = view.groups
    assert group.list is not None
    first, second = group.list.items
    assert [p[0].text for p in first.paragraphs] == ["a", "more"]
    assert [p[0].text for item in first.lists[0].items for p in item.paragraphs] == ["b", "c"]
    assert [p[0].text for p in second.paragraphs] == ["d"]


@given(st.data())
def test_every_character_of_a_block_is_shown_once_and_the_mark_is_the_span(data: st.DataObject) -> None:
    document = data.draw(st.sampled_from(LIBRARY))
    start = data.draw(st.integers(0, len(document.text) - 1))
    mark = Span(start, data.draw(st.integers(start, len(document.text))))
    views = section_views(document, mark)
    shown = [span for s in document.sections for span in ([s.heading_span] if s.heading_span else [])] + [
        block.span for s in document.sections for block in s.blocks
    ]
    runs = [run for view in views for run in _runs(view)]
    assert "".join(text for text, _, _ in runs) == "".join(
        span.of(document.text)
        for s in document.sections
        for span in [*([s.heading_span] if s.heading_span else []), *(b.span for b in s.blocks)]
    )
    inside = sum(max(0, min(s.end, mark.end) - max(s.start, mark.start)) for s in shown)
    assert sum(len(text) for text, marked, _ in runs if marked) == inside
    assert sum(first for _, _, first in runs) == (1 if inside else 0)
