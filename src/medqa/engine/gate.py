"""The safety gate with its second look: rules at once, the embedding model where it can be opened."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from medqa.errors import MedqaError
from medqa.safety.triage import Look, triage
from medqa.types import SafetyLevel, SafetyVerdict, Turn

if TYPE_CHECKING:
    from medqa.config import Settings
    from medqa.ports import Embedder


def triage_only(text: str, history: Sequence[Turn] = (), *, region: str) -> SafetyVerdict:
    """The rules alone: no index, no model."""
    return triage(text, history, region=region)


def open_settings_embedder(settings: Settings) -> Embedder:
    """The embedder that the settings ask for. Raises what `open_embedder` raises."""
    from medqa.embedding import open_embedder
    from medqa.engine.paths import cache_dir

    chosen = settings.embedding
    return open_embedder(
        model=chosen.model, backend=chosen.backend, batch_size=chosen.batch_size, cache_dir=cache_dir(settings)
    )


def open_question_model(settings: Settings, embedder: Embedder) -> Embedder:
    """What reads the questions that are searched for; `embedder` where the settings name no model of their own."""
    from medqa.embedding import open_question_encoder
    from medqa.engine.paths import cache_dir

    chosen = settings.embedding
    if not chosen.reads_questions:
        return embedder
    return open_question_encoder(
        question_model=chosen.reads_questions,
        model=chosen.model,
        backend=chosen.backend,
        batch_size=chosen.batch_size,
        cache_dir=cache_dir(settings),
    )


def open_gate_model(settings: Settings) -> Embedder:
    """The gate's own model, which reads messages for danger. Raises what `open_gate_reader` raises."""
    from medqa.embedding import open_gate_reader
    from medqa.engine.paths import cache_dir

    chosen = settings.embedding
    return open_gate_reader(backend=chosen.backend, batch_size=chosen.batch_size, cache_dir=cache_dir(settings))


def prepare_gate(settings: Settings, embedder: Embedder) -> None:
    """Make the quantised form of the gate's model now, not at the first message. Nothing where no second look was
    trained for `embedder` or it cannot be made: the gate says so itself when it is asked."""
    SafetyGate(settings.safety.region, lambda: embedder, partial(open_gate_model, settings)).open()


class SafetyGate:
    """Triage with a second look by `embedder()` and `adapted()`, asked for once, on first need. Needs no index.

    Where the model cannot be opened, or no second look was trained for it, the rules judge alone and `problem`
    says why. Safe from several threads.
    """

    def __init__(self, region: str, embedder: Callable[[], Embedder], adapted: Callable[[], Embedder]) -> None:
        self._region = region
        self._embedder = embedder
        self._adapted = adapted
        self._opening = threading.Lock()
        self._opened = False
        self._look: Look | None = None
        self.problem = ""

    def triage(self, text: str, history: Sequence[Turn] = ()) -> SafetyVerdict:
        """The verdict of rules and second look. Raises `ConfigError` for an unknown region, else never."""
        verdict = triage(text, history, region=self._region)
        if verdict.level is SafetyLevel.EMERGENCY:  # nothing can be graver: the card must not wait for a model
            return verdict
        look = self.open()
        if look is None:
            return verdict
        try:
            return triage(text, history, region=self._region, look=look)
        except MedqaError as error:
            self.problem = str(error)
            return verdict

    def open(self) -> Look | None:
        """The second look; None where there is none, and then `problem` says why."""
        with self._opening:
            if not self._opened:
                self._opened = True
                try:
                    self._look = self._open()
                except MedqaError as error:
                    self.problem = str(error)
            return self._look

    def _open(self) -> Look:
        from medqa.safety.second_look import open_second_look

        return open_second_look(self._embedder(), self._adapted)
