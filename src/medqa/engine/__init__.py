"""The composition root: the only road from a question to a reply, and from articles to an index."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medqa.engine.gate import triage_only

if TYPE_CHECKING:
    from medqa.engine.core import Engine, build_engine
    from medqa.engine.indexing import IndexingReport, index_corpus, plan_indexing

__all__ = ["Engine", "IndexingReport", "build_engine", "index_corpus", "plan_indexing", "triage_only"]


def __getattr__(name: str) -> object:
    """Loads a part when it is asked for: the safety check must not wait for what answering imports."""
    if name in ("Engine", "build_engine"):
        from medqa.engine import core

        return getattr(core, name)
    if name in ("IndexingReport", "index_corpus", "plan_indexing"):
        from medqa.engine import indexing

        return getattr(indexing, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
