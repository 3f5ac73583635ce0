"""Two small builds, made once and copied for each test that changes them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from medqa.index import BuildReport, Expected, build_index
from tests.synthetic import Synthetic, synthetic

DIM = 24
EXPECTED = Expected(embedder="model-a", chunking="chunks-a", dim=DIM)


def build(root: Path, corpus: Synthetic, **options: object) -> BuildReport:
    settings: dict[str, object] = {"embedder": "model-a", "chunking": "chunks-a", **options}
    return build_index(
        root,
        documents=corpus.documents,
        chunks=corpus.chunks,
        vectors=corpus.vectors,
        field_vectors=corpus.field_vectors,
        lexical_texts=corpus.lexical_texts,
        **settings,  # type: ignore[arg-type]
    )


@dataclass(frozen=True, slots=True)
class Built:
    root: Path
    old: Synthetic
    new: Synthetic
    first: BuildReport
    second: BuildReport


@pytest.fixture(scope="session")
def _pristine(tmp_path_factory: pytest.TempPathFactory) -> Built:
    root = tmp_path_factory.mktemp("index")
    old, new = synthetic(60, dim=DIM, seed=1, tag="oldtext"), synthetic(48, dim=DIM, seed=2, tag="newtext")
    first = build(root, old, corpus_roots=("corpus",), source_files={"corpus/a.md": "0" * 64})
    return Built(root, old, new, first, build(root, new))


@pytest.fixture
def built(_pristine: Built, tmp_path: Path) -> Built:
    """An index folder with two finished builds, the second live."""
    root = tmp_path / "index"
    shutil.copytree(_pristine.root, root)
    return Built(root, _pristine.old, _pristine.new, _pristine.first, _pristine.second)


@pytest.fixture
def rebuild() -> Callable[..., BuildReport]:
    return build
