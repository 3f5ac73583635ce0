"""Building the index from a command, and choosing which build is live."""

from __future__ import annotations

import sys
from typing import Any

from medqa.config import Settings
from medqa.engine import IndexingReport, index_corpus, plan_indexing
from medqa.engine.builds import purge_builds, roll_back
from medqa.surfaces.cli_files import print_json
from medqa.surfaces.progress import stage_progress
from medqa.surfaces.terminal import print_plain, say

SHOWN = 8
"""Articles that a line names before it only counts the rest."""


def build(settings: Settings, *, dry_run: bool, as_json: bool) -> bool:
    """Index the corpus, or say what would change. False when some files could not be read."""
    if dry_run:
        report = plan_indexing(settings)
    else:
        with stage_progress() as progress:
            report = index_corpus(settings, progress=progress)
    for problem in report.problems:
        say(f"Not read: {problem}")
    if as_json:
        print_json(report_to_json(report))
    else:
        print_plain("\n".join(_summary(report, dry_run=dry_run)))
    sys.stdout.flush()
    if report.problems:
        say(
            f"{_count(len(report.problems), 'file or line', 'files or lines')} could not be read. "
            "Mend what is named above, then run: medqa index"
        )
    return not report.problems


def go_back(settings: Settings, *, as_json: bool) -> None:
    build_id = roll_back(settings)
    if as_json:
        print_json({"build_id": build_id})
    else:
        print_plain(f"Build {build_id} is live again. Articles withdrawn or deleted since stay hidden.")


def remove_old(settings: Settings, *, as_json: bool) -> None:
    removed = purge_builds(settings)
    if as_json:
        print_json({"removed": list(removed)})
    else:
        print_plain(f"Removed {_count(len(removed), 'build', 'builds')}; only the live one is left.")


def report_to_json(report: IndexingReport) -> dict[str, Any]:
    return {
        "build_id": report.build_id,
        "changed": report.changed,
        "articles": report.articles,
        "chunks": report.chunks,
        "reused": report.reused,
        "embedded": report.embedded,
        "seconds": round(report.seconds, 3),
        "added": list(report.added),
        "edited": list(report.edited),
        "removed": list(report.removed),
        "withdrawn": list(report.withdrawn),
        "kept": list(report.kept),
        "replaced": list(report.replaced),
        "problems": [{"path": p.path, "line": p.line, "cause": p.cause} for p in report.problems],
    }


def _summary(report: IndexingReport, *, dry_run: bool) -> list[str]:
    """Figures a line, then the articles that changed."""
    if dry_run:
        lines = [
            "The articles changed; medqa index would build anew." if report.changed else "No article changed.",
            f"articles            {report.articles}",
        ]
    else:
        lines = [
            f"Build {report.build_id} is live." if report.changed else f"Nothing changed; {report.build_id} is live.",
            f"articles            {report.articles}",
            f"chunks              {report.chunks}",
            f"embeddings reused   {report.reused}",
            f"embeddings new      {report.embedded}",
        ]
    lines.append(f"seconds             {report.seconds:.1f}")
    changes = {
        "added": report.added,
        "edited": report.edited,
        "removed": report.removed,
        "withdrawn": report.withdrawn,
        "kept as they were": report.kept,
        "replaced by an upload": report.replaced,
    }
    for name, articles in changes.items():
        if articles:
            rest = f" and {len(articles) - SHOWN} more" if len(articles) > SHOWN else ""
            lines.append(f"{name}: {', '.join(articles[:SHOWN])}{rest}")
    return lines


def _count(n: int, one: str, many: str) -> str:
    return f"{n} {one if n == 1 else many}"
