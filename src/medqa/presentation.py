"""A `Reply` as JSON, Markdown and plain text: the one place where replies become something to read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from medqa.types import (
    Abstained,
    Answered,
    Approval,
    Citation,
    CitedSentence,
    Conflict,
    Document,
    Hit,
    Redirected,
    Reply,
    StageScore,
)

NOT_REVIEWED = "not clinically reviewed"
OVERDUE = "review overdue"
CONFLICTS = "Where the sources differ"
PARTLY = "No passage was found that surely answers this part of your question:"

JsonObject = dict[str, Any]


def review_note(reviewed_on: date | None, overdue: bool) -> str:
    """The review state as it stands beside every citation."""
    parts = [f"reviewed {reviewed_on.isoformat()}" if reviewed_on else NOT_REVIEWED]
    if overdue:
        parts.append(OVERDUE)
    return ", ".join(parts)


def reply_kind(reply: Reply) -> str:
    match reply:
        case Answered():
            return "answered"
        case Abstained():
            return "abstained"
        case Redirected():
            return "redirected"


# --- JSON ----------------------------------------------------------------------------------------------


def reply_to_json(reply: Reply) -> JsonObject:
    """The reply in the documented JSON form. Every value is plain; offsets count code points."""
    sentences: tuple[CitedSentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    generator = "extractive"
    partly: JsonObject | None = None
    extra: JsonObject = {}
    match reply:
        case Answered(answer=answer):
            sentences, citations, generator = answer.sentences, reply.citations, answer.generator
            conflicts = reply.conflicts
            if answer.approval is not None:
                extra["approved"] = _approval_to_json(answer.approval)
            if reply.partly:
                partly = {"found": list(reply.answered_parts), "not_found": list(reply.partly)}
        case Abstained(message=message, nearest=nearest):
            extra["message"] = message
            extra["nearest"] = [{"article_id": a, "title": title, "section": s} for a, title, s in nearest]
        case Redirected():
            pass
    numbers = {citation: n for n, citation in enumerate(citations, start=1)}
    return {
        "kind": reply_kind(reply),
        "question": reply.question,
        "interpreted_question": reply.interpreted_question,
        "answer": [
            {
                "text": sentence.text,
                "citations": [numbers[c] for c in sentence.citations],
                "context": sentence.context,
                "list_item": sentence.list_item,
            }
            for sentence in sentences
        ],
        "citations": [_citation_to_json(n, citation) for citation, n in numbers.items()],
        "partly": partly,
        "conflicts": [
            {"text": c.text, "citations": [numbers[side] for side in c.citations], "fact_id": c.fact_id}
            for c in conflicts
        ],
        "warnings": [
            {"id": w.id, "text": w.text, "source": w.source, "source_url": w.source_url} for w in reply.warnings
        ],
        "safety": {
            "level": reply.safety.level.value,
            "rule_id": reply.safety.rule_id,
            "message": reply.safety.message,
            "intent": reply.safety.intent,
        },
        "disclaimer": reply.disclaimer,
        "suggestions": list(reply.suggestions),
        "generator": generator,
        "trace": {
            "timings_ms": {stage: round(ms, 3) for stage, ms in reply.trace.timings_ms.items()},
            "hits": [hit_to_json(hit) for hit in reply.trace.hits],
            "notes": list(reply.trace.notes),
            "evidence": None if reply.trace.evidence is None else round(reply.trace.evidence, 4),
        },
        "index": {
            "build_id": reply.index.build_id,
            "articles": reply.index.articles,
            "chunks": reply.index.chunks,
        },
        **extra,
    }


def _approval_to_json(approval: Approval) -> JsonObject:
    return {
        "id": approval.id,
        "owner": approval.owner,
        "approved_on": approval.approved_on.isoformat(),
        "expires_on": approval.expires_on.isoformat(),
    }


def _citation_to_json(n: int, citation: Citation) -> JsonObject:
    return {
        "n": n,
        "article_id": citation.document_id,
        "title": citation.title,
        "section_id": citation.section_id,
        "section": citation.section,
        "start": citation.span.start,
        "end": citation.span.end,
        "quote": citation.quote,
        "url": citation.url,
        "reviewed_on": citation.reviewed_on.isoformat() if citation.reviewed_on else "",
        "review_overdue": citation.review_overdue,
    }


def hit_to_json(hit: Hit) -> JsonObject:
    """A search hit in the documented form, the ranks of the stages added."""
    chunk = hit.chunk
    stages = stages_of(hit)
    return {
        "rank": hit.rank,
        "article_id": chunk.document_id,
        "title": hit.title,
        "section_id": chunk.section_id,
        "section": section_name(hit),
        "chunk_id": chunk.id,
        "start": chunk.span.start,
        "end": chunk.span.end,
        "text": chunk.text,
        "score": hit.score,
        "scorer": hit.scorer,
        "scores": {name: stage.score if stage else None for name, stage in stages.items()},
        "ranks": {name: _rank(stage) for name, stage in stages.items()},
    }


def stages_of(hit: Hit) -> dict[str, StageScore | None]:
    """What each stage of the search gave the hit; None where the stage did not have it."""
    scores = hit.scores
    return {"dense": scores.dense, "lexical": scores.lexical, "fused": scores.fused, "rerank": scores.rerank}


def section_name(hit: Hit) -> str:
    """The heading of the hit's section; empty for text before the first heading."""
    return hit.chunk.headings[-1] if len(hit.chunk.headings) > 1 else ""


