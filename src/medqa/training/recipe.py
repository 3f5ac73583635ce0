"""The settings of a training run: what, with the articles and the seed, decides about the weights."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Recipe:
    """Defaults are those of the shipped adapter (docs/models.md).

    `scale` multiplies cosines before the softmax (20: a temperature of 0.05). `queue` counts passages of earlier
    batches that serve as further negatives. `anchor` weighs how far passages may move from where they were. `back`
    weighs passage -> question against question -> passage. `warm_up` is a share of the steps. `steps` are at most
    taken; fewer where a section would come up more than `pairs_a_section` times. Real questions, where there are
    any, come in `real_steps` further steps at `real_learning_rate`, `real_share` of each batch. `strength` is how
    much of what was learnt is added to the weights in the end: below 1 they stay nearer to the model before training
    (Wortsman et al. 2022, https://arxiv.org/abs/2109.01903).
    """

    seed: int = 20
    rank: int = 32
    alpha: int = 32
    learning_rate: float = 5e-4
    weight_decay: float = 0.01
    warm_up: float = 0.08
    batch: int = 96
    scale: float = 20.0
    queue: int = 0
    back: float = 0.3
    anchor: float = 1.0
    question_tokens: int = 112
    passage_tokens: int = 96
    steps: int = 200
    pairs_a_section: float = 8.0
    real_steps: int = 50
    real_learning_rate: float = 3e-4
    real_share: float = 0.5
    strength: float = 1.0
