"""What is known about an article besides its text: the front matter, read strictly.

Unknown keys are tolerated; a malformed value of a known key is a problem that names the key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

import yaml

from medqa.corpus.slugs import is_article_slug, is_foreign_id
from medqa.corpus.web import web_address
from medqa.errors import ArticleFormatError
from medqa.types import ArticleStatus, AskedAs, Review, SectionId, Source

MAX_FRONT_MATTER_CHARS = 256 * 1024
_FENCE = "---"


@dataclass(frozen=True, slots=True)
class Metadata:
    """Front matter with its types checked. Empty where a key is absent or left blank."""

    id: str = ""
    title: str = ""
    url: str = ""
    kind: str = ""
    summary: str = ""
    topics: tuple[str, ...] = ()
    medicines: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    asked: tuple[AskedAs, ...] = ()
    unverified: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    review: Review = field(default_factory=Review)
    status: ArticleStatus = ArticleStatus.PUBLISHED


class _Loader(yaml.SafeLoader):
    """Plain data only: no aliases (they multiply), no key twice (the first would be lost)."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise ArticleFormatError("The front matter uses a YAML alias (*name): write the value out.")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        names = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ArticleFormatError(f"The front matter has the key {twice[0]!r} twice.")
        return super().construct_mapping(node, deep=deep)


def split_front_matter(text: str) -> tuple[Metadata, str]:
    """The front matter and the Markdown after it. Without a ``---`` on the first line, all is body.

    Raises `ArticleFormatError` saying what is wrong and where.
    """
    lines = text.split("\n")
    if lines[0].rstrip() != _FENCE:
        return Metadata(), text
    for number, line in enumerate(lines[1:], start=1):
        if line.rstrip() in (_FENCE, "..."):
            block = "\n".join(lines[1:number])
            return parse_metadata(_yaml(block), foreign_id=False), "\n".join(lines[number + 1 :])
    raise ArticleFormatError("The front matter opens with --- and is never closed: add a line --- after it.")


def front_matter_lines(text: str) -> int:
    """How many lines the front matter takes, its fences included; 0 where there is none."""
    lines = text.split("\n")
    if lines[0].rstrip() != _FENCE:
        return 0
    return next((n + 1 for n, line in enumerate(lines[1:], start=1) if line.rstrip() in (_FENCE, "...")), 0)


def _yaml(block: str) -> Mapping[object, object]:
    if len(block) > MAX_FRONT_MATTER_CHARS:
        raise ArticleFormatError(f"The front matter is longer than {MAX_FRONT_MATTER_CHARS} characters.")
    try:
        loaded = yaml.load(block, Loader=_Loader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 2}" if mark is not None else ""
        problem = getattr(error, "problem", None) or "unreadable"
        raise ArticleFormatError(
            f"The front matter is not valid YAML{line}: {problem}. Put values with a colon or quotes in quotes."
        ) from error
    except ValueError as error:  # a date such as 2026-13-45, or an integer of thousands of digits
        raise ArticleFormatError(f"The front matter has an impossible value: {error}.") from error
    except RecursionError as error:
        raise ArticleFormatError("The front matter is nested too deep.") from error
    if loaded is None:
        return {}
    if not isinstance(loaded, dict):
        raise ArticleFormatError("The front matter is not a list of 'key: value' lines.")
    return loaded


