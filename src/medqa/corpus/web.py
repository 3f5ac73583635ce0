"""HTML -> Markdown: lxml parses, hidden parts are dropped, markdownify writes, every literal escaped."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from medqa.errors import ArticleFormatError

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag
    from markdownify import MarkdownConverter

# What a browser does not show as text, shows around the article on every page of a site, or strikes out: a
# struck dose would read like the one that replaced it. The head goes part by part, as text may end up in it.
_DROPPED = (
    "script", "style", "template", "noscript", "title", "iframe", "object", "embed", "applet", "svg",
    "math", "canvas", "audio", "video", "picture", "img", "map", "select", "button", "input", "textarea",
    "datalist", "dialog:not([open])", "nav", "footer", "form", "rp", "rt",
    "del", "s", "strike",
)  # fmt: skip
_HIDDEN_STYLE = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse))", re.IGNORECASE)
_INLINE = (
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "dfn", "em", "font", "i",
    "ins", "kbd", "label", "mark", "q", "samp", "small", "span", "strong", "sub", "sup", "time",
    "tt", "u", "var", "wbr", "ruby",
)  # fmt: skip
# Blocks that markdownify does not know: their text would run into what is beside them.
_BLOCKS = (
    "address", "aside", "center", "details", "fieldset", "figcaption", "figure", "header", "hgroup", "legend", "main",
    "menu", "optgroup", "option", "search", "summary",
)  # fmt: skip
_SUPERSCRIPT = str.maketrans("0123456789+-−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ")
_EXPONENT = re.compile(r"[+\-−]?[0-9n]{1,3}")
_HEADING_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
LIST_BREAK = "\ufdd0"
"""A paragraph of this alone parts two lists: a code point that Unicode keeps out of texts."""
MAX_DEPTH = 120
"""Elements within elements. markdownify recurses with three frames each, Python stops at 1,000."""


@dataclass(frozen=True, slots=True)
class WebPage:
    """What an HTML page holds. `title` and `url` (its canonical address, http or https) may be empty."""

    title: str
    url: str
    markdown: str


def read_page(html: str) -> WebPage:
    """The page as Markdown. Its ``<main>`` or only ``<article>``, where it has one, else its body."""
    soup = _soup(html)
    title = _first_text(soup, "title")
    link = soup.find("link", rel="canonical")
    address = str(link.get("href") or "") if link is not None else ""
    _drop_invisible(soup)
    root: Tag = soup
    for name in ("main", "article"):
        found = soup.find_all(name)
        if len(found) == 1 and found[0].get_text(strip=True):
            root = found[0]
            break
    headings = root.find_all("h1")
    if len(headings) == 1 and headings[0].get_text(strip=True):
        title = " ".join(headings[0].get_text().split())
    return WebPage(title, web_address(address), _convert(root))


def html_to_markdown(html: str) -> str:
    """The visible text of an HTML fragment as Markdown whose literals are escaped. Tabs survive."""
    spare = next(chr(code) for code in range(0xE000, 0xF8FF) if chr(code) not in html)
    soup = _soup(html.replace("\t", spare))
    _drop_invisible(soup)
    return _convert(soup).replace(spare, "\t")


def page_links(html: str) -> tuple[str, ...]:
    """Where the links of an HTML text lead, in order, those of menus and footers left out."""
    soup = _soup(html)
    for tag in soup.select(",".join(_DROPPED)):
        tag.decompose()
    return tuple(str(link["href"]).strip() for link in soup.find_all("a", href=True))


def web_address(candidate: str) -> str:
    """The address when it is http or https with a host, else the empty string."""
    try:
        parts = urlsplit(candidate.strip())
    except ValueError:
        return ""
    return candidate.strip() if parts.scheme in ("http", "https") and parts.hostname else ""


def _soup(html: str) -> BeautifulSoup:
    from bs4 import BeautifulSoup, Tag
    from bs4.exceptions import ParserRejectedMarkup

    try:
        soup = BeautifulSoup(html, "lxml")
    except ParserRejectedMarkup as error:
        raise ArticleFormatError(f"The HTML cannot be parsed: {error}") from error
    level: list[Tag] = [soup]
    for _ in range(MAX_DEPTH):
        level = [child for tag in level for child in tag.children if isinstance(child, Tag)]
        if not level:
            return soup
    raise ArticleFormatError(f"The HTML is nested more than {MAX_DEPTH} deep: that is no article.")


def _first_text(soup: BeautifulSoup, name: str) -> str:
    found = soup.find(name)
    return " ".join(found.get_text().split()) if found is not None else ""


def _drop_invisible(soup: BeautifulSoup) -> None:
    from bs4 import Tag
    from bs4.element import PreformattedString

    for node in soup.find_all(string=lambda text: isinstance(text, PreformattedString)):
        node.extract()  # comments, declarations, processing instructions
    for tag in soup.select(",".join(_DROPPED)):
        tag.decompose()
    for tag in soup.find_all(_is_hidden):
        if isinstance(tag, Tag) and not tag.decomposed:
            tag.decompose()
    for tag in soup.find_all("sup"):
        exponent = tag.get_text(strip=True)
        if _EXPONENT.fullmatch(exponent):
            tag.string = exponent.translate(_SUPERSCRIPT)
    _mend_tables(soup)
    _part_lists(soup)
    for tag in soup.find_all(_INLINE):
        if tag.find(["p", "div", "ul", "ol", "table"]) is None:
            tag.unwrap()
    soup.smooth()


def _mend_tables(soup: BeautifulSoup) -> None:
    """Layout tables become blocks; the rows of real ones become equally long.

    A Markdown table is as wide as its first row: cells beyond it would be lost.
    """
    for table in soup.find_all("table"):
        if table.find("table") is not None:
            parts = table.find_all(["caption", "thead", "tbody", "tfoot", "tr", "td", "th"])
            for tag in [table, *(part for part in parts if part.find_parent("table") is table)]:
                tag.name = "div"
    for cell in soup.find_all(["td", "th"]):
        if cell.find_parent("tr") is None:
            cell.name = "div"
    for table in soup.find_all("table"):
        rows = table.find_all("tr")
        widths = [sum(_columns(cell) for cell in row.find_all(["td", "th"])) for row in rows]
        for row, width in zip(rows, widths, strict=True):
            kind = "th" if row.find("td") is None and row.find("th") is not None else "td"
            for _ in range(max(widths) - width):
                row.append(soup.new_tag(kind))


def _part_lists(soup: BeautifulSoup) -> None:
    """Two lists of one kind in a row would be one list in Markdown, numbered on."""
    from bs4 import Tag
    from bs4.element import NavigableString

    for following in soup.find_all(["ul", "ol"]):
        before = following.previous_sibling
        while isinstance(before, NavigableString) and not before.strip():
            before = before.previous_sibling
        if isinstance(before, Tag) and before.name == following.name:
            parting = soup.new_tag("p")
            parting.string = LIST_BREAK
            following.insert_before(parting)


def _columns(cell: Tag) -> int:
    span = str(cell.get("colspan") or "1")
    return max(1, min(1000, int(span))) if span.isascii() and span.isdigit() else 1


def _is_hidden(tag: Tag) -> bool:
    return (
        tag.has_attr("hidden")
        or str(tag.get("aria-hidden", "")).strip().lower() == "true"
        or _HIDDEN_STYLE.search(str(tag.get("style", ""))) is not None
    )


def _convert(root: Tag) -> str:
    for tag in root.find_all(_BLOCKS):
        tag.name = "div"
    return str(_converter().convert_soup(root))


@cache
def _converter() -> MarkdownConverter:
    from markdownify import MarkdownConverter as Base

    class Converter(Base):
        """Headings keep a usable id; a definition list becomes paragraphs."""

        def convert_hN(self, n: int, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: N802
            given = str(el.get("id") or "")
            heading = " ".join(text.split(" "))
            if heading.strip() and _HEADING_ID.fullmatch(given) and "_inline" not in parent_tags:
                heading = f"{heading.strip()} {{#{given}}}"
            return str(super().convert_hN(n, el, heading, parent_tags))  # type: ignore[misc]

        def convert_dt(self, el: Tag, text: str, parent_tags: set[str]) -> str:
            return f"\n\n{text.strip()}\n\n"

        def convert_dd(self, el: Tag, text: str, parent_tags: set[str]) -> str:
            return f"\n\n{text.strip()}\n\n"

    return Converter(escape_misc=True, heading_style="atx", bullets="-", strip=["a", "b", "strong", "i", "em", "code"])
