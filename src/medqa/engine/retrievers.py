"""The retrievers of an engine, from its settings: for searching, and for what an answer is made of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from medqa.config import Settings
from medqa.engine.paths import cache_dir
from medqa.errors import ConfigError
from medqa.ports import Embedder
from medqa.retrieval.pipeline import HybridRetriever, RetrievalPlan


def open_retrievers(settings: Settings, questions: Embedder, answer_depth: int) -> tuple[HybridRetriever, ...]:
    """(for searching, for answers): the second may take all that an answer needs, `answer_depth` passages, from one
    article. `questions` reads what is searched for. Opens the cross-encoder where the settings want it."""
    r = settings.retrieval
    plan = RetrievalPlan(
        dense=r.dense,
        lexical=r.lexical,
        fusion=r.fusion,
        lexical_weight=r.lexical_weight,
        rrf_k=r.rrf_k,
        rerank=r.rerank,
        asked=r.asked,
        depth=r.depth,
        max_per_article=r.max_per_article,
    )
    plans = (plan, replace(plan, max_per_article=answer_depth))
    if r.rerank != "quality":
        return tuple(HybridRetriever(questions, each) for each in plans)
    from medqa.embedding.cross_encoder import open_cross_encoder
    from medqa.retrieval.quality import QualityReranker

    if not r.reranker:
        raise ConfigError(
            'retrieval.rerank = "quality" needs a cross-encoder, and none ships with medqa.',
            remedy="Train one: medqa train --reranker --out FOLDER   and set [retrieval] reranker to the folder",
        )
    encoder = open_cross_encoder(Path(r.reranker), backend=settings.embedding.backend, cache_dir=cache_dir(settings))
    reranker = QualityReranker(encoder)
    return tuple(HybridRetriever(questions, each, reranker, read=reranker.depth) for each in plans)
