"""The command `medqa train`. The work is done in `medqa.training`."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medqa.surfaces.cli_files import print_json
from medqa.surfaces.cli_options import ConfigOption, CorpusOption, IndexOption, JsonOption, settings_from
from medqa.surfaces.progress import stage_progress
from medqa.surfaces.terminal import print_plain, say

if TYPE_CHECKING:
    from medqa.training.run import TrainingReport


def train(
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the adapter goes.")],
    questions: Annotated[
        Path | None,
        typer.Option("--questions", metavar="FILE", help="Real questions with their sections, JSON Lines."),
    ] = None,
    start: Annotated[
        Path | None,
        typer.Option("--start", metavar="FOLDER", help="Go on from this adapter."),
    ] = None,
    steps: Annotated[int | None, typer.Option("--steps", min=1, help="At most so many steps (default: 120).")] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Another draw of everything (default: 20).")] = None,
    as_json: JsonOption = False,
    corpus: CorpusOption = None,
    index_dir: IndexOption = None,
    config: ConfigOption = None,
) -> None:
    """Adapt the embedding model to questions about the articles.

    Writes questions from the headings of the articles, as patients would ask them, and trains an adapter (a few
    megabytes) that brings each nearer to the passages that answer it than to all others. The passages keep their
    vectors, so that an index stays as it is. Nothing leaves the machine. The same articles, settings and machine
    give the same adapter to the bit. 17,000 sections take about ten minutes on two cores.

    `--questions` mixes in questions that people really asked: lines `{"question", "relevant"}`, where `relevant`
    maps section ids to grades, and perhaps `"summary"`, the same question in one clear line. Never train on questions
    that you measure with.

    To use the outcome, set `question_model = "FOLDER"` under `[embedding]`, and measure with `medqa eval retrieval`
    before and after: it may lose elsewhere what it gained here.

    ```console
    medqa train --corpus my-articles --out models/mine
    medqa train --corpus my-articles --out models/mine --questions asked.jsonl
    ```
    """
    settings = settings_from(corpus, index_dir, config)
    from medqa.training.recipe import Recipe
    from medqa.training.run import train as run

    given = {name: value for name, value in (("steps", steps), ("seed", seed)) if value is not None}
    with stage_progress() as progress:
        report = run(settings, out, Recipe(**given), questions=questions, start=start, progress=progress)
    for problem in report.problems:
        say(f"Not read: {problem}")
    if as_json:
        print_json(_as_json(report))
    else:
        print_plain(_in_words(report))
    if report.problems:
        raise typer.Exit(1)


def _as_json(report: TrainingReport) -> dict[str, object]:
    return dataclasses.asdict(report) | {
        "folder": str(report.folder),
        "problems": [{"path": p.path, "line": p.line, "cause": p.cause} for p in report.problems],
    }


def _in_words(report: TrainingReport) -> str:
    real = f" and {report.real_questions} real questions" if report.real_questions else ""
    return "\n".join(
        [
            f"Trained on {report.sections} sections{real}: {report.questions} questions in {report.steps} steps, "
            f"{report.seconds:.0f} s.",
            f"Nearest of all sections to one that answers: {report.accuracy[0]:.0%} of the questions at first, "
            f"{report.accuracy[1]:.0%} at the end.",
            f'To use it, set question_model = "{report.folder}" under [embedding] in medqa.toml.',
        ]
    )
