"""What a fresh process does: serving without torch, nothing sent, nothing written to the home folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from medqa.embedding.export import Recipe, ensure_export
from medqa.embedding.model_files import ModelFiles
from medqa.embedding.opening import KINDS

pytestmark = pytest.mark.timeout(900)

WATCHED = """
import sys
seen = []
def watch(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        seen.append((event, repr(arguments)))
sys.addaudithook(watch)
"""
SERVE = """
from pathlib import Path
from medqa.embedding import open_embedder
cache = Path(sys.argv[2])
embedder = open_embedder(model="bundled", backend=sys.argv[1], batch_size=8, cache_dir=cache, allow_export=False)
shape = embedder.encode_query("How does baclofen work?").shape
"""
EXPORT = """
from medqa.embedding.make_export import main
main(sys.argv[1:])
shape = None
"""
TELL = """
import json, threading
for thread in threading.enumerate():
    if thread is not threading.main_thread() and not thread.daemon:
        thread.join()
print(json.dumps({"shape": shape, "seen": seen, "modules": sorted(sys.modules)}))
"""


def run(code: str, home: Path, *arguments: str) -> dict[str, list[str]]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("HF_", "XDG_", "CI"))}
    environment["HOME"] = str(home)
    done = subprocess.run(
        [sys.executable, "-c", WATCHED + code + TELL, *arguments],
        env=environment,
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, list[str]] = json.loads(done.stdout.splitlines()[-1])
    return told


@pytest.mark.parametrize("backend", ["onnx", "openvino"])
def test_serving_needs_no_torch_and_tells_nobody(
    backend: str, bundled: ModelFiles, export_cache: Path, tmp_path: Path
) -> None:
    ensure_export(Recipe(KINDS[backend], bundled), export_cache, allow_export=True)
    told = run(SERVE, tmp_path, backend, str(export_cache))
    assert told["shape"] == [384]
    heavy = {"torch", "transformers", "sentence_transformers", "nncf", "chromadb", "gradio", "huggingface_hub"}
    assert heavy.isdisjoint(told["modules"])
    assert told["seen"] == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["onnx-int8", "openvino-int8"])
def test_exporting_tells_nobody(kind: str, tiny_model: Path, tmp_path: Path) -> None:
    home, out = tmp_path / "home", tmp_path / "out"
    home.mkdir()
    out.mkdir()
    told = run(EXPORT, home, kind, str(tiny_model), str(out))
    assert sorted(path.suffix for path in out.iterdir()) in ([".onnx"], [".bin", ".xml"])
    assert told["seen"] == []
    assert [path for path in home.rglob("*") if path.is_file()] == []


def test_importing_the_room_is_light(tmp_path: Path) -> None:
    told = run("import medqa.embedding\nshape = None\n", tmp_path)
    assert {"torch", "openvino", "onnxruntime", "sentence_transformers", "nncf"}.isdisjoint(told["modules"])
