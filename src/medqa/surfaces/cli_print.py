"""What a person reads at a terminal. Nothing here is meant for a program: those get JSON or plain text."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from medqa.presentation import (
    CONFLICTS,
    answer_lines,
    conflict_lines,
    plain,
    reply_to_text,
    review_note,
    section_name,
    stages_of,
)
from medqa.surfaces.terminal import for_terminal, print_plain
from medqa.types import Abstained, Answered, ArticleId, Document, Hit, Redirected, Reply

if TYPE_CHECKING:
    from rich.console import Console

WIDTH = 100
"""Columns of running text, however wide the terminal is."""


def print_reply(reply: Reply) -> None:
    """The reply, set out on a terminal and as plain text in a pipe."""
    if not sys.stdout.isatty():
        print_plain(reply_to_text(reply))
        return
    console = _console()
    if reply.safety.message:
        _card(console, plain(reply.safety.message), urgent=isinstance(reply, Redirected))
    if reply.interpreted_question and reply.interpreted_question != reply.question:
        _line(console, f"Read as: {reply.interpreted_question}", "dim")
    match reply:
        case Answered(answer=answer):
            console.print()
            for line, is_item in answer_lines(answer.sentences, reply.citations):
                _line(console, line, indent=2 if is_item else 0, marker="•" if is_item else "")
            if reply.conflicts:
                console.print()
                _line(console, CONFLICTS, "bold yellow")
            for line in conflict_lines(reply):
                _line(console, line, indent=2, marker="!")
        case Abstained(message=message, nearest=nearest):
            console.print()
            _line(console, message)
            if nearest:
                console.print()
                _line(console, "The nearest topics in the library:")
                for article_id, title, section in nearest:
                    topic = f"{title}: {section}" if section else title
                    _line(console, f"{topic}  (medqa show {article_id})", indent=2, marker="•")
        case Redirected():
            pass
    if reply.warnings:
        console.print()
        _line(console, "Important to know", "bold yellow")
        for warning in reply.warnings:
            _line(console, f"{warning.text} (Source: {warning.source})", indent=2, marker="!")
    if isinstance(reply, Answered):
        console.print()
        _line(console, "Sources", "bold")
        for n, citation in enumerate(reply.citations, start=1):
            section = f", {citation.section}" if citation.section else ""
            note = review_note(citation.reviewed_on, citation.review_overdue)
            link = f"  {citation.url}" if citation.url else ""
            _line(console, f"{citation.title}{section} ({note}){link}", "dim", indent=2, marker=f"[{n}]")
    if reply.suggestions and not isinstance(reply, Redirected):
        console.print()
        _line(console, "You could also ask:", "bold")
        for suggestion in reply.suggestions:
            _line(console, suggestion, indent=2, marker="•")
    console.print()
    _line(console, reply.disclaimer, "italic dim")


def print_hits(hits: Sequence[Hit]) -> None:
    """Each passage under a line that says where it stands and what each stage gave it."""
    if not hits:
        print_plain("No passage matches.")
        return
    blocks = []
    for hit in hits:
        section = section_name(hit)
        stages = {name: stage for name, stage in stages_of(hit).items() if stage}
        scores = ", ".join(f"{name} {stage.score:.3f} (#{stage.rank})" for name, stage in stages.items())
        place = f"{hit.title}{': ' + section if section else ''}"
        span = f"{hit.chunk.document_id} {hit.chunk.span.start}:{hit.chunk.span.end}"
        blocks.append(f"{hit.rank}. {place}\n   {span}; {scores}\n\n{_indented(hit.chunk.text, 3)}")
    print_plain("\n\n".join(blocks))


def print_document(document: Document, state: str) -> None:
    """Its review state and sections with their spans, then the text exactly as it is indexed."""
    review = document.review
    head = [f"{document.title}  ({document.id})"]
    if document.url:
        head.append(document.url)
    head.append(f"Review: {state}; {review_note(review.reviewed_on, overdue=state in ('overdue', 'expired'))}")
    if review.review_due_on:
        head.append(f"Review due: {review.review_due_on.isoformat()}")
    head.append("Sections (start:end, code points of the text below):")
    head += [
        f"  {section.span.start}:{section.span.end}  {section.id}  {' > '.join(section.heading_path)}"
        for section in document.sections
    ]
    print_plain("\n".join(head) + f"\n\n{'-' * 72}\n{document.text}")


def print_titles(titles: Mapping[ArticleId, str]) -> None:
    width = max((len(article_id) for article_id in titles), default=0)
    print_plain("\n".join(f"{article_id:<{width}}  {titles[article_id]}" for article_id in sorted(titles)))


def _indented(text: str, columns: int) -> str:
    return "\n".join(f"{' ' * columns}{line}" if line else "" for line in text.splitlines())


def _console() -> Console:
    from rich.console import Console

    console = Console(highlight=False, markup=False, emoji=False)
    console.width = min(console.width, WIDTH)
    return console


def _line(console: Console, text: str, style: str = "", *, indent: int = 0, marker: str = "") -> None:
    """A paragraph; one with a marker hangs behind it."""
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    body: Text | Table = Text(for_terminal(text), style=style)
    if marker:
        grid = Table.grid(padding=(0, 1, 0, 0))
        grid.add_row(marker, body)
        body = grid
    console.print(Padding(body, (0, 0, 0, indent), expand=False))


def _card(console: Console, message: str, *, urgent: bool) -> None:
    from rich.panel import Panel
    from rich.text import Text

    style = "bold red" if urgent else "yellow"
    console.print(Panel(Text(for_terminal(message)), border_style=style))
