"""The composition root: the only road from a question to a reply, and from articles to an index."""

from medqa.engine.core import Engine, build_engine, triage_only
from medqa.engine.indexing import IndexingReport, index_corpus, plan_indexing

__all__ = ["Engine", "IndexingReport", "build_engine", "index_corpus", "plan_indexing", "triage_only"]
