"""The loop: low-rank adapters (LoRA) on a frozen model, contrastive, anchored to the model as it was."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medqa.embedding.adapters import ADAPTER_CONFIG, ADAPTER_WEIGHTS
from medqa.embedding.batching import padded
from medqa.embedding.model_files import ModelFiles
from medqa.embedding.offline import stay_offline
from medqa.embedding.runtimes import available_cores
from medqa.embedding.tokens import ModelTokenizer, TokenIds
from medqa.ports import Vectors
from medqa.training.pairs import Pair
from medqa.training.recipe import Recipe

MICRO_BATCH = 16
TARGETS = r".*\bencoder\..*\.(query|key|value|dense)"  # not the pooler, which sentence vectors do not pass


@dataclass(frozen=True, slots=True)
class Step:
    """What one step came to. `accuracy` is the share of questions nearest to their own passage."""

    number: int
    loss: float
    accuracy: float
    anchor: float
    seconds: float


class Adapting:
    """A model with adapters in training. Two runs of the same recipe on the same pairs and machine are equal."""

    def __init__(self, files: ModelFiles, recipe: Recipe, start: Path | None = None) -> None:
        stay_offline()
        import torch
        from peft import LoraConfig, PeftModel, get_peft_model
        from transformers import AutoModel

        self._torch = torch
        self._recipe = recipe
        base = AutoModel.from_pretrained(
            str(files.folder), local_files_only=True, trust_remote_code=False, use_safetensors=True,
            dtype=torch.float32,
        )  # fmt: skip
        if start is not None:
            self.model: Any = PeftModel.from_pretrained(base, str(start), is_trainable=True, local_files_only=True)
        else:
            config = LoraConfig(
                r=recipe.rank,
                lora_alpha=recipe.alpha,
                lora_dropout=0.0,
                target_modules=TARGETS,
                bias="none",
            )
            torch.manual_seed(recipe.seed)
            self.model = get_peft_model(base, config)
        self.model.eval()  # dropout costs a tenth of the time; a low rank already keeps the model from memorising
        self._tokens = ModelTokenizer(files.folder / "tokenizer.json", files.sequence_tokens, "", "")
        self._trained = [p for p in self.model.parameters() if p.requires_grad]
        torch.set_num_threads(1)
        self._workers = ThreadPoolExecutor(available_cores(), initializer=torch.set_num_threads, initargs=(1,))
        self._queue: Any = None
        self._queue_keys: NDArray[np.int64] = np.empty(0, dtype=np.int64)

    def train(
        self,
        batches: Sequence[Sequence[Pair]],
        keys: NDArray[np.int64],
        original: Vectors,
        *,
        learning_rate: float,
        on_step: Callable[[Step], None] | None = None,
    ) -> None:
        """One pass over `batches`. `keys` (sections,) says which sections answer the same, `original`
        (passages, dim) are the vectors before training that passages are held near to."""
        torch, recipe = self._torch, self._recipe
        optimiser = torch.optim.AdamW(self._trained, lr=learning_rate, weight_decay=recipe.weight_decay)
        warm_up = max(1, int(len(batches) * recipe.warm_up))

        def pace(step: int) -> float:
            if step < warm_up:
                return (step + 1) / warm_up
            return max(0.02, (len(batches) - step) / max(1, len(batches) - warm_up))

        schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, pace)
        for number, batch in enumerate(batches, start=1):
            began = time.perf_counter()
            optimiser.zero_grad(set_to_none=True)
            loss, accuracy, anchor = self._backward(batch, keys, original)
            torch.nn.utils.clip_grad_norm_(self._trained, 1.0)
            optimiser.step()
            schedule.step()
            if on_step is not None:
                on_step(Step(number, float(loss), accuracy, float(anchor), time.perf_counter() - began))

    def save(self, folder: Path, base: str) -> None:
        """``adapter_model.safetensors`` (float16) and ``adapter_config.json``, as peft reads them; `base` is the
        name of the model that it belongs to."""
        import torch
        from peft import get_peft_model_state_dict
        from safetensors.torch import save_file

        folder.mkdir(parents=True, exist_ok=True)
        found, config = get_peft_model_state_dict(self.model), self.model.peft_config["default"]
        halves = {name: tensor.detach().to(torch.float16).contiguous() for name, tensor in sorted(found.items())}
        save_file(halves, folder / ADAPTER_WEIGHTS, metadata={"format": "pt"})
        known = {
            "peft_type": "LORA",
            "base_model_name_or_path": base,
            "r": config.r,
            "lora_alpha": config.lora_alpha * self._recipe.strength,
            "target_modules": TARGETS,
            "bias": "none",
            "lora_dropout": 0.0,
            "inference_mode": True,
        }
        (folder / ADAPTER_CONFIG).write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")

    def encode(self, texts: Sequence[str], max_tokens: int) -> Vectors:
        """float32 (texts, dim), rows L2-normalised, of the model as it is now."""
        vectors = np.empty((len(texts), self._dim), dtype=np.float32)
        rows = self._ids(texts, max_tokens)
        order = sorted(range(len(rows)), key=lambda i: -len(rows[i]))
        parts = [order[start : start + MICRO_BATCH] for start in range(0, len(order), MICRO_BATCH)]

        def run(part: Sequence[int]) -> Vectors:
            with self._torch.inference_mode():
                found: Vectors = self._encoded([rows[i] for i in part]).numpy()
            return found

        for part, found in zip(parts, self._workers.map(run, parts), strict=True):
            vectors[part] = found
        return vectors

    @property
    def _dim(self) -> int:
        return int(self.model.config.hidden_size)

    def _backward(self, batch: Sequence[Pair], keys: NDArray[np.int64], original: Vectors) -> tuple[Any, float, Any]:
        """Put the gradients of one batch into the parameters; (loss, accuracy, anchor).

        The texts go through the model in parts, one a worker, each on one thread: a machine with other work to do
        would leave the threads of a shared operation waiting for each other. Gradients are summed in the order of
        the parts, so that the outcome does not depend on who was first.
        """
        torch, recipe, n = self._torch, self._recipe, len(batch)
        rows = self._ids([pair.question for pair in batch], recipe.question_tokens)
        rows += self._ids([pair.passage for pair in batch], recipe.passage_tokens)
        order = sorted(range(2 * n), key=lambda i: (-len(rows[i]), i))
        parts = [order[start : start + MICRO_BATCH] for start in range(0, 2 * n, MICRO_BATCH)]
        outputs = list(self._workers.map(lambda part: self._encoded([rows[i] for i in part]), parts))
        place = torch.from_numpy(np.argsort(np.concatenate(parts)))
        vectors = torch.cat([output.detach() for output in outputs])[place].requires_grad_()
        own = keys[[pair.section for pair in batch]]
        loss, accuracy = self._contrast(vectors[:n], vectors[n:], own)
        anchor = self._anchor(batch, vectors[n:], original)
        (slope,) = torch.autograd.grad(loss + recipe.anchor * anchor, vectors)

        def slopes(output: Any, part: Sequence[int]) -> Any:
            return torch.autograd.grad(output, self._trained, slope[part])

        for found in self._workers.map(slopes, outputs, parts):
            for parameter, gradient in zip(self._trained, found, strict=True):
                parameter.grad = gradient if parameter.grad is None else parameter.grad + gradient
        return loss.detach(), accuracy, anchor.detach()

    def _contrast(self, questions: Any, passages: Any, own: NDArray[np.int64]) -> tuple[Any, float]:
        """Cross entropy of each question over the batch's passages and those of batches before, and of each
        passage over the questions; passages that answer the same are left out.

        In-batch negatives: Henderson et al. 2017, section 4.4 (https://arxiv.org/abs/1705.00652). The queue:
        cross-batch memory, Wang et al. 2020 (https://arxiv.org/abs/1912.06798).
        """
        torch, recipe, n = self._torch, self._recipe, len(own)
        same = torch.from_numpy((own[:, None] == own[None, :]) & ~np.eye(n, dtype=bool))
        scores = (questions @ passages.T * recipe.scale).masked_fill(same, -torch.inf)
        wide = scores
        if self._queue is not None:
            known = torch.from_numpy(own[:, None] == self._queue_keys[None, :])
            older = (questions @ self._queue.T * recipe.scale).masked_fill(known, -torch.inf)
            wide = torch.cat([scores, older], dim=1)
        target = torch.arange(n)
        forth = torch.nn.functional.cross_entropy(wide, target)
        back = torch.nn.functional.cross_entropy(scores.T, target)
        self._remember(passages.detach(), own)
        accuracy = float((wide.argmax(dim=1) == target).float().mean())
        return (forth + recipe.back * back) / (1 + recipe.back), accuracy

    def _anchor(self, batch: Sequence[Pair], passages: Any, original: Vectors) -> Any:
        """Mean cosine distance of the passages to where they were before training."""
        here = [i for i, pair in enumerate(batch) if pair.row >= 0]
        if not here:
            return passages.sum() * 0
        before = self._torch.from_numpy(original[[batch[i].row for i in here]])
        return (1 - (passages[here] * before).sum(dim=1)).mean()

    def _remember(self, passages: Any, own: NDArray[np.int64]) -> None:
        if not self._recipe.queue:
            return
        kept = passages if self._queue is None else self._torch.cat([passages, self._queue])
        self._queue = kept[: self._recipe.queue]
        self._queue_keys = np.concatenate([own, self._queue_keys])[: self._recipe.queue]

    def _encoded(self, rows: Sequence[TokenIds]) -> Any:
        torch = self._torch
        ids, mask = (torch.from_numpy(array) for array in padded(rows))
        states = self.model(input_ids=ids, attention_mask=mask).last_hidden_state
        weights = mask.unsqueeze(-1).to(states.dtype)
        return torch.nn.functional.normalize((states * weights).sum(dim=1) / weights.sum(dim=1), dim=1)

    def _ids(self, texts: Iterable[str], max_tokens: int) -> list[TokenIds]:
        rows = []
        for text in texts:
            row = self._tokens.query(text)
            rows.append(row if len(row) <= max_tokens else np.concatenate([row[: max_tokens - 1], row[-1:]]))
        return rows
