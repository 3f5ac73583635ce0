"""Has a finished build checked by a process of its own, which may die of it without harm."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import medqa
from medqa.errors import BuildVerificationError


def verify_in_subprocess(build: Path, timeout_s: float) -> None:
    """Raise `BuildVerificationError` with the cause unless the build passes `medqa.index.verify`."""
    # the same medqa, also where it was put on the path by hand
    path = os.pathsep.join(filter(None, (str(Path(medqa.__file__).parent.parent), os.environ.get("PYTHONPATH"))))
    try:
        done = subprocess.run(
            [sys.executable, "-m", "medqa.index.verify", str(build.resolve())],
            env={**os.environ, "PYTHONPATH": path},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise BuildVerificationError(f"The check of the new build did not end within {timeout_s:.0f} s.") from error
    if done.returncode < 0:
        name = signal.Signals(-done.returncode).name
        raise BuildVerificationError(f"The check of the new build died with {name}.")
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no cause was given"]
        raise BuildVerificationError(f"The new build did not pass its checks: {lines[-1]}")
