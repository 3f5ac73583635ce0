"""The command `medqa audit`. What it prints is made in `audit_output`, the page for editors in `audit_report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from medqa.surfaces.cli_options import ConfigOption, CorpusOption, IndexOption, JsonOption, settings_from


def audit(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[PATH]...", help="Articles: folders or files; the same as --corpus.", show_default=False
        ),
    ] = None,
    as_json: JsonOption = False,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="REPORT", help="Write a report for editors, one HTML file.")
    ] = None,
    corpus: CorpusOption = None,
    index_dir: IndexOption = None,
    config: ConfigOption = None,
) -> None:
    """Check the articles as an editor of health texts would.

    Looks at the front matter and the sources, absolute and marketing claims, warnings that every article about
    a medicine must give, sentences that say the opposite of one, missing and empty sections, links, and how hard
    the text is to read. Every finding comes with its sentence, the reason, a source and what to do. No index is
    needed. The rules are explained in docs/audit.md.

    Exit status 1 when there is an error; warnings alone leave it at 0.

    ```console
    medqa audit
    medqa audit my-articles --html report.html
    medqa audit --corpus leaflet.pdf --json
    ```
    """
    settings = settings_from([*(paths or []), *(corpus or [])], index_dir, config)
    from medqa.surfaces.audit_output import audit_articles

    if not audit_articles(settings, as_json=as_json, report=html):
        raise typer.Exit(1)
