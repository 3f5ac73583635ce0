"""Write a quantised form of a model: ``python -m medqa.embedding.make_export KIND MODEL OUT``, with
``--adapter FOLDER`` and ``--layers N`` where it has them.

A process of its own, started by `export`. Both forms take ``input_ids`` and ``attention_mask``, int64
(batch, tokens), and give the last hidden states, float32 (batch, tokens, dim).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from medqa.embedding.adapters import add_adapter
from medqa.embedding.export import calibration_texts
from medqa.embedding.offline import stay_offline

INPUTS = ("input_ids", "attention_mask")
OUTPUT = "last_hidden_state"
OPENVINO_MODEL = "model.xml"
ONNX_MODEL = "model.onnx"
ONNX_OPSET = 16  # the last one that writes layer normalisation as simple operators, see `runtimes`


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=["openvino-int8", "onnx-int8"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--adapter", type=Path)
    parser.add_argument("--layers", type=int)
    given = parser.parse_args(arguments)
    stay_offline()
    writer = write_openvino if given.kind == "openvino-int8" else write_onnx
    writer(given.folder, given.out, given.adapter, given.layers)


def traced_model(folder: Path, adapter: Path | None, layers: int | None = None, **options: Any) -> Any:
    """The transformer alone, or its first `layers`, with `adapter` merged: float32, as a torch module of
    (input_ids, attention_mask)."""
    import torch
    from transformers import AutoModel

    class LastHiddenState(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            if layers is not None:
                options["num_hidden_layers"] = layers
            self.transformer = AutoModel.from_pretrained(
                str(folder),
                local_files_only=True,
                trust_remote_code=False,
                use_safetensors=True,
                dtype=torch.float32,
                **options,
            )
            if adapter is not None:
                add_adapter(self.transformer, adapter)

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            return self.transformer(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state

    return LastHiddenState().eval()


def write_openvino(folder: Path, out: Path, adapter: Path | None = None, layers: int | None = None) -> None:
    """Static int8 by post-training quantisation: ranges measured over the calibration passages."""
    import nncf
    import numpy as np
    import openvino
    import torch

    from medqa.embedding.model_files import open_model_files
    from medqa.embedding.tokens import ModelTokenizer

    files = open_model_files(str(folder))
    tokenizer = ModelTokenizer(
        folder / "tokenizer.json", files.sequence_tokens, files.document_prompt, files.query_prompt
    )

    def model_input(text: str) -> dict[str, Any]:
        ids = tokenizer.query(text)[None, :]  # cut where the model reads less
        return {"input_ids": ids, "attention_mask": np.ones_like(ids)}

    passages = calibration_texts()
    example = {name: torch.from_numpy(array) for name, array in model_input(passages[0]).items()}
    with torch.no_grad():
        converted = openvino.convert_model(traced_model(folder, adapter, layers), example_input=example)
    quantised = nncf.quantize(
        converted,
        nncf.Dataset(passages, model_input),
        model_type=nncf.ModelType.TRANSFORMER,
        subset_size=len(passages),
    )
    openvino.save_model(quantised, out / OPENVINO_MODEL)


def write_onnx(folder: Path, out: Path, adapter: Path | None = None, layers: int | None = None) -> None:
    """Dynamic int8: weights per channel in 7 bits, activations measured as they come.

    Seven bits because the AVX2 kernel adds pairs of products in 16 bits, which eight would overflow.
    """
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic

    full = out / "float32.onnx"
    ids = torch.randint(1, 100, (2, 16))
    axes = {0: "batch", 1: "tokens"}
    with torch.no_grad():
        torch.onnx.export(
            traced_model(folder, adapter, layers, attn_implementation="eager"),
            (ids, torch.ones_like(ids)),
            str(full),
            input_names=list(INPUTS),
            output_names=[OUTPUT],
            dynamic_axes=dict.fromkeys((*INPUTS, OUTPUT), axes),
            opset_version=ONNX_OPSET,
            dynamo=False,
        )
    quantize_dynamic(full, out / ONNX_MODEL, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)
    full.unlink()


if __name__ == "__main__":
    main(sys.argv[1:])
