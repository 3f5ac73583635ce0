"""Damages a copy of a build in many ways and tells how a server meets each; run as a process, for it may die.

``python -m tests.faults.damage ROOT at-rest|while-serving DIM``: one JSON line ``[file, damage, outcome]`` for
each case, written before the next begins, so that the last line names the case that killed the process.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from medqa.errors import MedqaError
from medqa.index import Expected, LiveIndex
from medqa.index.layout import build_path, current_build

DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "emptied": lambda raw: b"",
    "cut in half": lambda raw: raw[: len(raw) // 2],
    "short by one": lambda raw: raw[:-1],
    "first byte flipped": lambda raw: _flip(raw, 0),
    "middle byte flipped": lambda raw: _flip(raw, len(raw) // 2),
    "last byte flipped": lambda raw: _flip(raw, len(raw) - 1),
    "random bytes": lambda raw: np.random.default_rng(len(raw)).bytes(len(raw)),
    "longer by one": lambda raw: raw + b"\0",
}


def _flip(raw: bytes, place: int) -> bytes:
    return raw[:place] + bytes([raw[place] ^ 0x55]) + raw[place + 1 :]


# under a server every case needs an open build of its own: the worst ones are enough
WHILE_SERVING = ("emptied", "cut in half", "middle byte flipped", "random bytes")


def _cases(root: Path, damages: Iterable[str]) -> Iterator[tuple[Path, str, Callable[[Path], None]]]:
    build = current_build(root)
    assert build is not None
    files = sorted(path for path in build_path(root, build).rglob("*") if path.is_file())
    for path in [*files, root / "CURRENT"]:
        for name in damages:
            raw = path.read_bytes()
            damaged = DAMAGES[name](raw) if raw or name == "longer by one" else raw
            if damaged != raw:
                yield path, name, lambda target, content=damaged: target.write_bytes(content)  # type: ignore[misc]
        yield path, "removed", lambda target: target.unlink()


def _ask(live: LiveIndex, dim: int) -> str:
    """What a question meets: the name of a clean error, or ``answered``."""
    try:
        with live.acquire() as index:
            for seed in range(5):
                vector = np.random.default_rng(seed).standard_normal(dim, dtype=np.float32)
                found = [chunk_id for chunk_id, _ in index.dense(vector, 5)] + [
                    chunk_id for chunk_id, _ in index.lexical("text part mg", 5)
                ]
                for chunk in index.chunks(found).values():
                    if chunk.span.of(index.document(chunk.document_id).text) != chunk.text:
                        return "mixture"
    except MedqaError as error:
        return type(error).__name__
    return "answered"


def main(root: Path, when: str, dim: int) -> None:
    expected = Expected("model-a", "chunks-a", dim)
    for path, name, damage in _cases(root, WHILE_SERVING if when == "while-serving" else DAMAGES):
        copy = root.parent / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(root, copy)
        live = LiveIndex(copy, expected)
        if when == "while-serving":
            assert _ask(live, dim) == "answered"
        damage(copy / path.relative_to(root))
        outcome = _ask(live, dim)
        live.close()
        sys.stdout.write(json.dumps([path.relative_to(root).name, name, outcome]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
