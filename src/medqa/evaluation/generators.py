"""Both composers on the same questions: quotations alone, and reworded by the owner's language model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from medqa.config import Settings
from medqa.engine import build_engine
from medqa.errors import ConfigError
from medqa.evaluation.answers import AnswersResult, evaluate_answers
from medqa.evaluation.questions import QuestionSet
from medqa.types import Answered


@dataclass(frozen=True, slots=True)
class SideBySide:
    """`reworded` of `answered` answers were in the model's words, at least in part."""

    extractive: AnswersResult
    llm: AnswersResult
    model: str
    answered: int
    reworded: int


def compare_generators(
    settings: Settings, questions: QuestionSet, progress: Callable[[int, int], None] | None = None
) -> SideBySide:
    """Asks every question twice. Raises `ConfigError` where the settings name no model."""
    if not settings.llm.model:
        raise ConfigError(
            "There is no language model to compare with.", remedy="Set [llm] model (docs/language-model.md)."
        )
    quoted, llm = (_measured(settings, name, questions, progress) for name in ("extractive", "llm"))
    replies = [m.asked.reply for m in llm.marked if isinstance(m.asked.reply, Answered)]
    reworded = sum(reply.answer.generator == settings.llm.model for reply in replies)
    return SideBySide(quoted, llm, settings.llm.model, len(replies), reworded)


def _measured(
    settings: Settings, generator: str, questions: QuestionSet, progress: Callable[[int, int], None] | None
) -> AnswersResult:
    answering = settings.answering.model_copy(update={"generator": generator})
    engine = build_engine(settings.model_copy(update={"answering": answering}))
    try:
        return evaluate_answers(engine, questions, progress=progress)
    finally:
        engine.close()


def side_by_side_lines(both: SideBySide) -> list[str]:
    """A table: measures down, composers across."""
    lines = [f"{'':<22}{'quotations':>12}{both.model[:20]:>22}"]
    for name in both.extractive.estimates.keys() | both.llm.estimates.keys():
        cells = [r.estimates[name].value if name in r.estimates else None for r in (both.extractive, both.llm)]
        left, right = ("-" if value is None else f"{value:.3f}" for value in cells)
        lines.append(f"{name:<22}{left:>12}{right:>22}")
    lines[1:] = sorted(lines[1:])
    first, second = _figures(both.extractive), _figures(both.llm)
    lines += [f"{label:<22}{first[label]:>12}{second[label]:>22}" for label in first]
    return [*lines, "", f"{both.reworded} of {both.answered} answers hold a sentence in the model's words"]


def _figures(result: AnswersResult) -> dict[str, str]:
    return {
        "words, median": f"{result.words[0]:.0f}",
        "reading grade, median": f"{result.grades[0]:.1f}",
        "ms, p50": f"{result.latency.p50:.0f}",
    }