def _rank(stage: StageScore | None) -> int | None:
    return stage.rank if stage else None


def document_to_json(document: Document) -> JsonObject:
    """An article exactly as indexed: its text, its sections with their spans, its review state."""
    review = document.review
    return {
        "id": document.id,
        "title": document.title,
        "kind": document.kind,
        "summary": document.summary,
        "url": document.url,
        "status": document.status.value,
        "text": document.text,
        "sections": [
            {
                "id": section.id,
                "docid": section.docid,
                "heading": section.heading,
                "heading_path": list(section.heading_path),
                "level": section.level,
                "start": section.span.start,
                "end": section.span.end,
            }
            for section in document.sections
        ],
        "review": {
            "written_on": _iso(review.written_on),
            "reviewed_on": _iso(review.reviewed_on),
            "review_due_on": _iso(review.review_due_on),
            "reviewed_by": review.reviewed_by,
        },
        "sources": [
            {"name": s.name, "url": s.url, "seen_on": _iso(s.seen_on), "fact": s.fact} for s in document.sources
        ],
        "aliases": list(document.aliases),
        "medicines": list(document.medicines),
        "conditions": list(document.conditions),
        "topics": list(document.topics),
    }


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


# --- Markdown and plain text ---------------------------------------------------------------------------


def answer_lines(sentences: Sequence[CitedSentence], citations: Sequence[Citation]) -> list[tuple[str, bool]]:
    """Each sentence with its [n] and its bracket, and whether it is a list item."""
    numbers = {citation: n for n, citation in enumerate(citations, start=1)}
    lines = []
    for sentence in sentences:
        marks = "".join(f"[{numbers[c]}]" for c in sentence.citations)
        bracket = f"[{sentence.context}] " if sentence.context else ""
        lines.append((f"{bracket}{sentence.text} {marks}", sentence.list_item))
    return lines


def reply_to_text(reply: Reply) -> str:
    """The reply as plain text, ready for a terminal or an e-mail."""
    return "\n\n".join(_blocks(reply, markdown=False)) + "\n"


def reply_to_markdown(reply: Reply) -> str:
    """The reply as Markdown. Quoted text is escaped, so that it reads to the letter."""
    return "\n\n".join(_blocks(reply, markdown=True)) + "\n"


