"""How misspelt words are read."""

from __future__ import annotations

import subprocess
import sys

from medqa.safety.reading import Mender

TIES = """
from medqa.safety.rules import rule_book
mend = rule_book().mender.mend
print([mend(w) for w in ("luzes", "brething", "swolen", "suicudal", "chets", "pressao", "overdse", "throot")])
"""


def test_of_words_equally_near_one_of_the_same_length_is_read() -> None:
    assert Mender({"luce", "luces", "nubes"}, {}).mend("luzes") == ("luces",)


def test_a_message_is_read_alike_in_every_process() -> None:
    """Sets lie in another order in each process; what a word is mended to must not."""
    said = {
        subprocess.run(
            [sys.executable, "-c", TIES], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1
