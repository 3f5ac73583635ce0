"""The loop of the cross-encoder: low-rank adapters and a small head learn which passage answers a question.

Loss: the cross entropy of the right passage among those shown, and of each pair alone (Nogueira and Cho 2019, section
3, https://arxiv.org/abs/1901.04085, have the latter; Gao et al. 2021, https://arxiv.org/abs/2101.08751, the former).
"""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from medqa.embedding.adapters import ADAPTER_CONFIG, ADAPTER_WEIGHTS
from medqa.embedding.batching import padded
from medqa.embedding.cross_encoder import HEAD, SHAPE
from medqa.embedding.model_files import ModelFiles
from medqa.embedding.offline import stay_offline
from medqa.embedding.pairs import Pair, PairTokens
from medqa.embedding.runtimes import available_cores
from medqa.training.choices import Choice, ChoiceRecipe

START = (16.0, 6.0)
"""What a cosine of 1 is worth before training: of matched tokens, of the means."""
OFFSET = -12.0


def targets(recipe: ChoiceRecipe) -> str:
    """The layers that learn, as peft names them."""
    numbers = "|".join(str(n) for n in range(recipe.frozen, recipe.layers))
    return rf".*\bencoder\.layer\.({numbers})\..*\.(query|key|value|dense)"


@dataclass(frozen=True, slots=True)
class JudgingStep:
    """`accuracy` is the share of questions whose right passage came first."""

    number: int
    loss: float
    accuracy: float
    seconds: float


