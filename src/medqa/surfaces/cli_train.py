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
    from medqa.config import Settings
    from medqa.training.record import TrainingReport


_FIRST = {
    "question_model": "Nearest of all sections to one that answers",
    "reranker": "The passage that answers came first among those shown",
}
_USE = {
    "question_model": 'question_model = "{}" under [embedding]',
    "reranker": 'reranker = "{}" and rerank = "quality" under [retrieval]',
}


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
    reranker: Annotated[
        bool, typer.Option("--reranker", help="Train a cross-encoder for rerank = quality instead.")
    ] = False,
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

    `--reranker` trains a small model that reads question and passage together, for the top of the ranking, in at most
    40 minutes: set `rerank = "quality"` and `reranker = "FOLDER"` under `[retrieval]`. Measure it, too: the one
    that was tried here gained nothing over the fast reranker.

    ```console
    medqa train --corpus my-articles --out models/mine
    medqa train --corpus my-articles --out models/mine --questions asked.jsonl
    ```
    """
    settings = settings_from(corpus, index_dir, config)
    if reranker:
        _train_reranker(settings, out, questions, start, steps, seed, as_json=as_json)
        return
    from medqa.training.recipe import Recipe
    from medqa.training.run import train as run

    given = {name: value for name, value in (("steps", steps), ("seed", seed)) if value is not None}
    with stage_progress() as progress:
        report = run(settings, out, Recipe(**given), questions=questions, start=start, progress=progress)
    _tell(report, as_json, "question_model")


def _train_reranker(
    settings: Settings,
    out: Path,
    questions: Path | None,
    start: Path | None,
    steps: int | None,
    seed: int | None,
    *,
    as_json: bool,
) -> None:
    if start is not None:
        raise typer.BadParameter("A cross-encoder is trained from the model alone.", param_hint="--start")
    from medqa.training.choices import ChoiceRecipe
    from medqa.training.judge_run import train_judge

    recipe = ChoiceRecipe()
    recipe = dataclasses.replace(
        recipe,
        seed=recipe.seed if seed is None else seed,
        questions=recipe.questions if steps is None else steps * recipe.batch,
    )
    with stage_progress() as progress:
        report = train_judge(settings, out, recipe, questions=questions, progress=progress)
    _tell(report, as_json, "reranker")


def _tell(report: TrainingReport, as_json: bool, setting: str) -> None:
    for problem in report.problems:
        say(f"Not read: {problem}")
    if as_json:
        print_json(_as_json(report))
    else:
        print_plain(_in_words(report, setting))
    if report.problems:
        raise typer.Exit(1)


def _as_json(report: TrainingReport) -> dict[str, object]:
    return dataclasses.asdict(report) | {
        "folder": str(report.folder),
        "problems": [{"path": p.path, "line": p.line, "cause": p.cause} for p in report.problems],
    }


def _in_words(report: TrainingReport, setting: str) -> str:
    real = f" and {report.real_questions} real questions" if report.real_questions else ""
    return "\n".join(
        [
            f"Trained on {report.sections} sections{real}: {report.questions} questions in {report.steps} steps, "
            f"{report.seconds:.0f} s.",
            f"{_FIRST[setting]}: {report.accuracy[0]:.0%} of the questions at first, "
            f"{report.accuracy[1]:.0%} at the end.",
            f"To use it, set {_USE[setting].format(report.folder)} in medqa.toml.",
        ]
    )
