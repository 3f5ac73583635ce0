"""A progress bar on a terminal, a line in a file for whoever started the process, and nothing at all in a pipe."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

StageProgress = Callable[[str, int, int], None]
"""Called with (stage, done, total); a total of 0 means that it is not known."""

PROGRESS_FILE = "STAGE_PROGRESS_FILE"
"""Environment variable with the path of a file that holds the last step as one line: ``done total stage``."""
_WRITE_EVERY_S = 0.3


@contextmanager
def stage_progress() -> Iterator[StageProgress | None]:
    """One bar a stage, on stderr; None where stderr is not a terminal and nobody asked for a file."""
    if told := os.environ.get(PROGRESS_FILE):
        yield _into(Path(told))
        return
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

    tasks: dict[str, TaskID] = {}
    columns = (TextColumn("{task.description:<10}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:

        def show(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=total or None)
            bar.update(tasks[stage], completed=done, total=total or None)

        yield show


@contextmanager
def counting(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """One bar of `what`, told (done, total); None where stderr is not a terminal."""
    with stage_progress() as progress:
        yield None if progress is None else partial(progress, what)


def _into(file: Path) -> StageProgress:
    written = -_WRITE_EVERY_S

    def show(stage: str, done: int, total: int) -> None:
        nonlocal written
        if done >= total or time.monotonic() - written >= _WRITE_EVERY_S:
            written = time.monotonic()
            file.write_text(f"{done} {total} {stage}\n", encoding="utf-8")

    return show
