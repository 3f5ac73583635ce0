"""A second look for messages that no rule knows: a linear model on the embedding vector, beside the rules.

It may raise a level and never lowers one. Multinomial logistic regression, trained by
``benchmarks/safety_vectors.py --write`` on labelled messages of this project's own; `similar.json` holds its weights
and fits only the bundled embedding model.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from medqa.errors import ConfigError
from medqa.ports import Vectors
from medqa.safety.cards import frame_text
from medqa.types import SafetyLevel, SafetyVerdict

P_NONE = 0.1
"""A message is taken for harmless unless the model gives that less than this probability (docs/experiments.md)."""


@dataclass(frozen=True, slots=True)
class SimilarGate:
    """`weights` float32 (5, dim), `bias` float32 (5,), one row for each of `levels`."""

    levels: tuple[SafetyLevel, ...]
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]

    def level(self, vector: Vectors) -> SafetyLevel:
        """The level of a message by its vector, float32 (dim,), L2-normalised."""
        logits = self.weights @ vector + self.bias
        shares = np.exp(logits - logits.max())
        shares /= shares.sum()
        harmless = self.levels.index(SafetyLevel.NONE)
        if float(shares[harmless]) >= P_NONE:
            return SafetyLevel.NONE
        shares[harmless] = -1.0
        return self.levels[int(shares.argmax())]


@cache
def similar_gate() -> SimilarGate:
    """The trained model; read once. Raises `ConfigError` when its file is not whole."""
    try:
        data = json.loads(files("medqa.safety").joinpath("similar.json").read_text("utf-8"))
        gate = SimilarGate(
            levels=tuple(SafetyLevel(name) for name in data["levels"]),
            weights=np.asarray(data["weights"], dtype=np.float32),
            bias=np.asarray(data["bias"], dtype=np.float32),
        )
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError(f"The file similar.json of medqa cannot be read: {error}.") from error
    if gate.weights.ndim != 2 or gate.bias.shape != (len(gate.levels),) or len(gate.weights) != len(gate.levels):
        raise ConfigError("The file similar.json of medqa is not whole.")
    return gate


def similar_verdict(level: SafetyLevel, region: str) -> SafetyVerdict:
    """The card for a message that reads like others of that level."""
    message = [frame_text(f"similar_{level.value}", region), frame_text("until_help", region)]
    return SafetyVerdict(level, f"similar.{level.value}", "\n\n".join(message))
