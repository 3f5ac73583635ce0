"""Writing to the two streams of a command without letting text give the terminal orders."""

from __future__ import annotations

import re
import sys

# an article or a question may carry escape sequences, which a terminal would obey
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def for_terminal(text: str) -> str:
    """`text` without control characters (line breaks and tabs stay) and without lone surrogates."""
    return _CONTROL.sub("", text).encode("utf-8", "replace").decode("utf-8")


def print_plain(text: str) -> None:
    """To stdout, with one line break at the end; in a pipe exactly as it is."""
    shown = text if text.endswith("\n") else f"{text}\n"
    sys.stdout.write(for_terminal(shown) if sys.stdout.isatty() else shown)


def say(line: str) -> None:
    """One line on stderr, its own line breaks and control characters folded."""
    sys.stdout.flush()
    sys.stderr.write(for_terminal(" ".join(line.splitlines())) + "\n")
    sys.stderr.flush()
