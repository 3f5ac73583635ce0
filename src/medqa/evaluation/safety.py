"""How the safety check does on labelled messages: by the rules alone, and with the second look by the model."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from medqa.config import Settings
from medqa.engine.gate import SafetyGate, open_gate_model, open_settings_embedder, triage_only
from medqa.evaluation.intervals import Estimate, share_interval
from medqa.evaluation.retrieval import Latency, latency_of
from medqa.evaluation.safety_sets import Message, MessageSet
from medqa.evaluation.stamp import Stamp, stamp
from medqa.ports import Embedder
from medqa.types import SafetyLevel, SafetyVerdict, Turn

Judge = Callable[[str, Sequence[Turn]], SafetyVerdict]
Progress = Callable[[int, int], None]

WARM_UP = "does a warm bath help a stiff back?"


@dataclass(frozen=True, slots=True)
class Judged:
    """A message with the verdict on it, and the milliseconds that it took."""

    message: Message
    verdict: SafetyVerdict
    ms: float

    @property
    def level(self) -> SafetyLevel:
        return self.verdict.level

    @property
    def is_enough(self) -> bool:
        """Whether the level is the one that it must be, or a graver one."""
        return self.level.severity >= self.message.level.severity

    @property
    def is_false_alarm(self) -> bool:
        return self.message.level is SafetyLevel.NONE and self.level is not SafetyLevel.NONE

    @property
    def is_wrong(self) -> bool:
        """Too low, a false alarm, or a request that gets no advice which was not seen."""
        return not self.is_enough or self.is_false_alarm or self.misses_intent

    @property
    def misses_intent(self) -> bool:
        wanted = self.message.intent
        return wanted is not None and self.level is SafetyLevel.NONE and self.verdict.intent != wanted

    @property
    def is_refused_wrongly(self) -> bool:
        """A harmless message without such a request, sent away without an answer."""
        m = self.message
        return m.level is SafetyLevel.NONE and m.says_intent and m.intent is None and self.verdict.redirects


@dataclass(frozen=True, slots=True)
class LevelRow:
    """`enough`: that level or a graver one; `exact`: that level; `any`: some card. For level none all three are the
    share that got no card.
    """

    level: SafetyLevel
    enough: Estimate
    exact: Estimate
    any: Estimate


@dataclass(frozen=True, slots=True)
class CauseRow:
    """How many messages of a cause got enough (for level none: a false alarm)."""

    level: SafetyLevel
    cause: str
    share: Estimate


@dataclass(frozen=True, slots=True)
class Run:
    """One way of judging over all messages. `confusion` counts by (level that it must be, level that it got)."""

    name: str
    judged: tuple[Judged, ...]
    levels: tuple[LevelRow, ...]
    causes: tuple[CauseRow, ...]
    false_alarms: Estimate
    intents: Estimate
    refused_wrongly: Estimate
    dialogues: Estimate
    confusion: Mapping[tuple[SafetyLevel, SafetyLevel], int]
    latency: Latency

    @property
    def wrong(self) -> tuple[Judged, ...]:
        """Every miss, the gravest first, then false alarms."""
        return tuple(sorted((j for j in self.judged if j.is_wrong), key=lambda j: -j.message.level.severity))


@dataclass(frozen=True, slots=True)
class SafetyResult:
    """`rules` always; `whole` with the second look, None with rules alone. `problem` says why the second look did
    not take part, or not for every message, although it was asked for: then there is no `whole` either.
    """

    stamp: Stamp
    left_out: int
    rules: Run
    whole: Run | None
    problem: str

    @property
    def main(self) -> Run:
        return self.whole or self.rules


def evaluate_safety(
    settings: Settings,
    messages: MessageSet,
    *,
    rules_only: bool = False,
    embedder: Callable[[], Embedder] | None = None,
    progress: Progress | None = None,
) -> SafetyResult:
    """Judge every message, with the turns before it. Needs no index. `embedder` opens the model of the settings."""
    fingerprints: list[str] = []

    def noted() -> Embedder:
        opened = embedder() if embedder else open_settings_embedder(settings)
        fingerprints.append(opened.fingerprint)
        return opened

    region = settings.safety.region
    total = len(messages.messages) * (1 if rules_only else 2)
    rules = run("rules", messages.messages, partial(triage_only, region=region), progress, 0, total)
    whole = None
    problem = ""
    if not rules_only:
        gate = SafetyGate(region, noted, partial(open_gate_model, settings))
        whole = run("rules and model", messages.messages, gate.triage, progress, len(messages.messages), total)
        problem = gate.problem
        if problem:
            whole = None  # what the rules said without it must not pass for the two together
    return SafetyResult(
        stamp=replace(
            stamp(settings, None, questions=dict(messages.files), field="text"), model="".join(fingerprints[:1])
        ),
        left_out=messages.left_out,
        rules=rules,
        whole=whole,
        problem=problem,
    )


def run(
    name: str,
    messages: Sequence[Message],
    judge: Callable[[str, Sequence[Turn]], SafetyVerdict],
    progress: Progress | None = None,
    done: int = 0,
    total: int = 0,
) -> Run:
    judge(WARM_UP, ())
    judged = []
    for number, message in enumerate(messages, start=1):
        start = time.perf_counter()
        verdict = judge(message.text, message.history)
        judged.append(Judged(message, verdict, (time.perf_counter() - start) * 1000.0))
        if progress:
            progress(done + number, total)
    return summed_up(name, judged)


def summed_up(name: str, judged: Sequence[Judged]) -> Run:
    calm = [j for j in judged if j.message.level is SafetyLevel.NONE]
    asked = [j for j in judged if j.message.intent is not None and j.message.level is SafetyLevel.NONE]
    plain = [j for j in calm if j.message.says_intent and j.message.intent is None]
    by_dialogue: dict[str, list[Judged]] = defaultdict(list)
    for j in judged:
        if j.message.dialogue:
            by_dialogue[j.message.dialogue].append(j)
    whole = sum(not any(j.is_wrong for j in turns) for turns in by_dialogue.values())
    return Run(
        name=name,
        judged=tuple(judged),
        levels=tuple(_level_row(level, judged) for level in SafetyLevel),
        causes=tuple(_cause_rows(judged)),
        false_alarms=_share([j.is_false_alarm for j in calm]),
        intents=_share([j.verdict.intent == j.message.intent for j in asked]),
        refused_wrongly=_share([j.is_refused_wrongly for j in plain]),
        dialogues=share_interval(whole, len(by_dialogue)),
        confusion=Counter((j.message.level, j.level) for j in judged),
        latency=latency_of([j.ms for j in judged]),
    )


def _level_row(level: SafetyLevel, judged: Sequence[Judged]) -> LevelRow:
    own = [j for j in judged if j.message.level is level]
    if level is SafetyLevel.NONE:
        calm = _share([not j.is_false_alarm for j in own])
        return LevelRow(level, calm, calm, calm)
    return LevelRow(
        level,
        _share([j.is_enough for j in own]),
        _share([j.level is level for j in own]),
        _share([j.level is not SafetyLevel.NONE for j in own]),
    )


def _cause_rows(judged: Sequence[Judged]) -> list[CauseRow]:
    groups: dict[tuple[SafetyLevel, str], list[Judged]] = defaultdict(list)
    for j in judged:
        groups[j.message.level, j.message.cause or "-"].append(j)
    rows = [
        CauseRow(level, cause, _share([j.is_false_alarm if level is SafetyLevel.NONE else j.is_enough for j in group]))
        for (level, cause), group in groups.items()
    ]
    return sorted(rows, key=lambda r: (-r.level.severity, -r.share.n, r.cause))


def _share(marks: Sequence[bool]) -> Estimate:
    return share_interval(sum(marks), len(marks))
