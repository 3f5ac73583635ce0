"""HTML fragments from templates: everything that is filled in is escaped, phone numbers of our cards excepted.

The chat shows a message as Markdown; a fragment on one line that starts with a block tag passes through it
as it is. The chat's own sanitiser runs over it again in the browser.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from urllib.parse import quote, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from medqa.presentation import plain
from medqa.surfaces.languages import ENGLISH, Speech
from medqa.surfaces.texts import Language, load_texts
from medqa.types import ArticleId, Citation, Span

_PHONE = re.compile(
    r"(?<![\w,.-])"
    r"(?:1-\d{3}-\d{3}-\d{4}|0\d{3} \d\d \d\d \d\d|\d\d \d\d \d\d|116 \d{3}|911|988|999|112|111|000)"
    r"(?![\w-]|[,.]?\d| \d)"
)
"""Numbers as our cards write them, in the five regions: 911, 116 123, 13 11 14, 0477 13 11 14, 1-800-222-1222."""
_TEXT = re.compile(r"\btext (?:(?P<word>[A-Z]{2,}) to )?(?P<number>\d[\d ]{1,14}\d)")
_SUM_LENGTH = 8


@cache
def environment() -> Environment:
    """The templates of this package, autoescaped; an unknown name in one is an error."""
    env = Environment(
        loader=PackageLoader("medqa.surfaces"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.globals |= {"t": load_texts(), "lang": "en", "tail": "", "elsewhere": "", "passage_path": passage_path}
    env.globals["article_path"] = article_path
    env.filters |= {"web_url": web_url, "plain": plain}
    return env


def page(template: str, speech: Speech = ENGLISH, **values: object) -> str:
    """A whole HTML page."""
    words = {"t": load_texts(speech.language), "lang": speech.language}
    ways = {"tail": speech.tail, "elsewhere": speech.elsewhere}
    return environment().get_template(template).render(**words, **ways, **values)


def fragment(template: str, **values: object) -> str:
    """A message for the chat: HTML on one line, so that no blank line ends the HTML block."""
    return one_line(environment().get_template(template).render(**values))


def one_line(html: str) -> str:
    return " ".join(line.strip() for line in html.splitlines() if line.strip())


def web_url(url: str) -> str:
    """`url` where it is an http(s) address with a host, else empty: nothing else becomes a link."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    return url.strip() if parts.scheme in ("http", "https") and parts.netloc else ""


def article_path(article_id: ArticleId, tail: str = "") -> str:
    """Address of an article; `tail` is a query such as ``?lang=es``, or empty."""
    return f"/articles/{quote(article_id, safe='')}{tail}"


def citation_path(citation: Citation, language: Language = "en") -> str:
    """Address that opens the article at the quote. `sum` tells the page whether the article still says it."""
    span = citation.span
    return passage_path(citation.document_id, span.start, span.end, quote_sum(citation.quote), language)


def passage_path(article_id: str, start: int, end: int, checksum: str, language: Language = "en") -> str:
    """Address of an article at its characters from `start` to `end`, which said what `checksum` is of."""
    place = f"start={start}&end={end}&sum={checksum}{'' if language == 'en' else f'&lang={language}'}"
    return f"{article_path(ArticleId(article_id))}?{place}#quote"


def quote_sum(text: str) -> str:
    """First 8 hex digits of the quote's SHA-256."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:_SUM_LENGTH]


def still_says(text: str, span: Span, checksum: str) -> bool:
    """Whether `text` has, at `span`, what was quoted. Without a checksum the span only has to exist."""
    said = span.of(text)
    return len(said) == len(span) and bool(said.strip()) and (not checksum or quote_sum(said) == checksum)


# --- our own cards -------------------------------------------------------------------------------------


def card_html(markdown: str) -> Markup:
    """A safety message (our own text) as HTML with phone numbers as links. HTML inside it stays text."""
    html = MarkdownIt("commonmark", {"html": False}).render(markdown)
    parts = re.split(r"(<[^>]*>)", html)
    return Markup("".join(part if part.startswith("<") else _link_phones(part) for part in parts))  # noqa: S704


@dataclass(frozen=True, slots=True)
class Contact:
    """A number to call, or to send `word` to (any text where it is empty)."""

    number: str
    texted: bool = False
    word: str = ""

    @property
    def href(self) -> str:
        digits = re.sub(r"\D", "", self.number)
        if not self.texted:
            return f"tel:{digits}"
        return f"sms:{digits}?body={self.word}" if self.word else f"sms:{digits}"


def contacts(markdown: str) -> tuple[Contact, ...]:
    """Whom the message tells to call or to text, in its order, each once."""
    texted = {match.start("number"): match for match in _TEXT.finditer(markdown)}
    found: dict[Contact, None] = {}
    for start in sorted({match.start() for match in _PHONE.finditer(markdown)} | set(texted)):
        text = texted.get(start)
        called = _PHONE.match(markdown, start)
        if called and (text is None or _offers_call(markdown, text.start())):
            found[Contact(called.group())] = None
        if text:
            found[Contact(text["number"], texted=True, word=text["word"] or "")] = None
    return tuple(found)


def _link_phones(text: str) -> str:
    texted = {match.start("number") for match in _TEXT.finditer(text) if not _offers_call(text, match.start())}

    def link(match: re.Match[str]) -> str:
        contact = Contact(match.group(), texted=match.start() in texted)
        return f'<a class="mq-tel" href="{contact.href}">{match.group()}</a>'

    return _PHONE.sub(link, text)


def _offers_call(text: str, start: int) -> bool:
    """Whether "text 988" at `start` is the second half of "call or text 988"."""
    return text[:start].lower().endswith("call or ")
