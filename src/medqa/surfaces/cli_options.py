"""Arguments and options that several commands share, each with its line in the manual."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from medqa.config import Settings, load_settings

CorpusOption = Annotated[
    list[Path] | None,
    typer.Option("--corpus", metavar="PATH", help="Articles: a folder or a file; give it again for more than one."),
]
IndexOption = Annotated[
    Path | None, typer.Option("--index", metavar="DIR", help="Folder of the built index (default: index).")
]
ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Settings in TOML (default: medqa.toml where there is one)."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON on standard output, and nothing else there.")]
HistoryOption = Annotated[
    Path | None,
    typer.Option("--history", metavar="FILE", help='The conversation so far: a JSON list of {"role", "content"}.'),
]
InputOption = Annotated[
    Path | None,
    typer.Option(
        "--input", metavar="FILE", help="Many at once: JSON Lines, one object a line; - reads them from stdin."
    ),
]
OutputOption = Annotated[
    Path | None,
    typer.Option("--output", metavar="FILE", help="Where the results of --input go, as JSON Lines; - is stdout."),
]


QuestionArgument = Annotated[
    str | None, typer.Argument(metavar="QUESTION", help="The question, in plain words.", show_default=False)
]
QueryArgument = Annotated[str | None, typer.Argument(metavar="QUERY", help="What to look for.", show_default=False)]
ArticleArgument = Annotated[
    str | None, typer.Argument(metavar="ARTICLE", help="The id of an article.", show_default=False)
]
TextArgument = Annotated[
    str | None, typer.Argument(metavar="TEXT", help="A message, in the person's own words.", show_default=False)
]


def settings_from(corpus: list[Path] | None, index_dir: Path | None, config: Path | None) -> Settings:
    """The settings, with what the options of a command give. Raises `ConfigError`."""
    given: dict[str, Any] = {}
    if corpus:
        given["corpus_paths"] = tuple(corpus)
    if index_dir is not None:
        given["index_dir"] = index_dir
    return load_settings(config, **given)
