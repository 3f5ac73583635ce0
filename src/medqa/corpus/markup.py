"""What the readers leave out of the text and an editor must know of: where links lead, and HTML tags in Markdown."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePath

from markdown_it.token import Token

from medqa.corpus.decoding import decode
from medqa.corpus.formats import file_kind
from medqa.corpus.markdown import source_tokens
from medqa.corpus.metadata import front_matter_lines, split_front_matter
from medqa.corpus.web import page_links
from medqa.errors import ArticleFormatError

_MARKDOWN = (".md", ".markdown")
_WEB = (".html", ".htm")


@dataclass(frozen=True, slots=True)
class Link:
    """Where a link leads, as its author wrote it. `line` counts from 1 in the file; None where not known."""

    url: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Tag:
    """A piece of raw HTML in a Markdown file."""

    code: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Markup:
    """Links and raw HTML of one file; `holds_front_matter` where the format has a place for it."""

    links: tuple[Link, ...] = ()
    tags: tuple[Tag, ...] = ()
    holds_front_matter: bool = False


def read_markup(path: Path, *, max_file_bytes: int) -> Markup:
    """The markup of an article's file; nothing for formats without any (plain text, PDF, Word, JSON lines).

    Raises `ArticleFormatError` for a file that cannot be read as its kind, `OSError` for one that is gone.
    """
    kind = file_kind(PurePath(path))
    if kind not in (*_MARKDOWN, *_WEB):
        return Markup(holds_front_matter=kind.startswith(".jsonl"))
    if path.stat().st_size > max_file_bytes:
        raise ArticleFormatError(f"The file is larger than {max_file_bytes:,} bytes.")
    text = decode(path.read_bytes())
    if kind in _WEB:
        return Markup(links=tuple(Link(url) for url in page_links(text)))
    _, body = split_front_matter(text)
    above = front_matter_lines(text)
    links: list[Link] = []
    tags: list[Tag] = []
    for token, line in source_tokens(body):
        place = None if line is None else line + above
        if token.type == "link_open":
            links.append(Link(str(token.attrGet("href") or ""), place))
        else:
            tags.append(Tag(_short(token), place))
            links += [Link(url, place) for url in page_links(token.content)]
    return Markup(tuple(links), tuple(tags), holds_front_matter=above > 0)


def _short(token: Token) -> str:
    code = " ".join(token.content.split())
    return code if len(code) <= 80 else f"{code[:77]}..."
