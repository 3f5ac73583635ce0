"""The settings of a training run: what, with the articles and the seed, decides about the weights."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Recipe:
    """Defaults are those of the shipped adapter (docs/models.md).

    `scale` multiplies cosines before the softmax (20: a temperature of 0.05). `related` is the share of a question's
    target that goes to what is said of its subject on other topics. `recall` is the share of questions made from a
    statement of a passage instead of a heading. `warm_up` is a share of the steps; then the learning rate falls in
    a straight line. `steps` are at most taken; fewer where a section would be asked for more than
    `questions_a_section` times. Real questions, where there are any, are `real_share` of each batch, none of them
    more than `real_rounds` times on average. `strength` is how much of what was learnt is added in the end (Wortsman
    et al. 2022, https://arxiv.org/abs/2109.01903).
    """

    seed: int = 20
    rank: int = 32
    alpha: int = 32
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    warm_up: float = 0.07
    batch: int = 96
    steps: int = 120
    questions_a_section: float = 12.0
    scale: float = 20.0
    related: float = 0.3
    recall: float = 0.4
    question_tokens: int = 128
    real_share: float = 0.25
    real_rounds: float = 12.0
    strength: float = 0.5
