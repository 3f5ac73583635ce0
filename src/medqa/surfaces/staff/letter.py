"""A reply as text to send: the quotes with numbered citations, warnings, review dates and the disclaimer."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markdown_it import MarkdownIt

from medqa.engine.quoting import Beside
from medqa.errors import InvariantError
from medqa.presentation import plain
from medqa.surfaces.staff.alarm import Alarm
from medqa.surfaces.staff.quotes import Line, Quote


@dataclass(frozen=True, slots=True)
class Letter:
    """Everything that a reply is made of. `site` is where this server is reached, without a slash at its end.

    `words` are the person's own before each quote. With a card (`alarm`) nothing is quoted beneath it.
    """

    opening: str
    quotes: tuple[Quote, ...]
    words: tuple[str, ...]
    closing: str
    beside: Beside
    disclaimer: str
    looked_up: date
    site: str
    alarm: Alarm

    def __post_init__(self) -> None:
        if len(self.words) != len(self.quotes):
            raise InvariantError("each quote needs the words before it, empty ones too")

    def plain(self) -> str:
        """For an e-mail."""
        if self.alarm.card:
            return _paragraphs([plain(self.alarm.card), self.disclaimer])
        parts = [plain(self.alarm.above), self.opening]
        for before, run in self._runs():
            said = [f"- {line.text} [{n}]" if line.item else f"“{line.text}” [{n}]" for n, line in run]
            parts += [before, "\n".join(said)]
        parts.append(self.closing)
        for title, told in self._told():
            parts.append("\n".join([f"{title}:", *(f"- {text}" for text in told)]))
        if self.quotes:
            sources = ["\n    ".join((f"[{s.number}] {s.words}", *s.addresses)) for s in self._sources()]
            parts.append("\n".join([self._looked_up(), *sources]))
        return _paragraphs([*parts, self.disclaimer])

    def markdown(self) -> str:
        if self.alarm.card:
            return _paragraphs([self.alarm.card, f"*{self.disclaimer}*"])
        parts = [self.alarm.above, self.opening]
        for before, run in self._runs():
            said = [f"> {'- ' if line.item else ''}{_escaped(line.text)} [{n}]" for n, line in run]
            parts += [before, "\n".join(said)]
        parts.append(self.closing)
        for title, told in self._told():
            parts.append("\n".join([f"**{title}**", "", *(f"- {_escaped(text)}" for text in told)]))
        if self.quotes:
            sources = [
                f"{s.number}. [{_escaped(s.words)}]({s.addresses[0]}){''.join(f' <{one}>' for one in s.addresses[1:])}"
                for s in self._sources()
            ]
            parts.append("\n".join([self._looked_up(), "", *sources]))
        return _paragraphs([*parts, f"*{self.disclaimer}*"])

    def html(self) -> str:
        """A fragment that mail programs take: no style, no script."""
        e = html.escape
        if self.alarm.card:
            return f"{_rendered(self.alarm.card)}\n<p><em>{e(self.disclaimer)}</em></p>\n"
        parts = [_rendered(self.alarm.above), _html_paragraphs(self.opening)]
        for before, run in self._runs():
            said = [f"{e(line.text)} [{n}]" for n, line in run]
            inside = f"<ul>{''.join(f'<li>{one}</li>' for one in said)}</ul>" if run[0][1].item else said[0]
            parts += [_html_paragraphs(before), f"<blockquote>{inside}</blockquote>"]
        parts.append(_html_paragraphs(self.closing))
        for title, told in self._told():
            items = "".join(f"<li>{e(text)}</li>" for text in told)
            parts.append(f"<p><strong>{title}</strong></p>\n<ul>{items}</ul>")
        if self.quotes:
            items = "".join(f"<li>{_linked(source)}</li>" for source in self._sources())
            parts.append(f"<p>{self._looked_up()}</p>\n<ol>{items}</ol>")
        parts.append(f"<p><em>{e(self.disclaimer)}</em></p>")
        return "\n".join(part for part in parts if part) + "\n"

    def _told(self) -> list[tuple[str, tuple[str, ...]]]:
        """What comes along by itself, under its titles."""
        told = (
            ("Important", tuple(warning.text for warning in self.beside.warnings)),
            ("Where the sources differ", tuple(conflict.text for conflict in self.beside.conflicts)),
        )
        return [(title, texts) for title, texts in told if texts]

    def _looked_up(self) -> str:
        return f"Sources, looked up on {self.looked_up.isoformat()}:"

    def _numbered(self) -> list[tuple[int, Quote]]:
        """Each quote with the number of its source: one for each section."""
        numbers: dict[tuple[str, str], int] = {}
        return [(numbers.setdefault((q.ref.article_id, q.section), len(numbers) + 1), q) for q in self.quotes]

    def _runs(self) -> list[tuple[str, list[tuple[int, Line]]]]:
        """The quoted lines with the numbers of their sources, each run with the words before it: points of a list
        together, a paragraph by itself."""
        runs: list[tuple[str, list[tuple[int, Line]]]] = []
        for (number, quote), before in zip(self._numbered(), self.words, strict=True):
            for at, line in enumerate(quote.lines):
                own = before if at == 0 else ""
                if runs and not own and line.item and runs[-1][1][-1][1].item:
                    runs[-1][1].append((number, line))
                else:
                    runs.append((own, [(number, line)]))
        return runs

    def _sources(self) -> list[_Source]:
        """Each source once; its address leads to its first quote."""
        first: dict[int, Quote] = {}
        for number, quote in self._numbered():
            first.setdefault(number, quote)
        return [
            _Source(
                n,
                f"{q.title}{f', {q.section}' if q.section else ''} ({q.review})",
                (f"{self.site}{q.ref.path}", *((q.web,) if q.web else ())),
            )
            for n, q in first.items()
        ]


@dataclass(frozen=True, slots=True)
class _Source:
    """`addresses`: on this server at the quote, then the article's own on the web where it has one."""

    number: int
    words: str
    addresses: tuple[str, ...]


def _linked(source: _Source) -> str:
    first, *others = (html.escape(address, quote=True) for address in source.addresses)
    also = "".join(f' (<a href="{address}">on the web</a>)' for address in others)
    return f'<a href="{first}">{html.escape(source.words)}</a>{also}'


def _rendered(markdown: str) -> str:
    return str(MarkdownIt("commonmark", {"html": False}).render(markdown)).strip()


def _paragraphs(parts: Sequence[str]) -> str:
    return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"


def _html_paragraphs(text: str) -> str:
    return "\n".join(f"<p>{_lines(part.strip())}</p>" for part in text.split("\n\n") if part.strip())


def _lines(text: str) -> str:
    return html.escape(text).replace("\n", "<br>\n")


def _escaped(text: str) -> str:
    return "".join(f"\\{c}" if c in "\\`*_[]<>" else c for c in text)
