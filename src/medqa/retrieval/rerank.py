"""Reranking by evidence: one weighted sum of what every stage and field says of a passage.

The `fast` reranker: a linear model over ten features, each on a scale that does not depend on the corpus (cosines,
and shares of the best), so that its weights can be learnt on one corpus and used on another. The weights lie in
`fast.toml`, with how they were found: one set for any corpus, and one for articles that say how people ask for them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from functools import cache
from importlib.resources import files

import numpy as np

from medqa.errors import ConfigError
from medqa.ports import FieldMatches, Scores
from medqa.retrieval.fusion import Ranking
from medqa.types import ChunkId

MASS = 20.0
"""Scale of the masses of names: about that of a rare disease's name of two words."""


@dataclass(frozen=True, slots=True)
class Features:
    """What is known of one passage for one question; also the weights of each, and their sum is the score.

    `dense`, `heading`, `title`, `asked` are cosines; `lexical`, `name_share`, `whole_share` shares of the best; `name`
    and `whole` masses over `MASS`, at most 1; `intent` a share.
    """

    dense: float
    lexical: float
    heading: float
    title: float
    name: float
    name_share: float
    whole: float
    whole_share: float
    intent: float
    asked: float


def features(ids: Sequence[ChunkId], dense: Ranking, lexical: Ranking, matches: FieldMatches) -> Scores:
    """float (len(ids), 10): a row for each passage, a column for each of `Features`.

    One that dense search did not reach counts as the last that it did; one that words did not find as 0.
    """
    by_dense, by_lexical = dict(dense), dict(lexical)
    floor = min(by_dense.values(), default=0.0)
    most = max(by_lexical.values(), default=0.0) or 1.0
    found = matches.of(ids)
    return np.column_stack(
        [
            [by_dense.get(chunk_id, floor) for chunk_id in ids],
            [by_lexical.get(chunk_id, 0.0) / most for chunk_id in ids],
            found.heading,
            found.title,
            np.minimum(found.name / MASS, 1.0),
            found.name_share,
            np.minimum(found.whole / MASS, 1.0),
            found.whole_share,
            found.intent,
            np.zeros(len(ids)) if found.asked is None else found.asked,
        ]
    )


def rerank(ids: Sequence[ChunkId], known: Scores, weights: Features) -> list[tuple[ChunkId, float]]:
    """Every passage with its score, best first; ties by passage id. `known` is what `features` gave."""
    scores = known @ np.asarray(astuple(weights))
    return sorted(zip(ids, map(float, scores), strict=True), key=lambda item: (-item[1], item[0]))


@cache
def fast_weights(*, asked: bool = False) -> Features:
    """The weights that ship with medqa; `asked` for articles that say how people ask for them. Raises `ConfigError`
    when the file is not whole."""
    try:
        data = tomllib.loads(files("medqa.retrieval").joinpath("fast.toml").read_text("utf-8"))
        weights = data["asked" if asked else "weights"]
        return Features(**{field.name: float(weights[field.name]) for field in fields(Features)})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"The file fast.toml of medqa cannot be read: {error!r}.") from error
