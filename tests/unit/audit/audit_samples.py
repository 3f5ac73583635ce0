"""A small article without a finding, to be spoilt in one place; and its audit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from tempfile import mkdtemp

from medqa.audit import Audit, Finding, audit_corpus

TODAY = date(2026, 11, 23)

FRONT = """\
---
id: warm-packs
title: Warm packs for sore muscles
kind: living
summary: How a warm pack is used, and when to leave it off.
topics: [heat]
sources:
  - name: "A health service"
    url: "https://example.org/heat"
    seen_on: 2026-11-01
    fact: "Warmth relaxes muscles."
  - name: "A second one"
    url: "https://example.org/burns"
    seen_on: 2026-11-01
    fact: "Hot packs can burn."
unverified: []
written_on: 2026-11-01
reviewed_on:
review_due_on: 2027-11-01
reviewed_by:
status: published
---
"""
_WARMTH = "A warm pack can loosen a sore muscle for a while. "
BODY = (
    "\n## How do I use a warm pack? {#use}\n\n"
    + "\n\n".join(_WARMTH * 4 for _ in range(7))
    + "\n\n## When should I leave a warm pack off? {#risks}\n\n"
    + "\n\n".join("Do not put a warm pack on numb or broken skin. " * 4 for _ in range(7))
    + "\n\n## When do I need help now? {#get-help-now}\n\nCall a doctor today for a burn that blisters.\n"
)
CLEAN = FRONT + BODY


def audit_of(folder: Path, *articles: str, today: date = TODAY, **named: str) -> Audit:
    """The audit of Markdown articles, each in a file called after its ``id:``, in a new folder below `folder`.

    `named` gives other files' content: ``heat__txt="..."``.
    """
    folder = Path(mkdtemp(dir=folder))
    files: dict[str, str] = {}
    for text in articles:
        name = next((line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("id:")), "article")
        files[f"{name}.md"] = text
    write(folder, {**files, **{name.replace("__", "."): text for name, text in named.items()}})
    return audit_corpus([folder], max_file_bytes=1 << 20, today=today)


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def findings(audit: Audit, rule_id: str) -> list[Finding]:
    return [finding for finding in audit.findings if finding.rule_id == rule_id]


def said(sentence: str, text: str = CLEAN) -> str:
    """`text` with `sentence` as a paragraph of its own in its first section."""
    return text.replace("{#use}\n\n", "{#use}\n\n" + sentence + "\n\n", 1)


def medicine(body: str, *, name: str = "baclofen", title: str = "Baclofen") -> str:
    """An article about a medicine, whose text is `body`."""
    front = FRONT.replace("warm-packs", name).replace("Warm packs for sore muscles", title)
    return front.replace("kind: living", f"kind: medicine\nmedicines: [{name}]") + "\n" + body
