"""Reranking by evidence: one weighted sum of what every stage and field says of a passage.

The `fast` reranker: a linear model over eight features, each on a scale that does not depend on the corpus (cosines,
and shares of the best), so that its weights can be learnt on one corpus and used on another. The weights lie in
`fast.toml`, with how they were found.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files

from medqa.errors import ConfigError
from medqa.ports import FieldMatches
from medqa.retrieval.fusion import Ranking
from medqa.types import ChunkId, FieldScores

MASS = 20.0
"""Scale of the masses of names: about that of a rare disease's name of two words."""


@dataclass(frozen=True, slots=True)
class Features:
    """What is known of one passage for one question; also the weights of each, and their sum is the score.

    `dense`, `heading`, `title` are cosines; `lexical`, `name_share`, `whole_share` shares of the best; `name` and
    `whole` masses over `MASS`, at most 1.
    """

    dense: float
    lexical: float
    heading: float
    title: float
    name: float
    name_share: float
    whole: float
    whole_share: float

    def values(self) -> tuple[float, ...]:
        return tuple(getattr(self, field.name) for field in fields(self))


def features(
    ids: Sequence[ChunkId], dense: Ranking, lexical: Ranking, matches: FieldMatches
) -> dict[ChunkId, Features]:
    """The features of each passage.

    One that dense search did not reach counts as the last that it did; one that words did not find as 0.
    """
    by_dense, by_lexical = dict(dense), dict(lexical)
    floor = min(by_dense.values(), default=0.0)
    most = max(by_lexical.values(), default=0.0) or 1.0
    found: dict[ChunkId, Features] = {}
    for chunk_id, scores in matches.of(ids).items():
        found[chunk_id] = _features(by_dense.get(chunk_id, floor), by_lexical.get(chunk_id, 0.0) / most, scores)
    return found


def rerank(known: Mapping[ChunkId, Features], weights: Features) -> list[tuple[ChunkId, float]]:
    """Every passage with its score, best first; ties by passage id."""
    factors = weights.values()
    scored = [
        (chunk_id, sum(w * x for w, x in zip(factors, row.values(), strict=True))) for chunk_id, row in known.items()
    ]
    return sorted(scored, key=lambda item: (-item[1], item[0]))


@cache
def fast_weights() -> Features:
    """The weights that ship with medqa. Raises `ConfigError` when the file is not whole."""
    try:
        data = tomllib.loads(files("medqa.retrieval").joinpath("fast.toml").read_text("utf-8"))
        return Features(**{field.name: float(data["weights"][field.name]) for field in fields(Features)})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"The file fast.toml of medqa cannot be read: {error!r}.") from error


def _features(dense: float, lexical: float, scores: FieldScores) -> Features:
    return Features(
        dense=dense,
        lexical=lexical,
        heading=scores.heading,
        title=scores.title,
        name=min(scores.name / MASS, 1.0),
        name_share=scores.name_share,
        whole=min(scores.whole / MASS, 1.0),
        whole_share=scores.whole_share,
    )
