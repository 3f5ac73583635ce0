"""What several kinds of test share: the real app, started once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.serving import MAX_BODY_KB, MAX_QUESTION_CHARS, RunningApp, running_app

settings.register_profile("unhurried", deadline=None)  # how long something takes is measured in benchmarks/
settings.load_profile("unhurried")


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """The app in a process of its own, forbidden every connection beyond loopback."""
    settings = {
        "MEDQA_SERVER__MAX_BODY_KB": str(MAX_BODY_KB),
        "MEDQA_SERVER__MAX_QUESTION_CHARS": str(MAX_QUESTION_CHARS),
    }
    with running_app(tmp_path_factory.mktemp("served"), **settings) as running:
        yield running
