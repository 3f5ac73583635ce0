"""What every format is reduced to before it becomes a `Document`: headings and blocks, in reading order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from medqa.types import BlockKind

CELL_SEPARATOR = " | "


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading line. `id` is the one its author gave it, else empty; `docid` one that is unique in the corpus."""

    text: str
    level: int
    id: str = ""
    docid: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """One paragraph, list item or table row, with its inline markup resolved.

    `marker` is what is written before a list item (``"- "``, ``"3. "``), empty for its later paragraphs;
    `list_id` is equal for the items of one list, nested lists have their own; `parent` is the index, among
    the passages of the article, of the item that holds this nested list, -1 where there is none.
    """

    kind: BlockKind
    text: str
    marker: str = ""
    list_id: int = -1
    depth: int = 0
    parent: int = -1


Piece = Heading | Passage


def append_pieces(pieces: list[Piece], more: Sequence[Piece]) -> None:
    """Adds what was read on its own: its lists and parents are renumbered, so that they stay apart."""
    passages = [piece for piece in pieces if isinstance(piece, Passage)]
    first_list = 1 + max((passage.list_id for passage in passages), default=-1)
    for piece in more:
        if isinstance(piece, Passage) and piece.list_id >= 0:
            parent = piece.parent + len(passages) if piece.parent >= 0 else -1
            pieces.append(replace(piece, list_id=piece.list_id + first_list, parent=parent))
        else:
            pieces.append(piece)
