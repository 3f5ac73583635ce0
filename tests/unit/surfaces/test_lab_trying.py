"""The engines that Try keeps beside the live one."""

from __future__ import annotations

import threading
import time
from typing import cast

import pytest

from medqa.config import Settings, load_settings
from medqa.engine import Engine
from medqa.surfaces.lab import trying
from medqa.surfaces.lab.trying import ENGINES_KEPT, Engines, both


class Counted:
    """An engine that says whether it was closed, and whether it is asked while it is."""

    today = None

    def __init__(self, settings: Settings, **_: object) -> None:
        self.settings = settings
        self.closed = False

    def ask(self, question: str) -> object:
        time.sleep(0.001)  # others get their turn
        assert not self.closed, "asked after it was closed"
        raise LookupError(question)  # the page is none of this test's business

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> Engines:
    monkeypatch.setattr(trying, "build_engine", Counted)
    return Engines(cast(Engine, Counted(load_settings())))


def depth(value: int) -> dict[str, str]:
    return {"MEDQA_RETRIEVAL__DEPTH": str(value)}


def test_the_live_engine_serves_what_runs_as_it_is(engines: Engines) -> None:
    assert cast(Counted, engines.of({})).settings == load_settings()


def test_the_least_used_engine_goes_when_a_third_comes(engines: Engines) -> None:
    assert ENGINES_KEPT == 2
    first, second = (cast(Counted, engines.of(depth(value))) for value in (30, 50))
    assert engines.of(depth(30)) is first, "kept, and used again"
    third = cast(Counted, engines.of(depth(100)))
    assert [one.closed for one in (first, second, third)] == [False, True, False]
    assert third.settings.retrieval.depth == 100
    assert engines.of(depth(50)) is not second


def test_many_at_once_never_ask_one_that_is_closed(engines: Engines) -> None:
    wrong: list[BaseException] = []

    def tried(a: int, b: int) -> None:
        for _ in range(30):
            try:
                both(engines, "x", depth(a), depth(b))
            except LookupError:
                continue
            except BaseException as error:
                wrong.append(error)
                raise

    threads = [threading.Thread(target=tried, args=pair) for pair in ((30, 50), (100, 200), (200, 30))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