class Judging:
    """A cross-encoder in training."""

    def __init__(self, files: ModelFiles, recipe: ChoiceRecipe) -> None:
        stay_offline()
        import torch
        from peft import LoraConfig, get_peft_model
        from transformers import AutoModel

        self._torch, self._recipe = torch, recipe
        torch.manual_seed(recipe.seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # of the libraries about one another
            base = AutoModel.from_pretrained(
                str(files.folder), local_files_only=True, trust_remote_code=False, use_safetensors=True,
                dtype=torch.float32, num_hidden_layers=recipe.layers,
            )  # fmt: skip
            config = LoraConfig(
                r=recipe.rank, lora_alpha=recipe.rank, lora_dropout=0.0, target_modules=targets(recipe), bias="none"
            )
            self.model: Any = get_peft_model(base, config)
        self.model.eval()
        dim = int(base.config.hidden_size)
        self.head: dict[str, Any] = {
            "attention": torch.zeros(dim),
            "signals": torch.tensor(START),
            "together": torch.zeros(3 * dim),
            "offset": torch.tensor([OFFSET]),
        }
        for tensor in self.head.values():
            tensor.requires_grad_()
        self._tokens = PairTokens(files.folder / "tokenizer.json", files.sequence_tokens)
        self._adapters = [p for p in self.model.parameters() if p.requires_grad]
        torch.set_num_threads(1)
        self._workers = ThreadPoolExecutor(available_cores(), initializer=torch.set_num_threads, initargs=(1,))

    def train(self, choices: Sequence[Choice], on_step: Callable[[JudgingStep], None] | None = None) -> None:
        """One pass over `choices` in batches, or as far as the recipe's time reaches: the learning rate falls with
        whichever is nearer to its end. A run that time ended cannot be repeated exactly."""
        torch, recipe = self._torch, self._recipe
        batches = [choices[i : i + recipe.batch] for i in range(0, len(choices), recipe.batch)]
        groups = [
            {"params": self._adapters, "rate": recipe.learning_rate, "weight_decay": recipe.weight_decay},
            {"params": list(self.head.values()), "rate": recipe.head_rate, "weight_decay": 0.0},
        ]
        optimiser = torch.optim.AdamW(groups, lr=recipe.learning_rate)
        trained = [*self._adapters, *self.head.values()]
        warm_up = max(1, round(len(batches) * recipe.warm_up))
        start = time.perf_counter()
        for number, batch in enumerate(batches, start=1):
            began = time.perf_counter()
            left = min(1 - (number - 1) / len(batches), 1 - (began - start) / recipe.seconds)
            if left <= 0:
                break
            pace = min(1.0, number / warm_up) * left
            for group in optimiser.param_groups:
                group["lr"] = group["rate"] * pace
            optimiser.zero_grad(set_to_none=True)
            found = list(self._workers.map(lambda choice: self._slopes(choice, trained), batch))
            for _, _, gradients in found:  # in the order of the batch, whoever was first
                for parameter, gradient in zip(trained, gradients, strict=True):
                    share = gradient / len(batch)
                    parameter.grad = share if parameter.grad is None else parameter.grad + share
            torch.nn.utils.clip_grad_norm_(trained, 1.0)
            optimiser.step()
            if on_step is not None:
                loss, accuracy = (float(np.mean([entry[i] for entry in found])) for i in (0, 1))
                on_step(JudgingStep(number, loss, accuracy, time.perf_counter() - began))

    def _slopes(self, choice: Choice, trained: Sequence[Any]) -> tuple[float, float, tuple[Any, ...]]:
        torch = self._torch
        scores = self._scores(self._tokens.pairs(choice.question, choice.passages))
        right = torch.zeros_like(scores)
        right[0] = 1.0
        weights = torch.full_like(scores, 0.5 / (len(scores) - 1))
        weights[0] = 0.5  # a right passage and all the wrong ones weigh the same
        alone = torch.nn.functional.binary_cross_entropy_with_logits(scores, right, weights, reduction="sum")
        loss = -torch.log_softmax(scores, dim=0)[0] + self._recipe.absolute * alone
        gradients = torch.autograd.grad(loss, list(trained))
        return float(loss.detach()), float(scores.argmax() == 0), gradients

    def score(self, question: str, passages: Sequence[str]) -> list[float]:
        """Log-odds that each passage answers, of the model as it is now."""
        with self._torch.inference_mode():
            found: list[float] = self._scores(self._tokens.pairs(question, passages)).tolist()
        return found

    def _scores(self, pairs: Sequence[Pair]) -> Any:
        torch = self._torch
        ids, mask = (torch.from_numpy(array) for array in padded([pair.ids for pair in pairs]))
        states = self.model(input_ids=ids, attention_mask=mask).last_hidden_state
        asked = pairs[0].question
        passage = mask.clone()
        passage[:, : asked + 2] = 0
        for row, pair in enumerate(pairs):
            passage[row, len(pair.ids) - 1] = 0
        return judged(torch, self.head, states, asked, passage)

    def save(self, folder: Path, base: str) -> None:
        """The adapter as peft reads it (float16) and ``head.safetensors`` (float32)."""
        import torch
        from peft import get_peft_model_state_dict
        from safetensors.torch import save_file

        folder.mkdir(parents=True, exist_ok=True)
        found = get_peft_model_state_dict(self.model)
        halves = {name: tensor.detach().to(torch.float16).contiguous() for name, tensor in sorted(found.items())}
        save_file(halves, folder / ADAPTER_WEIGHTS, metadata={"format": "pt"})
        head = {name: tensor.detach().clone().contiguous() for name, tensor in sorted(self.head.items())}
        save_file(head, folder / HEAD, metadata={"format": "pt"})
        known = {
            "peft_type": "LORA",
            "base_model_name_or_path": base,
            "r": self._recipe.rank,
            "lora_alpha": self._recipe.rank,
            "target_modules": targets(self._recipe),
            "bias": "none",
            "lora_dropout": 0.0,
            "inference_mode": True,
        }
        (folder / ADAPTER_CONFIG).write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
        (folder / SHAPE).write_text(json.dumps({"layers": self._recipe.layers}) + "\n", encoding="utf-8")


def judged(torch: Any, head: dict[str, Any], states: Any, asked: int, passage: Any) -> Any:
    """(pairs,): the head over `states` (pairs, tokens, dim). Every question token is matched with its nearest token of
    the passage (Khattab and Zaharia 2020, section 3.3, https://arxiv.org/abs/2004.12832), weighted by what the head
    attends to; beside that the cosine of both means, and a linear reading of first token and means."""
    question = states[:, 1 : asked + 1]
    unit = torch.nn.functional.normalize(states, dim=2)
    near = unit[:, 1 : asked + 1] @ unit.transpose(1, 2)
    best = near.masked_fill(passage[:, None, :] == 0, -1.0).amax(dim=2)
    shares = torch.softmax(question @ head["attention"], dim=1)
    matched = (shares * best).sum(dim=1)
    weights = passage.unsqueeze(-1).to(states.dtype)
    means = (states * weights).sum(dim=1) / weights.sum(dim=1)
    asking = question.mean(dim=1)
    cosine = torch.nn.functional.cosine_similarity(asking, means)
    together = torch.cat([states[:, 0], asking * means, (asking - means).abs()], dim=1)
    return torch.stack([matched, cosine], dim=1) @ head["signals"] + together @ head["together"] + head["offset"]
