"""A reply as text to send: the quotes with numbered citations, warnings, review dates and the disclaimer."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from medqa.surfaces.staff.quotes import Line, Quote
from medqa.types import SafetyWarning


@dataclass(frozen=True, slots=True)
class Letter:
    """Everything that a reply is made of. `site` is where this server is reached, without a slash at its end.

    With a `card` (a safety card's text) nothing is quoted beneath it.
    """

    opening: str
    quotes: tuple[Quote, ...]
    closing: str
    warnings: tuple[SafetyWarning, ...]
    disclaimer: str
    looked_up: date
    site: str
    card: str = ""

    def plain(self) -> str:
        """For an e-mail."""
        if self.card:
            return _paragraphs([self.card.replace("**", ""), self.disclaimer])
        quoted = [
            "\n".join(f"- {line.text} [{n}]" if line.item else f"“{line.text}” [{n}]" for n, line in run)
            for run in self._runs()
        ]
        parts = [self.opening, *quoted, self.closing]
        if self.warnings:
            parts.append("\n".join(["Important:", *(f"- {w.text}" for w in self.warnings)]))
        if self.quotes:
            sources = [f"[{n}] {words}\n    {address}" for n, words, address in self._sources()]
            parts.append("\n".join([self._looked_up(), *sources]))
        return _paragraphs([*parts, self.disclaimer])

    def markdown(self) -> str:
        if self.card:
            return _paragraphs([self.card, f"*{self.disclaimer}*"])
        quoted = [
            "\n".join(f"> {'- ' if line.item else ''}{_escaped(line.text)} [{n}]" for n, line in run)
            for run in self._runs()
        ]
        parts = [self.opening, *quoted, self.closing]
        if self.warnings:
            parts.append("\n".join(["**Important**", "", *(f"- {_escaped(w.text)}" for w in self.warnings)]))
        if self.quotes:
            sources = [f"{n}. [{_escaped(words)}]({address})" for n, words, address in self._sources()]
            parts.append("\n".join([self._looked_up(), "", *sources]))
        return _paragraphs([*parts, f"*{self.disclaimer}*"])

    def html(self) -> str:
        """A fragment that mail programs take: no style, no script."""
        e = html.escape
        if self.card:
            return f"<p>{_lines(self.card.replace('**', ''))}</p>\n<p><em>{e(self.disclaimer)}</em></p>\n"
        parts = [_html_paragraphs(self.opening)]
        for run in self._runs():
            said = [f"{e(line.text)} [{n}]" for n, line in run]
            inside = f"<ul>{''.join(f'<li>{one}</li>' for one in said)}</ul>" if run[0][1].item else said[0]
            parts.append(f"<blockquote>{inside}</blockquote>")
        parts.append(_html_paragraphs(self.closing))
        if self.warnings:
            items = "".join(f"<li>{e(w.text)}</li>" for w in self.warnings)
            parts.append(f"<p><strong>Important</strong></p>\n<ul>{items}</ul>")
        if self.quotes:
            items = "".join(f'<li><a href="{e(a, quote=True)}">{e(w)}</a></li>' for _, w, a in self._sources())
            parts.append(f"<p>{self._looked_up()}</p>\n<ol>{items}</ol>")
        parts.append(f"<p><em>{e(self.disclaimer)}</em></p>")
        return "\n".join(part for part in parts if part) + "\n"

    def _looked_up(self) -> str:
        return f"Sources, looked up on {self.looked_up.isoformat()}:"

    def _numbered(self) -> list[tuple[int, Quote]]:
        """Each quote with the number of its source: one for each section."""
        numbers: dict[tuple[str, str], int] = {}
        return [(numbers.setdefault((q.ref.article_id, q.section), len(numbers) + 1), q) for q in self.quotes]

    def _runs(self) -> list[list[tuple[int, Line]]]:
        """The quoted lines with the numbers of their sources: points of a list together, a paragraph by itself."""
        runs: list[list[tuple[int, Line]]] = []
        for number, quote in self._numbered():
            for line in quote.lines:
                if runs and line.item and runs[-1][-1][1].item:
                    runs[-1].append((number, line))
                else:
                    runs.append([(number, line)])
        return runs

    def _sources(self) -> list[tuple[int, str, str]]:
        """Number, words and address of each source, once; the address leads to its first quote."""
        first: dict[int, Quote] = {}
        for number, quote in self._numbered():
            first.setdefault(number, quote)
        return [
            (n, f"{q.title}{f', {q.section}' if q.section else ''} ({q.review})", f"{self.site}{q.ref.path}")
            for n, q in first.items()
        ]


def _paragraphs(parts: Sequence[str]) -> str:
    return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"


def _html_paragraphs(text: str) -> str:
    return "\n".join(f"<p>{_lines(part.strip())}</p>" for part in text.split("\n\n") if part.strip())


def _lines(text: str) -> str:
    return html.escape(text).replace("\n", "<br>\n")


def _escaped(text: str) -> str:
    return "".join(f"\\{c}" if c in "\\`*_[]<>" else c for c in text)
