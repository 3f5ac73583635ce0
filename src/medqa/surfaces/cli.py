"""The command line: what `medqa` understands, and its manual. The work is done in the modules beside it.

Each command imports what it needs when it runs, so that ``medqa triage`` opens no index and ``medqa --help`` is there
at once.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from medqa import __version__
from medqa.surfaces.cli_audit import audit
from medqa.surfaces.cli_errors import DEBUG, FriendlyGroup, WrongUsage
from medqa.surfaces.cli_eval import eval_app
from medqa.surfaces.cli_options import (
    ArticleArgument,
    ConfigOption,
    CorpusOption,
    HistoryOption,
    IndexOption,
    InputOption,
    JsonOption,
    OutputOption,
    QueryArgument,
    QuestionArgument,
    settings_from,
)
from medqa.surfaces.cli_state import state_app
from medqa.surfaces.cli_train import train
from medqa.surfaces.cli_user import user_app
from medqa.surfaces.offline import keep_offline
from medqa.surfaces.trec import Unit

app = typer.Typer(
    name="medqa",
    cls=FriendlyGroup,
    rich_markup_mode="markdown",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"medqa {__version__}")
        raise typer.Exit


app.add_typer(eval_app, name="eval")
app.add_typer(state_app, name="state")
app.add_typer(user_app, name="user")


@app.callback()
def medqa(
    ctx: typer.Context,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback when something fails.")] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", is_eager=True, callback=_version)
    ] = False,
) -> None:
    """Answers about pain and its treatment, quoted from a library of articles, with a safety check first.

    Every command takes `--corpus` (the articles), `--index` (the folder of the built index) and `--config`
    (settings); all have defaults that fit the folder of the project. Any setting can also be given as an
    environment variable, such as `MEDQA_RETRIEVAL__LEXICAL=false`.

    Results go to standard output. Errors go to standard error, as one line that names the next step.
    Exit status: 0 done, 1 the job failed or a part of it did, 2 wrong usage, 130 interrupted.

    ```console
    medqa index     # build the index from the articles
    medqa ask "What are the side effects of baclofen?"
    medqa serve     # the same in a browser
    medqa doctor    # is everything in order?
    ```
    """
    ctx.meta[DEBUG] = debug


@app.command(short_help="Build or refresh the index.")
def index(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, build nothing.")] = False,
    rollback: Annotated[bool, typer.Option("--rollback", help="Go back to the build before the live one.")] = False,
    purge: Annotated[bool, typer.Option("--purge", help="Remove every build but the live one.")] = False,
    as_json: JsonOption = False,
    corpus: CorpusOption = None,
    index_dir: IndexOption = None,
    config: ConfigOption = None,
) -> None:
    """Build or refresh the index from the articles.

    The new build is made beside the live one, checked, and only then switched to: whatever goes wrong, the
    live index stays as it was. Passages that did not change are not embedded again. Prints the articles,
    the passages ("chunks"), the embeddings reused and made, and the seconds it took.

    A file that cannot be read is named on standard error, the others are indexed, and the exit status is 1;
    what was indexed of such a file before stays in the index.

    Withdrawn and deleted articles are never quoted again, not even after `--rollback`. Their text is gone
    from the disk once no older build holds it: `--purge` makes that now, and no rollback is possible then.

    ```console
    medqa index
    medqa index --dry-run
    medqa index --corpus my-articles --corpus more/leaflet.pdf --index index/mine
    medqa index --rollback
    ```
    """
    if sum((dry_run, rollback, purge)) > 1:
        raise WrongUsage("--dry-run, --rollback and --purge exclude each other.")
    settings = settings_from(corpus, index_dir, config)
    from medqa.surfaces import cli_index

    if rollback:
        cli_index.go_back(settings, as_json=as_json)
    elif purge:
        cli_index.remove_old(settings, as_json=as_json)
    else:
        _finish(cli_index.build(settings, dry_run=dry_run, as_json=as_json))


@app.command(short_help="Answer a question from the articles.")
def ask(
    question: QuestionArgument = None,
    as_json: JsonOption = False,
    history: HistoryOption = None,
    input_file: InputOption = None,
    output: OutputOption = None,
    field: Annotated[str, typer.Option("--field", help="Which field of an --input line is the question.")] = "question",
    corpus: CorpusOption = None,
    index_dir: IndexOption = None,
    config: ConfigOption = None,
) -> None:
    """Answer a question with sentences quoted from the articles.

    The safety check reads the message first. An emergency gets a card that says what to do now, and
    nothing else. Otherwise the answer consists of quoted sentences, each with the number of its source;
    where the articles do not answer, that is what is said, with the nearest topics.

    `--history` makes a follow-up understood ("and with alcohol?"). `--input` answers many questions:
    lines `{"id", "question", "history"?}` become `{"id", ...reply}`. A line that fails becomes
    `{"id", "error"}`, the others go on, and the exit status is 1.

    ```console
    medqa ask "What are the side effects of baclofen?"
    medqa ask "Can I take it with alcohol?" --history talk.json
    medqa ask "How does baclofen work?" --json
    medqa ask --input questions.jsonl --output answers.jsonl
    ```
    """
    _one_of("QUESTION", question, "--input", input_file)
    _together("--input", input_file, "--output", output)
    if input_file is not None and history is not None:
        raise WrongUsage("--history belongs to a single question; a line of --input has its own.")
    settings = settings_from(corpus, index_dir, config)
    if input_file is not None and output is not None:
        from medqa.surfaces.cli_batch import ask_all

        _finish(ask_all(settings, input_file, output, field))
    elif question is not None:
        from medqa.surfaces.cli_single import ask_one

        ask_one(settings, question, history, as_json=as_json)


@app.command(short_help="Find passages, best first.")
def search(
    query: QueryArgument = None,
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="How many passages, or units of a run.")] = 10,
    as_json: JsonOption = False,
    input_file: InputOption = None,
    run: Annotated[
        Path | None, typer.Option("--run", metavar="FILE", help="Where the TREC run of --input goes; - is stdout.")
    ] = None,
    unit: Annotated[
        Unit | None, typer.Option("--unit", help="What a run ranks (default: chunk).", show_default=False)
    ] = None,
    field: Annotated[str, typer.Option("--field", help="Which field of an --input line is the query.")] = "question",
    corpus: CorpusOption = None,
    index_dir: IndexOption = None,
    config: ConfigOption = None,
) -> None:
    """Find passages, best first, each with the scores that the stages gave it.

    `--input` with `--run` searches for many queries, lines `{"id", "question"}`, and writes a TREC run:
    `qid Q0 docid rank score tag`. With `--unit section` or `article` the units are ranked by their best
    passage, and so many passages are looked at that `-k` units come out. The scores of a run fall with the
    rank, so that tools which sort by score see the same order. The settings decide which stages take part:
    `MEDQA_RETRIEVAL__LEXICAL=false` is dense search alone.

    ```console
    medqa search "baclofen with alcohol"
    medqa search "nerve pain at night" -k 3 --json
    medqa search --input questions.jsonl --run out.trec --unit section -k 100
    medqa search --input questions.jsonl --run out.trec --field summary
    ```
    """
    _one_of("QUERY", query, "--input", input_file)
    _together("--input", input_file, "--run", run)
    if input_file is None and unit is not None:
        raise WrongUsage("--unit belongs to --run; a single search lists passages.")
    if input_file is not None and as_json:
        raise WrongUsage("--json belongs to a single query; --run writes the TREC format.")
    settings = settings_from(corpus, index_dir, config)
    if input_file is not None and run is not None:
        from medqa.surfaces.cli_batch import search_all

        _finish(search_all(settings, input_file, run, field, unit=unit or Unit.CHUNK, k=k))
    elif query is not None:
        from medqa.surfaces.cli_single import search_one

        search_one(settings, query, k, as_json=as_json)


@app.command(short_help="Show an article as it is indexed.")
def show(
    article: ArticleArgument = None,
    list_all: Annotated[bool, typer.Option("--list", help="List the ids and titles of all articles.")] = False,
    as_json: JsonOption = False,
    corpus: CorpusOption = None,
    index_dir: IndexOption = None,
    config: ConfigOption = None,
) -> None:
    """Show the text of an article exactly as it is indexed.

    With its review state and its sections. All spans, here and in every citation, count Unicode code
    points of this text from 0, the end not included. `--json` gives the text to the letter.

    ```console
    medqa show --list
    medqa show baclofen
    medqa show baclofen --json
    ```
    """
    if (article is None) != list_all:
        raise WrongUsage("Give the id of an article, or --list.")
    settings = settings_from(corpus, index_dir, config)
    from medqa.surfaces import cli_single

    if article is None:
        cli_single.list_articles(settings, as_json=as_json)
    else:
        cli_single.show_one(settings, article, as_json=as_json)


@app.command(short_help="Run the safety check alone.")
def triage(
    text: Annotated[
        str | None, typer.Argument(help="A message, in the person's own words.", show_default=False)
    ] = None,
    as_json: JsonOption = False,
    history: HistoryOption = None,
    input_file: InputOption = None,
    output: OutputOption = None,
    field: Annotated[str, typer.Option("--field", help="Which field of an --input line is the message.")] = "text",
    rules_only: Annotated[bool, typer.Option("--rules-only", help="Leave out the second look by vector.")] = False,
    corpus: CorpusOption = None,
    index_dir: IndexOption = None,
    config: ConfigOption = None,
) -> None:
    """Run the safety check alone: no index is needed.

    The rules come first; where they find nothing, a second look by the embedding model may. `--rules-only` leaves
    that out, and so does a model that cannot be opened, with a line on standard error.

    The level is one of `emergency`, `crisis`, `poison`, `urgent` and `none`; above `none` a person gets a
    card in place of an answer. `--input` judges many messages: lines `{"id", "text", "history"?}` become
    `{"id", "level", "rule_id", ...}`. The exit status tells whether the check ran, not what it found.

    ```console
    medqa triage "I took all of my pills at once"
    medqa triage "what are the signs of an overdose?" --json
    medqa triage --rules-only --input messages.jsonl --output levels.jsonl
    ```
    """
    _one_of("TEXT", text, "--input", input_file)
    _together("--input", input_file, "--output", output)
    if input_file is not None and history is not None:
        raise WrongUsage("--history belongs to a single message; a line of --input has its own.")
    settings = settings_from(corpus, index_dir, config)
    if input_file is not None and output is not None:
        from medqa.surfaces.cli_triage import triage_all

        _finish(triage_all(settings, input_file, output, field, rules_only=rules_only))
    elif text is not None:
        from medqa.surfaces.cli_triage import triage_one

        triage_one(settings, text, history, as_json=as_json, rules_only=rules_only)


app.command(short_help="Check the articles, as an editor would.")(audit)
app.command(short_help="Adapt the model to the articles' questions.")(train)


@app.command(short_help="Check installation, index and articles.")
def doctor(
    as_json: JsonOption = False,
    corpus: CorpusOption = None,
    index_dir: IndexOption = None,
    config: ConfigOption = None,
) -> None:
    """Check the installation and the index, and say how to mend what is wrong.

    Looks at Python and the packages, the model's files and their hashes, the quantised model, the index,
    the articles and their review dates, disk, processor and port. Exit status 1 when something is broken;
    warnings alone leave it at 0.

    ```console
    medqa doctor
    medqa doctor --json
    ```
    """
    settings = settings_from(corpus, index_dir, config)
    from medqa.surfaces.cli_doctor import examine

    _finish(examine(settings, as_json=as_json))


@app.command(short_help="Serve the chat in a browser.")
def serve(
    host: Annotated[
        str | None, typer.Option("--host", help="Address to listen on (default: 127.0.0.1, this machine alone).")
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", min=0, max=65535, help="Port to listen on (default: 7860).")
    ] = None,
    refresh: Annotated[
        bool, typer.Option("--refresh/--no-refresh", help="Bring the index up to date with the articles first.")
    ] = True,
    corpus: CorpusOption = None,
    index_dir: IndexOption = None,
    config: ConfigOption = None,
) -> None:
    """Serve the chat in a browser.

    Brings the index up to date first and opens on http://127.0.0.1:7860. Ctrl-C stops it. A later
    `medqa index` is noticed while it runs. Nobody has to log in: other machines reach it only when `--host`
    says so, and then it belongs behind a proxy (see docs/deploy.md).

    ```console
    medqa serve
    medqa serve --port 8000
    medqa serve --corpus my-articles --index index/mine
    ```
    """
    settings = settings_from(corpus, index_dir, config)
    server = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    if server:
        settings = settings.model_copy(update={"server": settings.server.model_copy(update=server)})
    from medqa.surfaces.cli_single import serve_until_stopped

    serve_until_stopped(settings, refresh=refresh)


def _one_of(first: str, first_value: object, second: str, second_value: object) -> None:
    if (first_value is None) == (second_value is None):
        raise WrongUsage(f"Give {first} or {second}, one of them.")


def _together(first: str, first_value: object, second: str, second_value: object) -> None:
    if (first_value is None) != (second_value is None):
        raise WrongUsage(f"{first} and {second} go together.")


def _finish(all_well: bool) -> None:
    if not all_well:
        raise typer.Exit(1)


def main() -> None:
    """Entry point of the `medqa` command."""
    keep_offline()
    for stream in (sys.stdout, sys.stderr):
        # a pipe gets UTF-8 whatever the locale is; a terminal keeps its own encoding
        encoding = stream.encoding if stream.isatty() else "utf-8"
        stream.reconfigure(encoding=encoding, errors="replace")  # type: ignore[union-attr]
    app(prog_name="medqa")


if __name__ == "__main__":
    main()
