"""The commands `medqa state`: care for what people left behind, which no rebuild brings back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from medqa.surfaces.cli_options import ConfigOption, CorpusOption, IndexOption, JsonOption, settings_from

state_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Care for the state file: withdrawn articles, feedback and the audit trail.",
    short_help="Back up what people left behind.",
)


@state_app.callback()
def state() -> None:
    """Care for the state file: withdrawn articles, feedback and the audit trail.

    It lies in `state/state.sqlite` of the index folder, outside the builds: indexing again never changes it.
    """


@state_app.command(short_help="Copy the state file while everything goes on.")
def backup(
    target: Annotated[
        Path, typer.Argument(metavar="FILE", help="Where the copy goes; replaced when it is there.", show_default=False)
    ],
    as_json: JsonOption = False,
    corpus: CorpusOption = None,
    index_dir: IndexOption = None,
    config: ConfigOption = None,
) -> None:
    """Copy the state file as it is at this moment, while the server goes on writing.

    The copy is checked and put in place at once, so that FILE is never half a backup. A FILE that ends in `.zip` takes
    along what the testers' lab keeps beside the state file: labels, baselines and runs. To restore it: stop the server,
    remove the folder `state` of the index, unpack FILE into the index folder. To restore any other: stop the
    server, remove `state.sqlite-wal` and `state.sqlite-shm` in the folder `state` of the index, copy FILE over
    `state.sqlite`, start the server.

    ```console
    medqa state backup state-2026-01-31.zip
    medqa state backup state-2026-01-31.sqlite
    ```
    """
    settings = settings_from(corpus, index_dir, config)
    from medqa.engine.paths import state_root
    from medqa.state import StateDatabase
    from medqa.state.backup import back_up_all
    from medqa.surfaces.cli_files import print_json
    from medqa.surfaces.terminal import print_plain

    root = state_root(settings)
    whole = target.suffix.lower() == ".zip"
    size = back_up_all(root, target) if whole else StateDatabase(root).backup(target)
    if as_json:
        print_json({"file": str(target), "bytes": size})
    else:
        print_plain(
            f"The state {'with the lab’s files ' if whole else 'file '}was copied to {target} ({size:,} bytes)."
        )
