"""The loop: low-rank adapters (LoRA) on a frozen model, so that questions find the passages where they are."""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from medqa.embedding.adapters import ADAPTER_CONFIG, ADAPTER_WEIGHTS
from medqa.embedding.batching import padded
from medqa.embedding.model_files import ModelFiles
from medqa.embedding.offline import stay_offline
from medqa.embedding.runtimes import available_cores
from medqa.embedding.tokens import ModelTokenizer, TokenIds
from medqa.ports import Vectors
from medqa.training.drawing import Item
from medqa.training.recipe import Recipe

MICRO_BATCH = 12
TARGETS = r".*\bencoder\..*\.(query|key|value|dense)"  # not the pooler, which sentence vectors do not pass


@dataclass(frozen=True, slots=True)
class Step:
    """What one step came to. `accuracy` is the share of questions whose nearest section is one that answers them."""

    number: int
    loss: float
    accuracy: float
    seconds: float


class _Index(NamedTuple):
    """Passages (torch, (passages, dim)) and the section of each ((passages,))."""

    passages: Any
    sections: Any


class Adapting:
    """A model with adapters in training. Two runs of the same recipe on the same pairs and machine are equal."""

    def __init__(self, files: ModelFiles, recipe: Recipe, start: Path | None = None) -> None:
        stay_offline()
        import torch
        from peft import LoraConfig, PeftModel, get_peft_model
        from transformers import AutoModel

        self._torch = torch
        self._recipe = recipe
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # of the libraries about one another
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

    def train(
        self,
        batches: Sequence[Sequence[Item]],
        passages: Vectors,
        sections: NDArray[np.int64],
        on_step: Callable[[Step], None] | None = None,
    ) -> None:
        """One pass over `batches`. `passages` (passages, dim) are the vectors of the index, which stay as they are;
        `sections` (passages,) says to which section each belongs, and every section has one."""
        torch, recipe = self._torch, self._recipe
        index = _Index(torch.from_numpy(np.ascontiguousarray(passages)), torch.from_numpy(sections))
        optimiser = torch.optim.AdamW(self._trained, lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
        warm_up = max(1, round(len(batches) * recipe.warm_up))
        for number, batch in enumerate(batches, start=1):
            began = time.perf_counter()
            pace = min(1.0, number / warm_up) * (len(batches) - number + 1) / len(batches)
            for group in optimiser.param_groups:
                group["lr"] = recipe.learning_rate * pace
            optimiser.zero_grad(set_to_none=True)
            loss, accuracy = self._backward(batch, index)
            torch.nn.utils.clip_grad_norm_(self._trained, 1.0)
            optimiser.step()
            if on_step is not None:
                on_step(Step(number, loss, accuracy, time.perf_counter() - began))

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

    def _backward(self, batch: Sequence[Item], index: _Index) -> tuple[float, float]:
        """Put the gradients of one batch into the parameters; (loss, accuracy).

        The questions go through the model in parts, one a worker, each on one thread: a machine with other work to
        do would leave the threads of a shared operation waiting for each other. Gradients are summed in the order
        of the parts, so that the outcome does not depend on who was first.
        """
        torch = self._torch
        rows = self._ids([item.question for item in batch], self._recipe.question_tokens)
        order = sorted(range(len(rows)), key=lambda i: (-len(rows[i]), i))
        parts = [order[start : start + MICRO_BATCH] for start in range(0, len(order), MICRO_BATCH)]
        outputs = list(self._workers.map(lambda part: self._encoded([rows[i] for i in part]), parts))
        place = torch.from_numpy(np.argsort(np.concatenate(parts)))
        questions = torch.cat([output.detach() for output in outputs])[place].requires_grad_()
        loss, accuracy = self._contrast(questions, [item.target for item in batch], index)
        (slope,) = torch.autograd.grad(loss, questions)

        def slopes(output: Any, part: Sequence[int]) -> Any:
            return torch.autograd.grad(output, self._trained, slope[part])

        for found in self._workers.map(slopes, outputs, parts):
            for parameter, gradient in zip(self._trained, found, strict=True):
                parameter.grad = gradient if parameter.grad is None else parameter.grad + gradient
        return float(loss.detach()), accuracy

    def _contrast(self, questions: Any, targets: Sequence[Mapping[int, float]], index: _Index) -> tuple[Any, float]:
        """Cross entropy between each question's target and the softmax over all sections of the corpus, where a
        section scores as its nearest passage does: graded relevance as a distribution (ListNet, Cao et al. 2007,
        section 4.2, with every section of the corpus in the list)."""
        torch = self._torch
        scores = questions @ index.passages.T * self._recipe.scale
        count = int(index.sections.max()) + 1
        lowest = torch.full((len(targets), count), -torch.inf)
        best = lowest.scatter_reduce(1, index.sections.expand(len(targets), -1), scores, "amax")
        expected = torch.zeros((len(targets), count))
        for row, target in enumerate(targets):
            expected[row, list(target)] = torch.tensor(list(target.values()), dtype=torch.float32)
        loss = -(expected * torch.log_softmax(best, dim=1)).sum(dim=1).mean()
        nearest = best.argmax(dim=1)
        right = [target.get(int(n), 0.0) == max(target.values()) for target, n in zip(targets, nearest, strict=True)]
        return loss, sum(right) / len(right)

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
