"""The commands that measure: what `medqa eval` understands. The measuring is done in `medqa.evaluation`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from medqa.surfaces.cli_errors import WrongUsage
from medqa.surfaces.cli_options import ConfigOption, CorpusOption, IndexOption, JsonOption, settings_from

eval_app = typer.Typer(
    name="eval",
    help="Measure retrieval, answers and the safety check on question sets.",
    short_help="Measure on question sets.",
    rich_markup_mode="markdown",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)

QuestionsArgument = Annotated[
    list[Path] | None,
    typer.Argument(metavar="QUESTIONS", help="Question sets, JSON Lines (see docs/evaluation.md).", show_default=False),
]
FieldOption = Annotated[str, typer.Option("--field", help="Which field of a line is the question.")]
SkipBrokenOption = Annotated[
    bool, typer.Option("--skip-broken", help="Leave out questions whose labels no longer fit the articles.")
]
BaselineOption = Annotated[
    Path | None, typer.Option("--baseline", metavar="FILE", help="Compare with this earlier measurement.")
]
WriteBaselineOption = Annotated[
    Path | None, typer.Option("--write-baseline", metavar="FILE", help="Keep this measurement as a baseline.")
]
GateOption = Annotated[
    list[str] | None,
    typer.Option("--gate", metavar="NAME=VALUE", help="Exit 1 when this figure is not reached; again for more."),
]
HtmlOption = Annotated[
    Path | None, typer.Option("--html", metavar="FILE", help="Write a report, one file with everything in it.")
]
MEASURES = "nDCG@10, AP, RR, R@10, R@100, Success@1, Success@3, Success@10"


@eval_app.callback()
def measuring() -> None:
    """Measure retrieval, answers and the safety check on question sets.

    Exit status: 0 done, 1 it could not be done or a gate was missed, 2 wrong usage.
    """


@eval_app.command(short_help="Does a question find what answers it?")
def retrieval(
    questions: QuestionsArgument = None,
    field: FieldOption = "question",
    depth: Annotated[int, typer.Option("--depth", min=1, max=1000, help="How many passages are asked for.")] = 100,
    measures: Annotated[
        list[str] | None,
        typer.Option("--measure", metavar="NAME", help=f"A measure of ir-measures; again for more ({MEASURES})."),
    ] = None,
    level: Annotated[
        str, typer.Option("--level", help="What a TREC file holds: `article`, `section` or `passage`.")
    ] = "section",
    run: Annotated[
        Path | None, typer.Option("--run", metavar="FILE", help="Judge this TREC run instead of searching.")
    ] = None,
    qrels: Annotated[
        Path | None, typer.Option("--qrels", metavar="FILE", help="Judge by these TREC qrels, not by the set's labels.")
    ] = None,
    run_out: Annotated[
        Path | None, typer.Option("--run-out", metavar="FILE", help="Write the ranking as a TREC run.")
    ] = None,
    qrels_out: Annotated[
        Path | None, typer.Option("--qrels-out", metavar="FILE", help="Write the labels as TREC qrels.")
    ] = None,
    threshold: Annotated[
        list[float] | None,
        typer.Option("--threshold", metavar="EVIDENCE", help="What abstaining below this would do; again for more."),
    ] = None,
    skip_broken: SkipBrokenOption = False,
    baseline: BaselineOption = None,
    write_baseline: WriteBaselineOption = None,
    gate: GateOption = None,
    html: HtmlOption = None,
    as_json: JsonOption = False,
    corpus: CorpusOption = None,
    index_dir: IndexOption = None,
    config: ConfigOption = None,
) -> None:
    """Search for every question of a set and compare what is found with what answers it.

    At three levels: articles, sections, passages (a passage is right when it overlaps a gold quote). Each
    figure comes with its 95% interval; questions for which nothing is found count as zero. The settings
    decide what takes part: `MEDQA_RETRIEVAL__LEXICAL=false` measures dense search alone.

    Where a set also holds questions that the articles do not answer, every question is asked as well, to see
    which ones go unanswered and what other thresholds on the evidence would do.

    ```console
    medqa eval retrieval evals/questions/dev.jsonl
    medqa eval retrieval evals/questions/dev.jsonl --html report.html
    medqa eval retrieval evals/questions/dev.jsonl --json > figures.json
    medqa eval retrieval questions.jsonl --field summary --run-out out.trec --qrels-out labels.trec
    medqa eval retrieval questions.jsonl --run other.trec --level section
    medqa eval retrieval questions.jsonl --write-baseline before.json
    medqa eval retrieval questions.jsonl --baseline before.json --gate nDCG@10=baseline --gate abstention:false=0.1
    ```
    """
    if not questions and not (run and qrels):
        raise WrongUsage("Give QUESTIONS, or both --run and --qrels.")
    settings = settings_from(corpus, index_dir, config)
    from medqa.surfaces.cli_eval_retrieval import RetrievalJob, measure_retrieval
    from medqa.surfaces.cli_eval_verdict import Ending

    job = RetrievalJob(
        questions=tuple(questions or ()),
        field=field,
        depth=depth,
        measures=tuple(measures or ()),
        level=level,
        run=run,
        qrels=qrels,
        run_out=run_out,
        qrels_out=qrels_out,
        thresholds=tuple(threshold or ()),
        skip_broken=skip_broken,
        ending=Ending(baseline, write_baseline, tuple(gate or ()), html, as_json),
    )
    if not measure_retrieval(settings, job):
        raise typer.Exit(1)


@eval_app.command(short_help="Does the safety check see what it must?")
def safety(
    messages: Annotated[
        list[Path],
        typer.Argument(metavar="FILES", help="Labelled messages or dialogues (see docs/evaluation.md)."),
    ],
    rules_only: Annotated[
        bool, typer.Option("--rules-only", help="Measure the rules alone, without the second look by the model.")
    ] = False,
    misses: Annotated[bool, typer.Option("--misses", help="Also list every miss and false alarm.")] = False,
    baseline: BaselineOption = None,
    write_baseline: WriteBaselineOption = None,
    gate: GateOption = None,
    html: HtmlOption = None,
    as_json: JsonOption = False,
    corpus: CorpusOption = None,
    index_dir: IndexOption = None,
    config: ConfigOption = None,
) -> None:
    """Judge labelled messages with the safety check, by the rules alone and with the model's second look.

    Says for each level how many messages got it or a graver one, how many harmless ones got a card, what became
    of requests that get no advice, and how long it took; shares with Wilson's 95% interval. Needs no index.

    ```console
    medqa eval safety evals/safety/dev.jsonl evals/safety/dev2.jsonl
    medqa eval safety messages.jsonl --rules-only --misses
    medqa eval safety messages.jsonl --html report.html --gate sensitivity:emergency=0.95 --gate false-alarms=0.06
    ```
    """
    settings = settings_from(corpus, index_dir, config)
    from medqa.surfaces.cli_eval_safety import measure_safety
    from medqa.surfaces.cli_eval_verdict import Ending

    ending = Ending(baseline, write_baseline, tuple(gate or ()), html, as_json)
    if not measure_safety(settings, tuple(messages), ending, rules_only=rules_only, misses=misses):
        raise typer.Exit(1)


@eval_app.command(short_help="Do the answers say what they must?")
def answers(
    questions: Annotated[
        list[Path], typer.Argument(metavar="QUESTIONS", help="Question sets, JSON Lines (see docs/evaluation.md).")
    ],
    field: FieldOption = "question",
    skip_broken: SkipBrokenOption = False,
    baseline: BaselineOption = None,
    write_baseline: WriteBaselineOption = None,
    gate: GateOption = None,
    html: HtmlOption = None,
    as_json: JsonOption = False,
    generators: Annotated[
        bool, typer.Option("--compare-generators", help="Quotations and the language model of [llm], side by side.")
    ] = False,
    corpus: CorpusOption = None,
    index_dir: IndexOption = None,
    config: ConfigOption = None,
) -> None:
    """Ask every question of a set and mark the answers.

    Key facts stated, what must not be said, whether the cited sections may be cited, whether every quote is exact,
    length, repetition, reading grade, and what went unanswered, rightly or not; with 95% intervals. Of a set of
    conversations: what a follow-up finds, beside the same question asked in full (see docs/conversation.md).

    ```console
    medqa eval answers evals/questions/dev.jsonl
    medqa eval answers evals/conversations/dev.jsonl
    medqa eval answers answers.jsonl --html report.html --gate key-facts=0.88 --gate quotes-exact=1
    ```
    """
    settings = settings_from(corpus, index_dir, config)
    if generators:
        from medqa.surfaces.cli_eval_generators import print_generators

        print_generators(settings, tuple(questions), field)
        return
    from medqa.surfaces.cli_eval_answers import measure_answers
    from medqa.surfaces.cli_eval_verdict import Ending

    ending = Ending(baseline, write_baseline, tuple(gate or ()), html, as_json)
    if not measure_answers(settings, tuple(questions), ending, field=field, skip_broken=skip_broken):
        raise typer.Exit(1)


@eval_app.command(short_help="Draft a question set for your articles.")
def init(
    output: Annotated[Path, typer.Argument(metavar="OUTPUT", help="The file to write, JSON Lines; - is stdout.")],
    most: Annotated[int, typer.Option("--questions", min=2, max=5000, help="How many questions at most.")] = 100,
    seed: Annotated[int, typer.Option("--seed", help="Another number drafts from other headings.")] = 0,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
    corpus: CorpusOption = None,
    index_dir: IndexOption = None,
    config: ConfigOption = None,
) -> None:
    """Draft a question set from the headings of the indexed articles, for you to correct.

    Headings as they are, in other words by rule, and misspelt, each with the first sentences beneath as gold and
    their offsets filled in; and a few questions that no health article answers. What is drafted is near the
    articles' own words, so that its figures flatter: put the questions into your readers' words.

    ```console
    medqa eval init my-questions.jsonl
    medqa eval init my-questions.jsonl --questions 300 --corpus my-articles --index index/mine
    ```
    """
    settings = settings_from(corpus, index_dir, config)
    from medqa.surfaces.cli_eval_sets import draft

    draft(settings, output, most=most, seed=seed, force=force)


@eval_app.command(name="sweep", short_help="Try many settings on one question set.")
def sweep_settings(
    questions: Annotated[
        list[Path], typer.Argument(metavar="QUESTIONS", help="Question sets, JSON Lines (see docs/evaluation.md).")
    ],
    grid: Annotated[Path, typer.Option("--grid", metavar="FILE", help="Settings and their values to try, in TOML.")],
    field: FieldOption = "question",
    folder: Annotated[
        Path | None,
        typer.Option(
            "--work", metavar="DIR", help="Where indexes of other models or passages go (default: INDEX/sweep)."
        ),
    ] = None,
    skip_broken: SkipBrokenOption = False,
    as_json: JsonOption = False,
    corpus: CorpusOption = None,
    index_dir: IndexOption = None,
    config: ConfigOption = None,
) -> None:
    """Measure retrieval with every combination of the settings of a grid.

    Prints quality and latency of each, the best first, and marks those that no other beats in both. Other models
    and passage lengths get an index of their own, kept for the next sweep; vectors that are cached are used again.

    ```console
    medqa eval sweep evals/questions/dev.jsonl --grid grid.toml
    ```
    """
    settings = settings_from(corpus, index_dir, config)
    from medqa.surfaces.cli_eval_sets import run_sweep

    done = run_sweep(
        settings, tuple(questions), grid, field=field, folder=folder, skip_broken=skip_broken, as_json=as_json
    )
    if not done:
        raise typer.Exit(1)