def _blocks(reply: Reply, *, markdown: bool) -> list[str]:
    bold = "**" if markdown else ""
    quote = escape_markdown if markdown else _same
    blocks: list[str] = []
    if reply.safety.message:
        blocks.append(reply.safety.message if markdown else plain(reply.safety.message))
    if reply.interpreted_question and reply.interpreted_question != reply.question:
        blocks.append(f"Read as: {quote(reply.interpreted_question)}")
    match reply:
        case Answered(answer=answer):
            lines = answer_lines(answer.sentences, reply.citations)
            blocks += _paragraphs([(quote(line), item) for line, item in lines])
            if answer.approval is not None:
                blocks.append(approved_line(answer.approval))
            if reply.partly:
                blocks.append(f"{PARTLY} {'; '.join(quote(part) for part in reply.partly)}")
            if reply.conflicts:
                told = "\n".join(f"- {quote(line)}" for line in conflict_lines(reply))
                blocks.append(f"{bold}{CONFLICTS}{bold}\n" + ("\n" if markdown else "") + told)
        case Abstained(message=message, nearest=nearest):
            blocks.append(message)
            if nearest:
                topics = [
                    f"- {quote(title)}{': ' + quote(section) if section else ''}" for _, title, section in nearest
                ]
                blocks.append("The nearest topics in the library:\n" + "\n".join(topics))
        case Redirected():
            pass
    if reply.warnings:
        lines_of_warnings = [f"- {quote(w.text)} (Source: {quote(w.source)})" for w in reply.warnings]
        blocks.append(f"{bold}Important to know{bold}\n" + ("\n" if markdown else "") + "\n".join(lines_of_warnings))
    if isinstance(reply, Answered):
        sources = _source_lines(reply.citations, quote)
        blocks.append(
            f"{bold}Sources{bold}\n" + ("\n" if markdown else "") + ("  \n" if markdown else "\n").join(sources)
        )
    if reply.suggestions and not isinstance(reply, Redirected):
        blocks.append("You could also ask:\n" + "\n".join(f"- {quote(s)}" for s in reply.suggestions))
    blocks.append(f"_{reply.disclaimer}_" if markdown else reply.disclaimer)
    return blocks


def approved_line(approval: Approval) -> str:
    """Who stands for an approved answer."""
    return f"Approved by {approval.owner} on {approval.approved_on.isoformat()}."


def conflict_lines(reply: Answered) -> list[str]:
    """Each conflict with the [n] of its sides."""
    numbers = {citation: n for n, citation in enumerate(reply.citations, start=1)}
    return [
        f"{conflict.text} {''.join(f'[{numbers[side]}]' for side in conflict.citations)}"
        for conflict in reply.conflicts
    ]


def _source_lines(citations: Sequence[Citation], quote: Callable[[str], str]) -> list[str]:
    """One line a section: the numbers of its quotes, then where they stand."""
    lines: dict[str, list[int]] = {}
    for n, citation in enumerate(citations, start=1):
        lines.setdefault(_source_line(citation), []).append(n)
    return [f"{''.join(f'[{n}]' for n in numbers)} {quote(line)}" for line, numbers in lines.items()]


def _source_line(citation: Citation) -> str:
    section = f", {citation.section}" if citation.section else ""
    link = f" <{citation.url}>" if citation.url else ""
    return f"{citation.title}{section} ({review_note(citation.reviewed_on, citation.review_overdue)}){link}"


def _paragraphs(lines: Sequence[tuple[str, bool]]) -> list[str]:
    """Sentences become paragraphs; list items that follow one another become one list."""
    blocks: list[str] = []
    previous_was_item = False
    for line, is_item in lines:
        if is_item and previous_was_item:
            blocks[-1] += f"\n- {line}"
        else:
            blocks.append(f"- {line}" if is_item else line)
        previous_was_item = is_item
    return blocks


_MARKDOWN_SPECIAL = set("\\`*_{}<>#|~$")


def escape_markdown(text: str) -> str:
    """`text` so that a Markdown renderer shows exactly its characters. Brackets of [n] are left alone."""
    escaped = "".join(f"\\{c}" if c in _MARKDOWN_SPECIAL else c for c in text)
    return escaped.replace("](", "]\\(")


def plain(markdown: str) -> str:
    """A card's Markdown without its emphasis marks, for a terminal."""
    return markdown.replace("**", "")


def _same(text: str) -> str:
    return text
