"""Keep the vendor libraries of this room from calling home.

`import openvino` by itself announces the import to a statistics service and leaves a client id in the
home folder; only the absence of ``openvino_telemetry`` turns that off for certain (both openvino and
nncf then fall back to the stubs that they ship). ONNX Runtime sends statistics from 1.29 on, so that an
older version is pinned; the variable is for one that somebody puts in. The Hugging Face libraries read
their switches from the environment.
"""

from __future__ import annotations

import os
import sys

OFFLINE_ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "DO_NOT_TRACK": "1",
    "ORT_DISABLE_TELEMETRY": "1",
}


def stay_offline() -> None:
    """Call before the first import of a model library. Idempotent."""
    os.environ.update(OFFLINE_ENVIRONMENT)
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # None: importing it fails
