"""Markdown (CommonMark and tables) -> pieces, with inline markup resolved to what a reader sees."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.common.html_blocks import block_names
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from medqa.corpus.pieces import CELL_SEPARATOR, Heading, Passage, Piece
from medqa.corpus.web import LIST_BREAK, html_to_markdown
from medqa.types import BlockKind

_HEADING_ID = re.compile(r"[ \t]*\{#([A-Za-z0-9][A-Za-z0-9_.-]{0,99})\}[ \t]*$")
_TAG_NAME = re.compile(r"</?([A-Za-z][A-Za-z0-9-]*)")
_INLINE_TAGS = """
    a abbr acronym b bdi bdo big br button canvas cite code data datalist del dfn em embed font i iframe img
    input ins kbd label map mark meter noscript object output picture progress q ruby rp rt s samp script select
    slot small span strike strong style sub sup svg template textarea time tt u var video audio wbr
"""
_KNOWN_TAGS = frozenset([*_INLINE_TAGS.split(), *block_names, "pre"])


def markdown_pieces(source: str) -> list[Piece]:
    """The headings and passages of a Markdown text, in reading order.

    ``## Heading {#id}`` gives the heading its id. Raw HTML is read as HTML is (`html_to_markdown`): comments,
    scripts and hidden elements are gone; what only looks like a tag (``<dose>``) stays text.
    """
    parser = _parser(html=True)
    tokens = parser.parse(source)
    if any(_has_html(token) for token in tokens):
        page = parser.renderer.render(tokens, parser.options, {})
        tokens = _parser(html=False).parse(html_to_markdown(page))
    return _Walker().walk(tokens)


def source_tokens(source: str) -> Iterator[tuple[Token, int | None]]:
    """The links (their opening) and the raw HTML of a Markdown text, each with its line from 1 where it is known."""
    for token in _parser(html=True).parse(source):
        line = token.map[0] + 1 if token.map else None
        if token.type == "html_block":
            yield token, line
        for child in token.children or ():
            if child.type in ("html_inline", "link_open"):
                yield child, line


def _parser(*, html: bool) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": html}).enable("table")
    parser.core.ruler.before("inline", "heading_ids", _heading_ids)
    parser.core.ruler.before("inline", "unknown_blocks", _unknown_blocks)
    parser.core.ruler.after("inline", "unknown_tags", _unknown_tags)
    # Only the text of a link is kept: a refused address would leave the bare markup in the text.
    parser.validateLink = lambda url: True  # type: ignore[method-assign]
    return parser


def _heading_ids(state: StateCore) -> None:
    for opening, inline in zip(state.tokens, state.tokens[1:], strict=False):
        found = _HEADING_ID.search(inline.content) if opening.type == "heading_open" else None
        if found is not None:
            inline.content = inline.content[: found.start()]
            opening.attrSet("id", found.group(1))


def _unknown_blocks(state: StateCore) -> None:
    tokens: list[Token] = []
    for token in state.tokens:
        if token.type == "html_block" and _is_unknown(token.content.lstrip()):
            inline = Token("inline", "", 0, content=token.content.strip(), children=[], block=True, map=token.map)
            tokens += [Token("paragraph_open", "p", 1), inline, Token("paragraph_close", "p", -1)]
        else:
            tokens.append(token)
    state.tokens = tokens


def _is_unknown(tag: str) -> bool:
    name = _TAG_NAME.match(tag)
    return name is not None and name.group(1).lower() not in _KNOWN_TAGS


def _unknown_tags(state: StateCore) -> None:
    for token in state.tokens:
        for child in token.children or ():
            if child.type == "html_inline" and _is_unknown(child.content):
                child.type = "text"


def _has_html(token: Token) -> bool:
    if token.type == "html_block":
        return True
    return any(child.type == "html_inline" for child in token.children or ())


@dataclass(slots=True)
class _List:
    id: int
    depth: int
    parent: int
    number: int | None  # of the next item; None for a bullet list
    marker: str = ""
    item: int = -1  # index of the passage of the item being read


@dataclass(slots=True)
class _Walker:
    pieces: list[Piece] = field(default_factory=list)
    lists: list[_List] = field(default_factory=list)
    passages: int = 0
    list_count: int = 0
    quotes: int = 0
    cells: list[str] = field(default_factory=list)

    def walk(self, tokens: Sequence[Token]) -> list[Piece]:
        for position, token in enumerate(tokens):
            match token.type:
                case "inline":
                    self._inline(token, tokens[position - 1])
                case "bullet_list_open" | "ordered_list_open":
                    self._open_list(token)
                case "bullet_list_close" | "ordered_list_close":
                    self.lists.pop()
                case "list_item_open":
                    self._open_item()
                case "blockquote_open":
                    self.quotes += 1
                case "blockquote_close":
                    self.quotes -= 1
                case "tr_open":
                    self.cells = []
                case "tr_close":
                    self._row()
                case "fence" | "code_block":
                    self._passage(BlockKind.CODE, token.content)
        return self.pieces

    def _inline(self, token: Token, opening: Token) -> None:
        text = _visible(token.children or ())
        if opening.type in ("th_open", "td_open"):
            self.cells.append(" ".join(text.split("\n")).strip())
        elif opening.type == "heading_open" and not self.lists and not self.quotes:
            heading = " ".join(text.split("\n")).strip()
            if heading:
                level = int(opening.tag[1])
                self.pieces.append(Heading(heading, level, str(opening.attrGet("id") or "")))
        else:
            self._passage(BlockKind.QUOTE if self.quotes else BlockKind.PARAGRAPH, text)

    def _open_list(self, token: Token) -> None:
        number = None
        if token.type == "ordered_list_open":
            start = token.attrGet("start")
            number = 1 if start is None else int(start)
        parent = self.lists[-1].item if self.lists else -1
        self.lists.append(_List(self.list_count, len(self.lists), parent, number))
        self.list_count += 1

    def _open_item(self) -> None:
        inside = self.lists[-1]
        inside.item = -1
        if inside.number is None:
            inside.marker = "- "
        else:
            inside.marker = f"{inside.number}. "
            inside.number += 1

    def _passage(self, kind: BlockKind, text: str) -> None:
        if text.strip() in ("", LIST_BREAK):
            return
        if not self.lists:
            self.pieces.append(Passage(kind, text))
        else:
            inside = self.lists[-1]
            first = bool(inside.marker)
            if first:
                inside.item = self.passages
                kind = BlockKind.CODE if kind is BlockKind.CODE else BlockKind.LIST_ITEM
            self.pieces.append(Passage(kind, text, inside.marker, inside.id, inside.depth, inside.parent))
            inside.marker = ""
        self.passages += 1

    def _row(self) -> None:
        while self.cells and not self.cells[-1]:
            self.cells.pop()
        if self.cells:
            self._passage(BlockKind.TABLE_ROW, CELL_SEPARATOR.join(self.cells))


def _visible(children: Sequence[Token]) -> str:
    parts: list[str] = []
    for child in children:
        match child.type:
            case "text" | "code_inline":
                parts.append(child.content)
            case "softbreak":
                parts.append(" ")
            case "hardbreak":
                parts.append("\n")
    return "".join(parts)