def parse_metadata(values: Mapping[object, object], *, foreign_id: bool) -> Metadata:
    """Checks the known keys of `values`. `foreign_id` allows ids such as ``GARD_0000012``."""
    read = _Reader(values)
    status = read.text("status") or ArticleStatus.PUBLISHED
    if status not in tuple(ArticleStatus):
        raise ArticleFormatError(f"`status` is {status!r}: it can be {' or '.join(ArticleStatus)}.")
    url = read.text("url")
    if url and not web_address(url):
        raise ArticleFormatError(f"`url` is {url!r}: it must be an http or https address.")
    return Metadata(
        id=_checked_id(read.text("id"), foreign=foreign_id),
        title=" ".join(read.text("title").split()),
        url=url,
        kind=read.text("kind"),
        summary=read.text("summary"),
        topics=read.texts("topics"),
        medicines=read.texts("medicines"),
        conditions=read.texts("conditions"),
        aliases=read.texts("aliases"),
        asked=read.asked("asked"),
        unverified=read.texts("unverified"),
        sources=read.sources("sources"),
        review=Review(
            written_on=read.day("written_on"),
            reviewed_on=read.day("reviewed_on"),
            review_due_on=read.day("review_due_on"),
            reviewed_by=read.text("reviewed_by"),
        ),
        status=ArticleStatus(status),
    )


def _checked_id(candidate: str, *, foreign: bool) -> str:
    if candidate and not (is_article_slug(candidate) or (foreign and is_foreign_id(candidate))):
        allowed = "letters, digits, '_', '-' and '.'" if foreign else "lower-case letters, digits and single '-'"
        raise ArticleFormatError(f"`id` is {candidate!r}: an id is made of {allowed}, at most 200 characters.")
    return candidate


@dataclass(frozen=True, slots=True)
class _Reader:
    values: Mapping[object, object]
    inside: str = ""

    def text(self, key: str) -> str:
        return self._as_text(key, self.values.get(key))

    def texts(self, key: object) -> tuple[str, ...]:
        value = self.values.get(key)
        if value is None:
            return ()
        entries = value if isinstance(value, list) else [value]
        return tuple(text for text in (self._as_text(key, entry) for entry in entries) if text)

    def day(self, key: str) -> date | None:
        value = self.values.get(key)
        if value is None or value == "":
            return None
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
        if isinstance(value, str):
            try:
                return date.fromisoformat(value.strip())
            except ValueError:
                pass
        raise ArticleFormatError(f"`{self.inside}{key}` is {_shown(value)}: write a date as YYYY-MM-DD.")

    def sources(self, key: str) -> tuple[Source, ...]:
        value = self.values.get(key)
        if value is None:
            return ()
        entries = value if isinstance(value, list) else [value]
        sources: list[Source] = []
        for position, entry in enumerate(entries, start=1):
            if not isinstance(entry, dict):
                raise ArticleFormatError(f"`{key}`, entry {position}: give each source a `name` and a `url`.")
            inside = _Reader(entry, f"{key}[{position}].")
            name, url = inside.text("name"), inside.text("url")
            if not name:
                raise ArticleFormatError(f"`{key}`, entry {position}, has no `name`.")
            if url and not web_address(url):
                raise ArticleFormatError(f"`{inside.inside}url` is {url!r}: it must be an http or https address.")
            sources.append(Source(name=name, url=url, seen_on=inside.day("seen_on"), fact=inside.text("fact")))
        return tuple(sources)

    def asked(self, key: str) -> tuple[AskedAs, ...]:
        value = self.values.get(key)
        if value is None:
            return ()
        if not isinstance(value, dict):
            raise ArticleFormatError(f"`{key}` is {_shown(value)}: give each section's id a list of questions.")
        inside = _Reader(value, f"{key}.")
        return tuple(
            AskedAs(SectionId(str(section)), " ".join(question.split()))
            for section in value
            for question in inside.texts(section)
        )

    def _as_text(self, key: object, value: object) -> str:
        if value is None:
            return ""
        if isinstance(value, bool) or not isinstance(value, (str, int, float, date)):
            raise ArticleFormatError(f"`{self.inside}{key}` is {_shown(value)}: write it as text, in quotes.")
        text = str(value).strip()
        if any(0xD800 <= ord(char) <= 0xDFFF or char == "\0" for char in text):
            raise ArticleFormatError(f"`{self.inside}{key}` holds half a character (a lone surrogate) or a NUL.")
        return text


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return repr(value)[:60]
