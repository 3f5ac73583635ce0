"""Where links lead: to the web, to an article that is there, to one that was withdrawn, or nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from urllib.parse import unquote, urlsplit

from medqa.audit.articles import Article
from medqa.audit.findings import Finding
from medqa.types import ArticleId, ArticleStatus, Document

_ARTICLE_FILE = re.compile(r"\.(?:md|markdown|html?|txt)$")


@dataclass(frozen=True, slots=True)
class Library:
    """The articles of the corpus by id and by address."""

    by_id: dict[ArticleId, Document]
    by_url: dict[str, Document]

    @classmethod
    def of(cls, documents: tuple[Document, ...]) -> Library:
        return cls({d.id: d for d in documents}, {_bare_url(d.url): d for d in documents if d.url})


def check(article: Article, library: Library) -> Iterator[Finding]:
    """Links of the article's file. A withdrawn article's own links are of no concern."""
    if article.document.status is ArticleStatus.WITHDRAWN:
        return
    for link in article.markup.links:
        for rule, message in _judge(article, link.url, library):
            yield article.find(rule, message, line=link.line)


def _judge(article: Article, url: str, library: Library) -> Iterator[tuple[str, str]]:
    try:
        parts = urlsplit(url)
    except ValueError:
        yield "link-address", f"{url!r} is no address."
        return
    if parts.scheme in ("http", "https"):
        if not parts.hostname:
            yield "link-address", f"{url!r} has no host."
        target = library.by_url.get(_bare_url(url))
    elif parts.scheme or parts.netloc:
        yield "link-address", f"{url!r} does not begin with http or https."
        return
    elif not parts.path:
        target = article.document
    else:
        name = _ARTICLE_FILE.sub("", PurePath(unquote(parts.path)).name)
        target = library.by_id.get(ArticleId(name))
        if target is None:
            # a page of a web site links to other pages of it; what they are is not known here
            if not article.document.source_path.endswith((".html", ".htm")):
                yield "link-dead", f"{url!r} leads to no article of the library."
            return
    if target is None:
        return
    if target.status is ArticleStatus.WITHDRAWN:
        yield "link-withdrawn", f"{url!r} leads to {target.title!r}, which was withdrawn."
    elif parts.fragment and not parts.scheme and not any(s.id == unquote(parts.fragment) for s in target.sections):
        yield "link-dead", f"{url!r}: {target.title!r} has no section {parts.fragment!r}."


def _bare_url(url: str) -> str:
    """An address without what does not change the page: scheme, fragment, a last slash."""
    parts = urlsplit(url)
    return f"{(parts.hostname or '').lower()}{parts.path.rstrip('/')}?{parts.query}"
