"""What runs a quantised export: a thin adapter a runtime, neither of which needs torch."""

from __future__ import annotations

import os
import queue
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from medqa.embedding.export import Kind
from medqa.embedding.make_export import INPUTS, ONNX_MODEL, OPENVINO_MODEL
from medqa.embedding.offline import stay_offline
from medqa.errors import EmbeddingError

CPU_INFO = Path("/proc/cpuinfo")
INT8_DOT_PRODUCT = {"avx512_vnni", "avx_vnni", "amx_int8"}

States = NDArray[np.float32]
Ids = NDArray[np.int64]


class Runtime(Protocol):
    """`workers` is how many threads may usefully call `run` at once, `max_batch` the largest batch to give."""

    @property
    def workers(self) -> int: ...

    @property
    def max_batch(self) -> int: ...

    def run(self, ids: Ids, mask: Ids) -> States:
        """Last hidden states, float32 (batch, tokens, dim), of `ids` and `mask`, int64 (batch, tokens)."""
        ...


def preferred_kind() -> Kind:
    """OpenVINO where the processor multiplies int8 in one instruction, ONNX Runtime elsewhere.

    Without that instruction OpenVINO's int8 kernels are no faster than its float32, while ONNX Runtime's
    are twice as fast (docs/decisions/0021).
    """
    try:
        flags = set(CPU_INFO.read_text(encoding="utf-8", errors="replace").split())
    except OSError:
        return "onnx-int8"
    return "openvino-int8" if flags & INT8_DOT_PRODUCT else "onnx-int8"


def available_cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


class OpenVinoRuntime:
    """One inference request a stream, handed round. The ranges are static: a text's company changes nothing."""

    max_batch = 512

    def __init__(self, folder: Path) -> None:
        stay_offline()
        import openvino

        try:
            compiled = openvino.Core().compile_model(
                folder / OPENVINO_MODEL,
                "CPU",
                {"PERFORMANCE_HINT": "THROUGHPUT", "INFERENCE_PRECISION_HINT": "f32"},
            )
        except RuntimeError as error:
            raise EmbeddingError(f"OpenVINO cannot load {folder}: {error}") from error
        self.workers = int(compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))
        self._idle: queue.LifoQueue[object] = queue.LifoQueue()
        for _ in range(self.workers):
            self._idle.put(compiled.create_infer_request())

    def run(self, ids: Ids, mask: Ids) -> States:
        request = self._idle.get()
        try:
            result = request.infer(dict(zip(INPUTS, (ids, mask), strict=True)))  # type: ignore[attr-defined]
            states: States = np.array(result[0], dtype=np.float32)
        except RuntimeError as error:
            raise EmbeddingError(f"OpenVINO failed on a batch of shape {ids.shape}: {error}") from error
        finally:
            self._idle.put(request)
        return states


class OnnxRuntime:
    """One session, one thread a call; the session may be called from several.

    The range of an activation is taken over the whole batch, so that a text would get another vector in
    other company. A batch of one keeps vectors reproducible and costs no speed on long passages.
    """

    max_batch = 1
    # The fused operators are not vectorised and take 11% of the time; without them a passage is 5% faster.
    unwanted_fusions = ("LayerNormFusion", "LayerNormFusionL1", "LayerNormFusionL2", "SkipLayerNormFusion")

    def __init__(self, folder: Path) -> None:
        stay_offline()
        import onnxruntime
        from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidGraph, InvalidProtobuf, NoSuchFile

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(
                str(folder / ONNX_MODEL),
                options,
                providers=["CPUExecutionProvider"],
                disabled_optimizers=list(self.unwanted_fusions),
            )
        except (Fail, InvalidGraph, InvalidProtobuf, NoSuchFile) as error:
            raise EmbeddingError(f"ONNX Runtime cannot load {folder}: {error}") from error
        self._errors = (Fail, onnxruntime.capi.onnxruntime_pybind11_state.RuntimeException)
        self.workers = available_cores()

    def run(self, ids: Ids, mask: Ids) -> States:
        try:
            states: States = self._session.run(None, dict(zip(INPUTS, (ids, mask), strict=True)))[0]
        except self._errors as error:
            raise EmbeddingError(f"ONNX Runtime failed on a batch of shape {ids.shape}: {error}") from error
        return states


RUNTIMES: dict[Kind, type[OpenVinoRuntime] | type[OnnxRuntime]] = {
    "openvino-int8": OpenVinoRuntime,
    "onnx-int8": OnnxRuntime,
}
